use std::collections::BTreeMap;

use crate::base64;
use crate::json::{quote, Reader, SyntaxError};

/// AWS Lambda's SQS event. Its shape is explained on <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SqsEvent {
    pub records: Vec<SqsRecord>,
}

/// One message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SqsRecord {
    pub message_id: String,
    pub receipt_handle: String,
    pub body: String,
    /// Those of SQS: ApproximateReceiveCount, SentTimestamp, SenderId, ApproximateFirstReceiveTimestamp and, on FIFO
    /// queues, SequenceNumber, MessageGroupId and MessageDeduplicationId.
    pub attributes: BTreeMap<String, String>,
    /// Those of the producer.
    pub message_attributes: BTreeMap<String, MessageAttribute>,
    pub md5_of_body: String,
    pub event_source: String,
    pub event_source_arn: String,
    pub aws_region: String,
}

/// An attribute that a producer gave to a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageAttribute {
    pub data_type: String,
    pub string_value: Option<String>,
    pub binary_value: Option<Vec<u8>>,
}

impl MessageAttribute {
    /// Makes an attribute of the type String.
    pub fn string(value: impl Into<String>) -> MessageAttribute {
        MessageAttribute { data_type: "String".into(), string_value: Some(value.into()), binary_value: None }
    }

    pub(crate) fn to_json(&self) -> String {
        let mut json = format!("{{\"dataType\":{}", quote(&self.data_type));
        if let Some(value) = &self.string_value {
            json += &format!(",\"stringValue\":{}", quote(value));
        }
        if let Some(value) = &self.binary_value {
            json += &format!(",\"binaryValue\":\"{}\"", base64::encode(value));
        }
        json + "}"
    }

    fn read(reader: &mut Reader) -> Result<MessageAttribute, SyntaxError> {
        let mut attribute = MessageAttribute::default();
        reader.object(|reader, name| {
            match name.as_str() {
                _ if reader.null() => {}
                "dataType" => attribute.data_type = reader.string()?,
                "stringValue" => attribute.string_value = Some(reader.string()?),
                "binaryValue" => match base64::decode(&reader.string()?) {
                    Some(value) => attribute.binary_value = Some(value),
                    None => return reader.wrong("base64"),
                },
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(attribute)
    }
}

impl SqsEvent {
    /// Reads an event from JSON. Members that it does not know are passed over.
    pub fn parse(text: &str) -> Result<SqsEvent, SyntaxError> {
        let mut event = SqsEvent::default();
        let mut reader = Reader::new(text);
        reader.object(|reader, name| {
            if name != "Records" || reader.null() {
                return if name == "Records" { Ok(()) } else { reader.skip() };
            }
            reader.array(|reader| {
                event.records.push(SqsRecord::read(reader)?);
                Ok(())
            })
        })?;
        reader.end()?;
        Ok(event)
    }
}

impl SqsRecord {
    fn read(reader: &mut Reader) -> Result<SqsRecord, SyntaxError> {
        let mut record = SqsRecord::default();
        reader.object(|reader, name| {
            match name.as_str() {
                _ if reader.null() => {}
                "messageId" => record.message_id = reader.string()?,
                "receiptHandle" => record.receipt_handle = reader.string()?,
                "body" => record.body = reader.string()?,
                "attributes" => reader.object(|reader, name| {
                    record.attributes.insert(name, reader.string()?);
                    Ok(())
                })?,
                "messageAttributes" => reader.object(|reader, name| {
                    record.message_attributes.insert(name, MessageAttribute::read(reader)?);
                    Ok(())
                })?,
                "md5OfBody" => record.md5_of_body = reader.string()?,
                "eventSource" => record.event_source = reader.string()?,
                "eventSourceARN" => record.event_source_arn = reader.string()?,
                "awsRegion" => record.aws_region = reader.string()?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member() {
        let event = SqsEvent::parse(
            r#"{"Records":[{"messageId":"m","receiptHandle":"r","body":"{\"a\":\"\u00e9\ud83d\ude00\"}",
            "attributes":{"SenderId":"s"},"messageAttributes":{"text":{"stringValue":"v","stringListValues":[],
            "binaryListValues":[],"dataType":"String"},"bytes":{"binaryValue":"Zg==","dataType":"Binary"}},"md5OfBody":"5",
            "eventSource":"aws:sqs","eventSourceARN":"arn","awsRegion":"us-east-1","more":[{"x":null}]},{"body":null}],"y":1}"#,
        )
        .unwrap();
        let bytes =
            MessageAttribute { data_type: "Binary".into(), binary_value: Some(b"f".to_vec()), ..MessageAttribute::default() };
        let first = SqsRecord {
            message_id: "m".into(),
            receipt_handle: "r".into(),
            body: "{\"a\":\"\u{e9}\u{1f600}\"}".into(),
            attributes: BTreeMap::from([("SenderId".to_string(), "s".to_string())]),
            message_attributes: BTreeMap::from([
                ("text".to_string(), MessageAttribute::string("v")),
                ("bytes".to_string(), bytes.clone()),
            ]),
            md5_of_body: "5".into(),
            event_source: "aws:sqs".into(),
            event_source_arn: "arn".into(),
            aws_region: "us-east-1".into(),
        };
        assert_eq!(event.records, vec![first, SqsRecord::default()]);
        assert_eq!(bytes.to_json(), r#"{"dataType":"Binary","binaryValue":"Zg=="}"#);
    }

    #[test]
    fn what_is_none() {
        for text in ["", "[]", "{", r#"{"Records":1}"#, r#"{"Records":[{"body":1}]}"#, r#"{"Records":[]} x"#] {
            assert!(SqsEvent::parse(text).is_err(), "{text}");
        }
        assert_eq!(SqsEvent::parse(r#"{"Records":null}"#), Ok(SqsEvent::default()));
    }
}
