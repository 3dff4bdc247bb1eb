// What a function can ask the host to do. Everything is denied unless the function's configuration grants it. What each
// operation takes and gives is told in plugins/abi/operation.go.

import { call as rawCall, call_result, call_start, call_wait } from "./contract";
import { Errno } from "./errno";
import { Value, parseBytes, quote } from "./json";

// The response of an operation. header and body mean something if errno is 0, and header is null where there is none.
export class Response {
  errno: i32 = 0;
  header: Value | null = null;
  body: ArrayBuffer = new ArrayBuffer(0);

  // text is the body as text.
  get text(): string {
    return String.UTF8.decode(this.body);
  }

  // refusal is what a queue says that refuses a message: code and message of SQS; null if it does not.
  get refusal(): Value | null {
    const header = this.header;
    return header == null ? null : header.get("error");
  }

  // integer returns a whole number in the header, as "revision" or "status".
  integer(name: string): i64 {
    const header = this.header;
    return header == null ? 0 : header.integer(name);
  }

  // string returns a text in the header, as "messageId".
  string(name: string): string {
    const header = this.header;
    return header == null ? "" : header.string(name);
  }

  // strings returns the texts of a list in the header, as "keys".
  strings(name: string): string[] {
    const header = this.header;
    if (header == null) return [];
    return header.strings(name);
  }
}

// call runs any operation, with a header that is JSON, and a body.
export function call(operation: string, header: string, body: ArrayBuffer): Response {
  const op = String.UTF8.encode(operation);
  const request = frame(header, body);
  return answer(rawCall(changetype<usize>(op), op.byteLength, changetype<usize>(request), request.byteLength));
}

// start runs any operation beside the function, and returns a handle, above 0, or an errno.
export function start(operation: string, header: string, body: ArrayBuffer): i32 {
  const op = String.UTF8.encode(operation);
  const request = frame(header, body);
  return call_start(changetype<usize>(op), op.byteLength, changetype<usize>(request), request.byteLength);
}

// wait waits for an operation that was started. After Errno.TimedOut a handle can be waited for again.
export function wait(handle: i32, timeoutMs: i32): Response {
  return answer(call_wait(handle, timeoutMs));
}

// frame is the length of the header in 4 bytes, little-endian, the header, and the body.
function frame(header: string, body: ArrayBuffer): ArrayBuffer {
  const text = String.UTF8.encode(header);
  const whole = new ArrayBuffer(4 + text.byteLength + body.byteLength);
  const at = changetype<usize>(whole);
  store<u32>(at, text.byteLength);
  memory.copy(at + 4, changetype<usize>(text), text.byteLength);
  memory.copy(at + 4 + text.byteLength, changetype<usize>(body), body.byteLength);
  return whole;
}

function answer(result: i32): Response {
  const response = new Response();
  if (result < 0) {
    response.errno = result;
    return response;
  }
  const whole = new Uint8Array(result);
  call_result(whole.dataStart, result);
  if (result == 0) return response;
  const length = result < 4 ? <u32>result : load<u32>(whole.dataStart);
  if (length > <u32>result - 4) {
    response.errno = Errno.Invalid;
    return response;
  }
  const end = 4 + <i32>length;
  if (length > 0) response.header = parseBytes(whole.subarray(4, end));
  response.body = whole.slice(end).buffer;
  return response;
}

// one is a header with one text.
function one(name: string, value: string): string {
  return "{" + quote(name) + ":" + quote(value) + "}";
}

const NOTHING = new ArrayBuffer(0);

// send sends a message to a queue, given by its name or URL. "messageId" is in the response's header.
export function send(queue: string, body: string): Response {
  return call("queue.send", one("queue", queue), String.UTF8.encode(body));
}

// extend changes when a record becomes visible again if it fails, in seconds from now.
export function extend(receiptHandle: string, seconds: i32): Response {
  const header = '{"receiptHandle":' + quote(receiptHandle) + ',"visibilityTimeout":' + seconds.toString() + "}";
  return call("queue.extend", header, NOTHING);
}

// publish publishes a message on NATS.
export function publish(subject: string, payload: string): Response {
  return call("nats.publish", one("subject", subject), String.UTF8.encode(payload));
}

// request sends a request on NATS. The response's body is the reply's payload.
export function request(subject: string, payload: string, timeoutMs: i32): Response {
  const header = '{"subject":' + quote(subject) + ',"timeoutMs":' + timeoutMs.toString() + "}";
  return call("nats.request", header, String.UTF8.encode(payload));
}

// kvGet returns the value of a key as the response's body; "revision" is in its header.
export function kvGet(key: string): Response {
  return call("kv.get", one("key", key), NOTHING);
}

export function kvPut(key: string, value: string): Response {
  return call("kv.put", one("key", key), String.UTF8.encode(value));
}

// kvCreate sets the value of a key that has none, else the errno is Errno.Conflict.
export function kvCreate(key: string, value: string): Response {
  return call("kv.create", one("key", key), String.UTF8.encode(value));
}

// kvUpdate sets the value of a key whose last revision is the one given, else the errno is Errno.Conflict.
export function kvUpdate(key: string, value: string, revision: i64): Response {
  const header = '{"key":' + quote(key) + ',"revision":' + revision.toString() + "}";
  return call("kv.update", header, String.UTF8.encode(value));
}

export function kvDelete(key: string): Response {
  return call("kv.delete", one("key", key), NOTHING);
}

// kvKeys returns "keys" in the response's header: those that begin with the parts of a prefix, all without one.
export function kvKeys(prefix: string = ""): Response {
  return call("kv.keys", prefix == "" ? "" : one("prefix", prefix), NOTHING);
}

// get fetches a URL. "status" and "headers" are in the response's header. For other methods use call with "http.fetch".
export function get(url: string): Response {
  return call("http.fetch", one("url", url), NOTHING);
}

// config returns a value of the function's configuration as the response's text.
export function config(name: string): Response {
  return call("config.get", one("name", name), NOTHING);
}

// secret returns a secret of the function as the response's text.
export function secret(name: string): Response {
  return call("secret.get", one("name", name), NOTHING);
}

// addMetric adds to a counter among the server's metrics.
export function addMetric(name: string, value: f64): Response {
  return call("metrics.add", '{"name":' + quote(name) + ',"value":' + value.toString() + "}", NOTHING);
}
