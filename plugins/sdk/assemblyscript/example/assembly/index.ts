// Orders: each is logged, one for less than nothing is refused and comes again a second later, and what is done goes on to
// the queue of invoices.

import { Outcome, Record, debug, error, errorText, handleRecords, info, parse, send, warn } from "../../assembly/index";

function handle(record: Record): Outcome {
  const body = parse(record.body);
  if (body == null || !body.isNumber("order") || !body.isNumber("quantity")) {
    error(`record ${record.messageId} is no order: ${record.body}`);
    return Outcome.deadLetter();
  }
  const order = body.integer("order");
  if (body.integer("quantity") < 0) {
    warn(`order ${order} refused at attempt ${record.attribute("ApproximateReceiveCount")}`);
    return Outcome.retryAfter(1);
  }
  // The function's configuration has to grant this.
  const response = send("invoices", record.body);
  if (response.errno != 0) debug(`order ${order} has no invoice: ${errorText(response.errno)}`);
  info(`order ${order} is done`);
  return Outcome.done();
}

export function queuelet_handle(size: i32): i32 {
  return handleRecords(size, handle);
}
