// Package index decides which message of one queue may be handed out next.
//
// An [Index] is a state machine in memory. It does no I/O, starts no goroutine and
// reads no clock: every time is in milliseconds since the Unix epoch and is passed
// in by the caller, which also keeps calls from running at the same time.
package index
