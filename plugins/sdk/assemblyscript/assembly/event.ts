import { event_read } from "./contract";
import { Reader } from "./json";

// An attribute that a producer gave to a message.
export class MessageAttribute {
  dataType: string = "";
  stringValue: string = "";
  binaryValue: string = ""; // in base64
}

// One message of AWS Lambda's SQS event.
export class Record {
  messageId: string = "";
  receiptHandle: string = "";
  body: string = "";
  // Those of SQS: ApproximateReceiveCount, SentTimestamp, SenderId, ApproximateFirstReceiveTimestamp and, on FIFO queues,
  // SequenceNumber, MessageGroupId and MessageDeduplicationId.
  attributes: Map<string, string> = new Map();
  // Those of the producer.
  messageAttributes: Map<string, MessageAttribute> = new Map();
  eventSourceARN: string = "";

  // attribute returns one of SQS's attributes, or "" if the message has none of the name.
  attribute(name: string): string {
    return this.attributes.has(name) ? this.attributes.get(name) : "";
  }
}

// readEvent returns the records of the event of a size; null, if it is none.
export function readEvent(size: i32): Record[] | null {
  const bytes = new Uint8Array(size);
  event_read(bytes.dataStart, size);
  const reader = new Reader(bytes);
  const records: Record[] = [];
  for (let more = reader.begin(0x7b, 0x7d); more; more = reader.next(0x7d)) {
    if (reader.name() != "Records") reader.pass();
    else if (!reader.null()) {
      for (let another = reader.begin(0x5b, 0x5d); another; another = reader.next(0x5d)) records.push(readRecord(reader));
    }
  }
  return reader.end() ? records : null;
}

function readRecord(reader: Reader): Record {
  const record = new Record();
  for (let more = reader.begin(0x7b, 0x7d); more; more = reader.next(0x7d)) {
    const name = reader.name();
    if (reader.null()) continue;
    if (name == "messageId") record.messageId = reader.string();
    else if (name == "receiptHandle") record.receiptHandle = reader.string();
    else if (name == "body") record.body = reader.string();
    else if (name == "eventSourceARN") record.eventSourceARN = reader.string();
    else if (name == "attributes") {
      for (let another = reader.begin(0x7b, 0x7d); another; another = reader.next(0x7d)) {
        const attribute = reader.name();
        record.attributes.set(attribute, reader.string());
      }
    } else if (name == "messageAttributes") {
      for (let another = reader.begin(0x7b, 0x7d); another; another = reader.next(0x7d)) {
        const attribute = reader.name();
        record.messageAttributes.set(attribute, readAttribute(reader));
      }
    } else reader.pass();
  }
  return record;
}

function readAttribute(reader: Reader): MessageAttribute {
  const attribute = new MessageAttribute();
  for (let more = reader.begin(0x7b, 0x7d); more; more = reader.next(0x7d)) {
    const name = reader.name();
    if (reader.null()) continue;
    if (name == "dataType") attribute.dataType = reader.string();
    else if (name == "stringValue") attribute.stringValue = reader.string();
    else if (name == "binaryValue") attribute.binaryValue = reader.string();
    else reader.pass();
  }
  return attribute;
}
