// Package abi defines the bytes that cross the boundary between queuelet and a WebAssembly guest.
//
// A guest is a core WebAssembly module for WASI preview 1. It gets events and gives responses in exactly the JSON that
// AWS Lambda uses between an SQS event source mapping and a function, so a handler written for Lambda understands it
// unchanged. The package uses the standard library only and no reflection, so guests built with small compilers can
// use it too.
//
// # Memory
//
// The guest owns all of its memory: the host never calls an allocator in the guest and keeps no pointer after a call
// returns. A buffer that goes in is (pointer, length). A buffer that comes out is (pointer, capacity): the host copies at
// most capacity bytes and returns the full length, and the value stays readable until the next call of its kind, so a
// guest whose buffer was too small asks again with more room. A range outside of the memory is a trap. Text is UTF-8.
//
// # Entries
//
// A guest is a loop or a reactor. A loop exports _start; its main calls event_next until that answers -1. A reactor
// exports queuelet_handle(event_len i32) -> i32, and _initialize if it needs one; it returns 0 when it has replied.
//
// # Functions the guest may import from queuelet_v1
//
//	event_next    () -> i32                     length of the next event; waits for it; -1: return from main
//	event_read    (dst, cap i32) -> i32         the event
//	event_reply   (src, len i32) -> i32         the response; the last one counts; 0 or an Errno
//	event_fail    (src, len i32)                the whole batch failed; text, or Lambda's {"errorType", "errorMessage"}
//	event_context (dst, cap i32) -> i32         Invocation as JSON
//	deadline_ms   () -> i64                     milliseconds left, 0 when there are none
//	log           (level, src, len i32)         a LogLevel and a text
//	call          (op, opLen, req, reqLen i32) -> i32   run a host operation; length of its response or an Errno
//	call_start    (op, opLen, req, reqLen i32) -> i32   the same without waiting; a handle > 0 or an Errno
//	call_wait     (handle, timeoutMs i32) -> i32        wait for it; length of its response or an Errno
//	call_result   (dst, cap i32) -> i32                 response of the last call or call_wait
//
// What call and call_start can be asked for is described at [OpQueueSend] and after it.
package abi
