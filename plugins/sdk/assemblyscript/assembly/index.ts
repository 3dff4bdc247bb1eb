// Write queue consumers for queuelet as one function:
//
//     import { Outcome, Record, handleRecords, info } from "queuelet/assembly";
//
//     export function queuelet_handle(size: i32): i32 {
//       return handleRecords(size, (record: Record): Outcome => {
//         info(record.body);
//         return Outcome.done();
//       });
//     }

export { Errno, errorText } from "./errno";
export { MessageAttribute, Record, readEvent } from "./event";
export { Invocation, fail, invocation, timeLeft } from "./invocation";
export { Kind, Value, parse, quote } from "./json";
export { debug, error, info, trace, warn } from "./log";
export * from "./operation";
export { BatchResponse, Outcome, handleRecords } from "./response";
