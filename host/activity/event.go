package activity

import (
	"slices"
	"time"
)

// Kind says what happened.
type Kind string

// What can happen.
const (
	Sent           Kind = "sent"            // messages were stored
	Received       Kind = "received"        // messages were handed out
	Deleted        Kind = "deleted"         // messages were deleted by their receivers
	VisibilityMove Kind = "visibility"      // visibility timeouts were changed
	DeadLettered   Kind = "dead_lettered"   // messages moved to a dead-letter queue
	Purged         Kind = "purged"          // a queue was emptied
	QueueCreated   Kind = "queue_created"   // a queue was made
	QueueDeleted   Kind = "queue_deleted"   // a queue was removed
	Invoked        Kind = "invoked"         // a function finished an invocation
	LoopStopped    Kind = "loop_stopped"    // messages were kept from a function because functions feed each other in a loop
	ConfigReloaded Kind = "config_reloaded" // the configuration was replaced, or its replacement refused
)

// Event is one thing that happened. An operation on several messages is one event.
type Event struct {
	// Number counts events of a feed from 1 without gaps: a gap in what a subscriber
	// sees is what it missed. Publish sets it.
	Number   uint64
	Time     time.Time // Publish sets it when it is zero
	Kind     Kind
	Account  string
	Queue    string
	Function string
	// MessageID is that of the first message, "" when there is none.
	MessageID string
	Messages  int // how many it was about
	Failed    int // how many of them failed
	Duration  time.Duration
	Detail    string // an error or another remark for people
}

// Query selects events. Empty fields select all.
type Query struct {
	Kinds    []Kind
	Account  string
	Queue    string
	Function string
	// After skips the events up to that number.
	After uint64
}

func (q *Query) matches(e *Event) bool {
	return e.Number > q.After &&
		(q.Account == "" || q.Account == e.Account) &&
		(q.Queue == "" || q.Queue == e.Queue) &&
		(q.Function == "" || q.Function == e.Function) &&
		q.matchesKind(e.Kind)
}

func (q *Query) matchesKind(kind Kind) bool {
	return len(q.Kinds) == 0 || slices.Contains(q.Kinds, kind)
}
