//! The function works off orders: each is logged, and what is no order goes to the dead-letter queue.

use queuelet::{json, Failure, SqsRecord};

/// Returns an error for a record that is to come again; the others are done.
fn handle(record: &SqsRecord) -> Result<(), Failure> {
    let order = json::parse(&record.body).map_err(Failure::dead_letter)?;
    println!("order {} is done", order["order"]);
    Ok(())
}

fn main() {
    queuelet::run_records(handle)
}
