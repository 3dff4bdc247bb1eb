use std::fmt;
use std::time::Duration;

use crate::json::quote;
use crate::SqsRecord;

/// SQS's longest visibility timeout in seconds, and so the longest delay.
const MAX_DELAY: u64 = 43200;

/// AWS Lambda's partial batch response: the records that are to be tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SqsBatchResponse {
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// One record that is to be tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchItemFailure {
    /// The record's message id.
    pub item_identifier: String,
    /// When the record becomes visible again, in seconds from now, at most 43200; without it the queue's visibility
    /// timeout runs out. Lambda does not know it and ignores it.
    pub delay_seconds: Option<u64>,
    /// Moves the record to the dead-letter queue now. Lambda does not know it and ignores it.
    pub dead_letter: bool,
}

impl SqsBatchResponse {
    pub(crate) fn to_json(&self) -> String {
        let failures: Vec<String> = self.batch_item_failures.iter().map(BatchItemFailure::to_json).collect();
        format!("{{\"batchItemFailures\":[{}]}}", failures.join(","))
    }
}

impl BatchItemFailure {
    fn to_json(&self) -> String {
        let mut json = format!("{{\"itemIdentifier\":{}", quote(&self.item_identifier));
        if let Some(seconds) = self.delay_seconds {
            json += &format!(",\"delaySeconds\":{seconds}");
        }
        if self.dead_letter {
            json += ",\"deadLetter\":true";
        }
        json + "}"
    }
}

/// Why a record failed, and what is to happen to it. Every error becomes one with `?`.
#[derive(Debug)]
pub struct Failure {
    cause: String,
    delay_seconds: Option<u64>,
    dead_letter: bool,
}

impl Failure {
    /// Lets the record come again after the queue's visibility timeout.
    pub fn new(cause: impl fmt::Display) -> Failure {
        Failure { cause: cause.to_string(), delay_seconds: None, dead_letter: false }
    }

    /// Lets the record come again after a delay of whole seconds, at most twelve hours.
    pub fn retry_after(cause: impl fmt::Display, delay: Duration) -> Failure {
        Failure { delay_seconds: Some(delay.as_secs().min(MAX_DELAY)), ..Failure::new(cause) }
    }

    /// Sends the record to the dead-letter queue now.
    pub fn dead_letter(cause: impl fmt::Display) -> Failure {
        Failure { dead_letter: true, ..Failure::new(cause) }
    }

    pub(crate) fn of(self, record: &SqsRecord) -> BatchItemFailure {
        BatchItemFailure {
            item_identifier: record.message_id.clone(),
            delay_seconds: self.delay_seconds,
            dead_letter: self.dead_letter,
        }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::new(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind() {
        let record = SqsRecord { message_id: "a\"b".into(), ..SqsRecord::default() };
        for (failure, want) in [
            (Failure::new("x"), r#"{"batchItemFailures":[{"itemIdentifier":"a\"b"}]}"#),
            (Failure::retry_after("x", Duration::ZERO), r#"{"batchItemFailures":[{"itemIdentifier":"a\"b","delaySeconds":0}]}"#),
            (
                Failure::retry_after("x", Duration::from_secs(86400)),
                r#"{"batchItemFailures":[{"itemIdentifier":"a\"b","delaySeconds":43200}]}"#,
            ),
            (Failure::dead_letter("x"), r#"{"batchItemFailures":[{"itemIdentifier":"a\"b","deadLetter":true}]}"#),
        ] {
            assert_eq!(SqsBatchResponse { batch_item_failures: vec![failure.of(&record)] }.to_json(), want);
        }
        assert_eq!(SqsBatchResponse::default().to_json(), r#"{"batchItemFailures":[]}"#);
    }
}
