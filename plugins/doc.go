// Package plugins loads, isolates, pools and calls WebAssembly modules within limits.
//
// A function is a module with its configuration. [Runtime.Deploy] checks and compiles the module, makes one instance of it
// and then puts it into service; [Runtime.Invoke] gives it an event. What crosses the border is described in package abi.
//
// # Instances
//
// An instance runs on a goroutine of its own and serves one event at a time, then the next. It is thrown away after
// anything unexpected: a guest that has trapped looks alive and may answer, but its memory is in the middle of something.
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
