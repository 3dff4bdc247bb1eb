// The function works off orders: each is logged, and what is no order goes to the dead-letter queue.

import { Outcome, Record, error, handleRecords, info, parse } from "queuelet/assembly";

// handle says what becomes of a record: done, retry, retryAfter or deadLetter.
function handle(record: Record): Outcome {
  const order = parse(record.body);
  if (order == null || !order.isNumber("order")) {
    error(`record ${record.messageId} is no order`);
    return Outcome.deadLetter();
  }
  info(`order ${order.integer("order")} is done`);
  return Outcome.done();
}

export function queuelet_handle(size: i32): i32 {
  return handleRecords(size, handle);
}
