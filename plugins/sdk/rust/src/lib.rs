//! Write queue consumers for queuelet as one function.
//!
//! ```no_run
//! use queuelet::{Failure, SqsRecord};
//!
//! fn handle(record: &SqsRecord) -> Result<(), Failure> {
//!     let order = queuelet::json::parse(&record.body)?;
//!     println!("order {} is done", order["order"]);
//!     Ok(())
//! }
//!
//! fn main() {
//!     queuelet::run_records(handle)
//! }
//! ```
//!
//! Build it with `cargo build --release --target wasm32-wasip1` (`wasm32-wasi` before Rust 1.78). The crate depends on
//! nothing; `serde_json` reads bodies as well as [`json`] does.
//!
//! What a handler prints is logged. When it panics the batch fails, and the function starts anew.

mod base64;
mod errno;
mod event;
mod guest;
pub mod host;
pub mod json;
mod log;
mod response;

pub use errno::Errno;
pub use event::{MessageAttribute, SqsEvent, SqsRecord};
pub use log::{log, Level};
pub use response::{BatchItemFailure, Failure, SqsBatchResponse};

use std::fmt::Display;
use std::time::Duration;

/// Works on events with a handler of batches until the host has no more. An error fails the whole batch.
pub fn run<E: Display>(mut handle: impl FnMut(SqsEvent) -> Result<SqsBatchResponse, E>) {
    while let Some(event) = guest::next_event() {
        let event = match SqsEvent::parse(&event) {
            Ok(event) => event,
            Err(error) => {
                guest::fail(&format!("read the event: {error}"));
                continue;
            }
        };
        match handle(event) {
            Ok(response) => {
                if let Err(errno) = guest::reply(&response.to_json()) {
                    guest::fail(&format!("the response was refused: {errno}"));
                }
            }
            Err(error) => guest::fail(&error.to_string()),
        }
    }
}

/// Works on events with a handler of single records until the host has no more. Each record whose handler returns an error
/// is logged, reported as failed and tried again; the others are done.
pub fn run_records(mut handle: impl FnMut(&SqsRecord) -> Result<(), Failure>) {
    run(|event: SqsEvent| -> Result<SqsBatchResponse, Errno> {
        let mut response = SqsBatchResponse::default();
        for record in &event.records {
            if let Err(failure) = handle(record) {
                log(Level::Warn, &format!("record {} failed: {failure}", record.message_id));
                response.batch_item_failures.push(failure.of(record));
            }
        }
        Ok(response)
    })
}

/// What is known about the invocation that the function works on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invocation {
    pub request_id: String,
    pub deadline_ms: i64, // Unix time in milliseconds
    pub function_name: String,
    pub function_arn: String,
    pub memory_limit_mb: u64,
    pub attempt: u64, // highest receive count among the records; 1 the first time
}

/// Returns what is known about the present invocation.
pub fn invocation() -> Invocation {
    let about = json::parse(&guest::context()).unwrap_or_default();
    let text = |name: &str| about[name].as_str().unwrap_or_default().to_string();
    Invocation {
        request_id: text("requestId"),
        deadline_ms: about["deadlineMs"].as_i64().unwrap_or_default(),
        function_name: text("functionName"),
        function_arn: text("functionArn"),
        memory_limit_mb: about["memoryLimitMb"].as_u64().unwrap_or_default(),
        attempt: about["attempt"].as_u64().unwrap_or_default(),
    }
}

/// Returns how long the function may still work on the event.
pub fn time_left() -> Duration {
    Duration::from_millis(guest::deadline_ms())
}
