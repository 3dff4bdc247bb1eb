import { event_reply } from "./contract";
import { Record, readEvent } from "./event";
import { fail } from "./invocation";
import { quote } from "./json";

// SQS's longest visibility timeout in seconds, and so the longest delay.
const MAX_DELAY = 43200;

// What becomes of a record.
export class Outcome {
  private constructor(
    readonly failed: bool,
    readonly delaySeconds: i32, // -1 for none
    readonly deadLetter: bool,
  ) {}

  // done deletes the message.
  static done(): Outcome {
    return new Outcome(false, -1, false);
  }

  // retry lets it come again after the queue's visibility timeout.
  static retry(): Outcome {
    return new Outcome(true, -1, false);
  }

  // retryAfter lets it come again after a delay of 0 to 43200 seconds.
  static retryAfter(seconds: i32): Outcome {
    return new Outcome(true, max(0, min(seconds, MAX_DELAY)), false);
  }

  // deadLetter sends it to the dead-letter queue now.
  static deadLetter(): Outcome {
    return new Outcome(true, -1, true);
  }
}

// AWS Lambda's partial batch response.
export class BatchResponse {
  private failures: string[] = [];

  // report says what becomes of the record with a message id.
  report(messageId: string, outcome: Outcome): void {
    if (!outcome.failed) return;
    let failure = '{"itemIdentifier":' + quote(messageId);
    if (outcome.delaySeconds >= 0) failure += ',"delaySeconds":' + outcome.delaySeconds.toString();
    if (outcome.deadLetter) failure += ',"deadLetter":true';
    this.failures.push(failure + "}");
  }

  // reply gives the response to the host and returns what queuelet_handle has to: 0, or what went wrong.
  reply(): i32 {
    const text = String.UTF8.encode('{"batchItemFailures":[' + this.failures.join(",") + "]}");
    return event_reply(changetype<usize>(text), text.byteLength);
  }
}

// handleRecords gives the records of an event to a handler, and replies. It returns what queuelet_handle has to.
export function handleRecords(size: i32, handle: (record: Record) => Outcome): i32 {
  const records = readEvent(size);
  if (records == null) {
    fail("the event is not what it should be");
    return 1;
  }
  const response = new BatchResponse();
  for (let i = 0; i < records.length; i++) response.report(records[i].messageId, handle(records[i]));
  return response.reply();
}
