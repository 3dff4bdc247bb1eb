//! Reader reads the body of a record as JSON, and names what it has read, written anew, as the record that failed.

use queuelet::{json, BatchItemFailure, SqsBatchResponse, SqsEvent};

fn main() {
    queuelet::run(|event: SqsEvent| -> Result<_, json::SyntaxError> {
        let item_identifier = json::parse(&event.records[0].body)?.to_string();
        Ok(SqsBatchResponse { batch_item_failures: vec![BatchItemFailure { item_identifier, ..BatchItemFailure::default() }] })
    })
}
