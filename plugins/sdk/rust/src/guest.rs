//! The contract queuelet_v1, with the host where there is one.

use crate::Errno;

#[cfg(target_family = "wasm")]
mod import {
    #[link(wasm_import_module = "queuelet_v1")]
    extern "C" {
        pub fn event_next() -> i32;
        pub fn event_read(to: *mut u8, capacity: u32) -> i32;
        pub fn event_reply(from: *const u8, size: u32) -> i32;
        pub fn event_fail(from: *const u8, size: u32);
        pub fn event_context(to: *mut u8, capacity: u32) -> i32;
        pub fn deadline_ms() -> i64;
        pub fn log(level: i32, from: *const u8, size: u32);
        pub fn call(op: *const u8, op_size: u32, request: *const u8, size: u32) -> i32;
        pub fn call_start(op: *const u8, op_size: u32, request: *const u8, size: u32) -> i32;
        pub fn call_wait(handle: i32, timeout_ms: i32) -> i32;
        pub fn call_result(to: *mut u8, capacity: u32) -> i32;
    }
}

/// Outside of WebAssembly there is no host: logs go to standard error, and every operation is unknown. That is enough for
/// the unit tests of a handler.
#[cfg(not(target_family = "wasm"))]
mod import {
    const UNKNOWN: i32 = -10;

    pub unsafe extern "C" fn event_next() -> i32 {
        eprintln!("queuelet: this program is a function for queuelet; build it with --target wasm32-wasip1");
        -1
    }
    pub unsafe extern "C" fn event_read(_: *mut u8, _: u32) -> i32 {
        0
    }
    pub unsafe extern "C" fn event_reply(_: *const u8, _: u32) -> i32 {
        UNKNOWN
    }
    pub unsafe extern "C" fn event_fail(_: *const u8, _: u32) {}
    pub unsafe extern "C" fn event_context(_: *mut u8, _: u32) -> i32 {
        0
    }
    pub unsafe extern "C" fn deadline_ms() -> i64 {
        i64::MAX
    }
    pub unsafe extern "C" fn log(_: i32, from: *const u8, size: u32) {
        let line = std::slice::from_raw_parts(from, size as usize);
        eprintln!("{}", String::from_utf8_lossy(line));
    }
    pub unsafe extern "C" fn call(_: *const u8, _: u32, _: *const u8, _: u32) -> i32 {
        UNKNOWN
    }
    pub unsafe extern "C" fn call_start(_: *const u8, _: u32, _: *const u8, _: u32) -> i32 {
        UNKNOWN
    }
    pub unsafe extern "C" fn call_wait(_: i32, _: i32) -> i32 {
        UNKNOWN
    }
    pub unsafe extern "C" fn call_result(_: *mut u8, _: u32) -> i32 {
        0
    }
}

/// Waits for an event; None when there are no more.
pub fn next_event() -> Option<String> {
    let size = unsafe { import::event_next() };
    if size < 0 {
        return None;
    }
    let event = read(size, import::event_read);
    Some(text(event))
}

pub fn reply(response: &str) -> Result<(), Errno> {
    match unsafe { import::event_reply(response.as_ptr(), response.len() as u32) } {
        0 => Ok(()),
        errno => Err(Errno::from(errno)),
    }
}

pub fn fail(why: &str) {
    unsafe { import::event_fail(why.as_ptr(), why.len() as u32) }
}

pub fn context() -> String {
    let size = unsafe { import::event_context(std::ptr::null_mut(), 0) };
    text(read(size, import::event_context))
}

pub fn deadline_ms() -> u64 {
    unsafe { import::deadline_ms() }.max(0) as u64
}

pub fn log(level: i32, line: &str) {
    unsafe { import::log(level, line.as_ptr(), line.len() as u32) }
}

pub fn call(op: &str, request: &[u8]) -> Result<Vec<u8>, Errno> {
    result(unsafe { import::call(op.as_ptr(), op.len() as u32, request.as_ptr(), request.len() as u32) })
}

pub fn call_start(op: &str, request: &[u8]) -> Result<i32, Errno> {
    match unsafe { import::call_start(op.as_ptr(), op.len() as u32, request.as_ptr(), request.len() as u32) } {
        handle if handle > 0 => Ok(handle),
        errno => Err(Errno::from(errno)),
    }
}

pub fn call_wait(handle: i32, timeout_ms: i32) -> Result<Vec<u8>, Errno> {
    result(unsafe { import::call_wait(handle, timeout_ms) })
}

fn result(size: i32) -> Result<Vec<u8>, Errno> {
    if size < 0 {
        return Err(Errno::from(size));
    }
    Ok(read(size, import::call_result))
}

/// Reads a value of a known size from an import.
fn read(size: i32, import: unsafe extern "C" fn(*mut u8, u32) -> i32) -> Vec<u8> {
    let mut value = vec![0; size.max(0) as usize];
    unsafe { import(value.as_mut_ptr(), value.len() as u32) };
    value
}

/// The host gives UTF-8.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned())
}
