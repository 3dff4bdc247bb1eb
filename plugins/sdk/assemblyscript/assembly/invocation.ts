import { deadline_ms, event_context, event_fail } from "./contract";
import { parseBytes } from "./json";

// What is known about the invocation that the function works on.
export class Invocation {
  requestId: string = "";
  deadlineMs: i64 = 0; // Unix time in milliseconds
  functionName: string = "";
  functionArn: string = "";
  memoryLimitMb: i32 = 0;
  attempt: i32 = 0; // highest receive count among the records; 1 the first time
}

// invocation returns what is known about the present one.
export function invocation(): Invocation {
  const bytes = new Uint8Array(event_context(0, 0));
  event_context(bytes.dataStart, bytes.length);
  const about = parseBytes(bytes);
  const found = new Invocation();
  if (about == null) return found;
  found.requestId = about.string("requestId");
  found.deadlineMs = about.integer("deadlineMs");
  found.functionName = about.string("functionName");
  found.functionArn = about.string("functionArn");
  found.memoryLimitMb = <i32>about.integer("memoryLimitMb");
  found.attempt = <i32>about.integer("attempt");
  return found;
}

// timeLeft returns how many milliseconds the function may still work on the event.
export function timeLeft(): i64 {
  return deadline_ms();
}

// fail lets the whole batch come again.
export function fail(why: string): void {
  const text = String.UTF8.encode(why);
  event_fail(changetype<usize>(text), text.byteLength);
}
