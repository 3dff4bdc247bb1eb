package index

import "errors"

// What [Index.Change] and [Index.Delete] answer instead of success.
var (
	// ErrNotInFlight says that the message is gone, or was received again since.
	ErrNotInFlight = errors.New("message is not in flight")
	// ErrExpired says that a FIFO message is no longer held under that receive.
	ErrExpired = errors.New("receive has expired")
)

// Ref says where the owner of the index finds a message. The index only keeps it.
type Ref struct {
	Block  uint64
	Offset uint32
}

// Item is a message that enters the index.
type Item struct {
	Seq       uint64 // above 0, and above that of every item before
	Sent      int64
	NotBefore int64  // end of the delay; 0 when not delayed
	Group     string // message group; "" for none
	Ref       Ref
}

// State is what the deliveries of a message left behind. It is absolute: a journal
// that keeps the last one of each message can restore the index.
type State struct {
	Due   int64  // end of the visibility timeout, or of the delay before the first receive
	First int64  // when it was first received; 0 if never
	Count uint32 // how often it was received
}

// Taken is a message with its state.
type Taken struct {
	State

	Seq   uint64
	Sent  int64
	Ref   Ref
	Group string
}

// Phase is where in its life a message is.
type Phase uint8

// The phases as SQS counts them.
const (
	Visible Phase = iota + 1
	InFlight
	Delayed
)
