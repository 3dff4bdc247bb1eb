//! Orders: each is logged, one for less than nothing is refused and comes again a second later, and what is done goes on to
//! the queue of invoices.

use std::time::Duration;

use queuelet::{host, json, log, Failure, Level, SqsRecord};

fn handle(record: &SqsRecord) -> Result<(), Failure> {
    let body = json::parse(&record.body).map_err(Failure::dead_letter)?;
    let order = body["order"].as_i64().ok_or_else(|| Failure::dead_letter("it has no order"))?;
    let quantity = body["quantity"].as_i64().ok_or_else(|| Failure::dead_letter("it has no quantity"))?;
    if quantity < 0 {
        let attempt = &record.attributes["ApproximateReceiveCount"];
        return Err(Failure::retry_after(format!("order {order} refused at attempt {attempt}"), Duration::from_secs(1)));
    }
    // The function's configuration has to grant this.
    if let Err(error) = host::send("invoices", &record.body, &host::SendOptions::default()) {
        log(Level::Debug, &format!("order {order} has no invoice: {error}"));
    }
    println!("order {order} is done");
    Ok(())
}

fn main() {
    queuelet::run_records(handle)
}
