// Reader reads the body of a record as JSON, and names what it has read, written anew, as the record that failed.

import { BatchResponse, Outcome, parse, readEvent } from "../../../assembly/index";

export function queuelet_handle(size: i32): i32 {
  const records = readEvent(size);
  if (records == null) return 1;
  const value = parse(records[0].body);
  if (value == null) return 1;
  const response = new BatchResponse();
  response.report(value.toString(), Outcome.retry());
  return response.reply();
}
