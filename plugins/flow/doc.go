// Package flow lets a goroutine make calls that may never return, without another goroutine for each of them.
//
// Who calls something that may hang, and wants to go on without it, has it run on another goroutine and waits for that. Each
// such call wakes two threads where processors are idle: some 30 us, as much as a small guest takes for a batch. A flow runs
// as a coroutine instead (package iter): to make a call it hands the thread to its driver, which is the goroutine that then
// hangs, and when the call is given up another goroutine drives the flow on.
package flow
