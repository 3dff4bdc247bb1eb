// Package plugins loads, isolates, pools and calls WebAssembly modules within limits.
//
// A function is a module with its configuration. [Runtime.Deploy] checks and compiles the module, makes one instance of it
// and then puts it into service; [Runtime.Invoke] gives it an event. What crosses the border is described in package abi.
//
// # What is run
//
// The imports and exports of a module tell what it is.
//
//   - A reactor exports queuelet_handle(i32) -> i32, a loop exports _start and imports event_next: see package abi.
//   - A plugin of Extism imports extism:host/env, or env with names that begin with extism_ as before Extism 1.0. The
//     export that the function's configuration names, handle unless it does, reads the event as its input and sets the
//     response as its output; a main, _start, does the same in a new instance each time. The batch fails if an error is set or
//     the export returns anything but 0. The plugin's configuration is the function's environment, its variables last as
//     long as the instance, and its HTTP requests are the operation http.fetch: a request that is not granted is answered
//     with the status 403.
//   - A command exports _start and reads standard input: the event. What it writes to standard output is the response, an
//     exit code other than 0 fails the batch, and so does leaving a part of the event unread. Each invocation gets a
//     new instance.
//
// A script in JavaScript or TypeScript is no module, but a file that ends in .js or .ts: package javascript runs it in an
// engine. It exports handler(event, context), asynchronous or not, as Lambda's scripts do, and has the operations of the
// host as methods of queuelet and as fetch.
//
// Anything else is refused, components with a word on how to build a core module.
//
// # Instances
//
// An instance is a coroutine that serves one event at a time, then the next, on the thread of who invokes it: handing each
// event to another thread would cost as much as a small guest does. A caller that brings its own flow (package flow) saves
// the goroutine as well that goes on where a guest cannot be stopped.
//
// An instance is thrown away after anything unexpected: a guest that has trapped looks alive and may answer, but its memory
// is in the middle of something. With [IsolationRestore] its memory and globals are put back after each event, with
// [IsolationFresh] it serves only one.
//
// # Time
//
// Go cannot interrupt the machine code that wazero makes, so a guest in an endless loop would run for ever, and the first
// garbage collection would wait for it with the whole process. Deploy rewrites a module (package rewrite) to look in
// its loops and functions at a stop flag, and to let Go in for a moment every now and then. A guest is told to stop at
// its deadline and ends within milliseconds.
//
// # Limits
//
// Memory per instance and for all guests, concurrency per function and running guests in the process, sizes of
// events, responses and logs. Nothing a guest does may end the process or take more than it was given.
package plugins
