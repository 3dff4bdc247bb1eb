//! The function in Rust that is measured: as the one in Go, it decodes each body that is JSON, reads the number at the
//! beginning of each other one, and reports the records that have none.

use queuelet::{json, Failure, SqsRecord};

const NUMBER_WIDTH: usize = 12;

struct Order {
    #[allow(dead_code)] // it is decoded, and nothing else
    id: String,
    #[allow(dead_code)]
    amount: i64,
}

fn decode(body: &str) -> Option<Order> {
    let order = json::parse(body).ok()?;
    Some(Order { id: order["id"].as_str()?.to_string(), amount: order["amount"].as_i64()? })
}

fn number(body: &str) -> Option<i64> {
    body.get(..NUMBER_WIDTH.min(body.len()))?.parse().ok()
}

fn handle(record: &SqsRecord) -> Result<(), Failure> {
    let body = record.body.as_str();
    let read = if body.starts_with('{') { decode(body).is_some() } else { number(body).is_some() };
    if read {
        Ok(())
    } else {
        Err(Failure::new("it has no number"))
    }
}

fn main() {
    queuelet::run_records(handle)
}
