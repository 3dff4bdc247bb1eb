package queue

import (
	"context"
	"time"
)

// Store keeps queues and their messages. Package jetstream implements it; its
// conformance suite (jetstream/jetstreamtest) shows every promise made here.
//
// All methods are safe for concurrent use. A context that ends makes a call return
// early with the context's error; what a call had already stored stays stored.
type Store interface { //nolint:interfacebloat // it has one implementation and one user
	// CreateQueue makes a queue. It fills in ID. A queue of that key that exists
	// already is returned with ErrQueueExists.
	CreateQueue(ctx context.Context, def Definition) (*Definition, error)
	// UpdateQueue applies change to the current definition and stores the result
	// with compare-and-set; change may run more than once. An error of change ends
	// the call and leaves the queue as it was.
	UpdateQueue(ctx context.Context, key Key, change func(*Definition) error) (*Definition, error)
	// DeleteQueue removes a queue with all its messages. Every later call for it
	// returns ErrQueueNotFound.
	DeleteQueue(ctx context.Context, key Key) error
	// Queue looks a definition up, from memory. ErrQueueNotFound when there is none.
	Queue(key Key) (*Definition, error)
	// Queues lists an account's queues whose names have the prefix, by name, from
	// memory. An empty account lists all.
	Queues(account, prefix string) []*Definition

	// Send stores entries in order and answers each; err concerns the whole call.
	// When it returns without error every message is durable, as the store's
	// durability setting defines it. Bodies and attributes are copied: the caller
	// may reuse them afterwards.
	Send(ctx context.Context, def *Definition, entries []Entry) ([]Sent, error)
	// Receive hands out up to req.Max messages, waiting up to req.Wait for the
	// first. Each is hidden until its own deadline, and that is journaled before
	// the call returns. In FIFO queues no message is handed out while an earlier one
	// of its group is in flight.
	// ErrOverLimit when too many messages are in flight and nothing was waited for;
	// ErrAttemptLapsed when req.AttemptID was used before and cannot be repeated.
	Receive(ctx context.Context, def *Definition, req ReceiveRequest) ([]Received, error)
	// ChangeVisibility moves the deadlines of messages in flight, counted from now;
	// zero makes a message visible at once. errs has one element per change:
	// nil, ErrMessageNotInFlight, ErrHandleExpired.
	ChangeVisibility(ctx context.Context, def *Definition, changes []VisibilityChange) (errs []error, err error)
	// Delete removes messages for good, durably before it returns. A message that
	// is gone already is no error. errs has one element per handle: nil or, on FIFO
	// queues, ErrHandleExpired.
	Delete(ctx context.Context, def *Definition, handles []Handle) (errs []error, err error)
	// StartDelete is Delete, but durable waits until the messages are gone for good. The handles are the caller's again when
	// it has returned.
	StartDelete(def *Definition, handles []Handle) (errs []error, durable func(context.Context) error, err error)
	// DeadLetter moves messages in flight to a dead-letter queue, durably before it returns,
	// as a receive does with those that were received too often. A message is never lost and
	// never in both queues, whatever crashes. errs has one element per handle: nil,
	// ErrMessageNotInFlight or, on FIFO queues, ErrHandleExpired. ErrQueueNotFound when the
	// dead-letter queue does not exist: all messages become visible then, as after any err.
	DeadLetter(ctx context.Context, def *Definition, handles []Handle, to DeadLetter) (errs []error, err error)
	// Purge removes all messages, in whatever state, and forgets deduplication ids.
	Purge(ctx context.Context, def *Definition) error
	// Counts are exact.
	Counts(ctx context.Context, def *Definition) (Counts, error)
	// Peek reads messages in order of sequence, from the one after req.After, and
	// changes nothing.
	Peek(ctx context.Context, def *Definition, req PeekRequest) ([]Peeked, error)

	// Move moves visible messages to other queues, in order of sequence, without counting a
	// receive. In FIFO queues nothing is moved that is behind a message of its group which
	// stays. A message is never lost and never in both queues, whatever crashes.
	// ErrQueueNotFound when a target does not exist: its message stays.
	Move(ctx context.Context, def *Definition, req MoveRequest) (Moved, error)
	// SaveMoveTask stores a task under its source and id, durably; MoveTasks returns all of
	// them, and DeleteMoveTask forgets one.
	SaveMoveTask(ctx context.Context, task MoveTaskRecord) error
	MoveTasks(ctx context.Context) ([]MoveTaskRecord, error)
	DeleteMoveTask(ctx context.Context, task MoveTaskRecord) error

	// Secret returns the random key of that name, 32 bytes, made at the first call
	// and durable.
	Secret(ctx context.Context, name string) ([]byte, error)
}

// ReceiveRequest says what a receive wants.
type ReceiveRequest struct {
	Max        int
	Visibility time.Duration
	Wait       time.Duration
	// AttemptID is FIFO's ReceiveRequestAttemptId: the same id within five minutes
	// hands out the same messages again. "" for none.
	AttemptID string
	// DeadLetter, when not nil, moves a message instead of handing it out once its
	// receive count has reached MaxReceives.
	DeadLetter *DeadLetter
}

// DeadLetter is the destination of messages that were received too often.
type DeadLetter struct {
	Target      Key
	MaxReceives int
	SourceARN   string // recorded in the moved message
}

// VisibilityChange moves the deadline of one receive.
type VisibilityChange struct {
	Handle  Handle
	Timeout time.Duration // from now
}

// PeekRequest says where to look.
type PeekRequest struct {
	After uint64 // sequence; 0 starts at the oldest
	Max   int
	// States limits the answer; empty means all.
	States []State
}

// MoveRequest says which messages to move.
type MoveRequest struct {
	Max   int
	After uint64 // sequence; 0 starts at the oldest
	// Place says where a message goes, false that it stays. It may give it another id, sent
	// time, depth and deduplication id, and must not keep the message. It may look queues up.
	Place func(*Message) (Key, bool)
}

// Moved says how far a Move came.
type Moved struct {
	Messages int
	// Next is the After of the Move that goes on, also when this one failed; 0 when the end
	// of the queue was reached.
	Next uint64
}

// MoveTaskRecord is a message move task as it is stored.
type MoveTaskRecord struct {
	ID           string    `json:"id,omitempty"` // a UUID
	Source       Key       `json:"source,omitzero"`
	Destination  Key       `json:"destination,omitzero"`     // zero: each message goes back to the queue it came from
	MaxPerSecond int       `json:"max_per_second,omitempty"` // 0: as fast as it goes
	Status       string    `json:"status,omitempty"`
	Failure      string    `json:"failure,omitempty"`
	Started      time.Time `json:"started,omitzero"`
	ToMove       int       `json:"to_move,omitempty"`
	Moved        int       `json:"moved,omitempty"`
}
