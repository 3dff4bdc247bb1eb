// The imports of the contract queuelet_v1. Functions that fill a buffer return the full length and write at most capacity
// bytes.

@external("queuelet_v1", "event_read")
export declare function event_read(to: usize, capacity: i32): i32;

@external("queuelet_v1", "event_reply")
export declare function event_reply(from: usize, size: i32): i32;

@external("queuelet_v1", "event_fail")
export declare function event_fail(from: usize, size: i32): void;

@external("queuelet_v1", "event_context")
export declare function event_context(to: usize, capacity: i32): i32;

@external("queuelet_v1", "deadline_ms")
export declare function deadline_ms(): i64;

@external("queuelet_v1", "log")
export declare function log(level: i32, from: usize, size: i32): void;

@external("queuelet_v1", "call")
export declare function call(op: usize, opSize: i32, request: usize, size: i32): i32;

@external("queuelet_v1", "call_start")
export declare function call_start(op: usize, opSize: i32, request: usize, size: i32): i32;

@external("queuelet_v1", "call_wait")
export declare function call_wait(handle: i32, timeoutMs: i32): i32;

@external("queuelet_v1", "call_result")
export declare function call_result(to: usize, capacity: i32): i32;
