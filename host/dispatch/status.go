package dispatch

import "time"

// State is what a mapping is doing.
type State string

// The states of a mapping.
const (
	StateRunning    State = "running"     // it receives messages, or waits for some
	StatePaused     State = "paused"      // by Pause
	StateDisabled   State = "disabled"    // by its configuration
	StateWaiting    State = "waiting"     // for its queue, its function or a destination, which cannot be used now
	StateBackingOff State = "backing_off" // because its function crashes
	StateStopped    State = "stopped"     // the dispatcher does not run
)

// Status is a mapping and how it is doing.
type Status struct {
	Mapping Mapping // with its defaults filled in
	Origin  string  // that Apply was told
	State   State
	Reason  string    // of the state, for people; may be empty
	Since   time.Time // of the state
	RetryAt time.Time // when a mapping in trouble tries again; zero without trouble

	Workers int // batches that may be in work at the moment
	Running int // batches in work

	Invocations int64
	Failed      int64 // invocations that failed as a whole
	Records     Records
	Told        int64     // records of which a destination has heard
	Untold      int64     // records that a destination did not take
	LastFailure string    // of an invocation; may be empty
	LastResult  string    // of the last invocation: "OK", or why it failed as a whole; empty before the first one
	LastInvoked time.Time // when it ended; zero before the first one
}

// Records counts what became of messages.
type Records struct {
	Deleted      int64 // the function has done them
	Filtered     int64 // no filter wanted them; deleted
	Failed       int64 // come again
	DeadLettered int64 // moved because the function said so
	Released     int64 // given back untouched
	Looped       int64 // went through too many functions: moved to the dead-letter queue, or dropped where there is none
}
