package queue

import "time"

// MessageID is a message's UUID. It never changes, also not in a dead-letter move.
type MessageID [16]byte

// MessageAttribute is one message attribute. Value holds UTF-8 text when DataType
// begins with String or Number, and raw bytes when it begins with Binary.
type MessageAttribute struct {
	Name     string
	DataType string // with its custom suffix, if any
	Value    []byte
}

// Message is what a producer sent, and what stays the same however often it is received.
//
// Byte slices of a message that comes out of a store are shared with its caches:
// nobody may write to them.
type Message struct {
	ID         MessageID
	Body       []byte
	BodyMD5    [16]byte
	Attributes []MessageAttribute // sorted by name
	SenderID   string
	// TraceHeader is the system attribute AWSTraceHeader, "" when it was not sent.
	TraceHeader string
	Group       string // MessageGroupId; on standard queues the tenant of fair queues
	DedupID     string // FIFO only: given, or the SHA-256 of the body in hex
	Sent        time.Time
	// DeadLetterSource is the ARN of the queue from which the message was moved to
	// its dead-letter queue, "" otherwise.
	DeadLetterSource string
	// Depth is how many functions, one after the other, have worked on what this message comes
	// of: 0 for a message of a client, and one more than its own event's for a function's. No
	// client sees it.
	Depth uint32
}

// Entry is a message to be stored.
type Entry struct {
	Message

	// Delay hides the message at first.
	Delay time.Duration
	// Dedup is the key under which the store looks for an earlier accepted send
	// within the deduplication window; "" means no deduplication.
	Dedup string
}

// Sent is the store's answer to one entry.
type Sent struct {
	ID        MessageID // the first message's id when Duplicate
	Sequence  uint64    // logical sequence in the queue; the first message's when Duplicate
	Duplicate bool
}

// Handle identifies one receive of one message. It is what a receipt handle seals.
type Handle struct {
	Queue        uint64 // Definition.ID
	Sequence     uint64
	ReceiveCount uint32
	ReceivedAt   time.Time // millisecond precision; the 12 hour limit counts from here
}

// Received is a message handed out by a receive, invisible to others until its
// visibility timeout ends.
type Received struct {
	Message

	Handle        Handle
	FirstReceived time.Time
	// ReceiveCount is what SQS shows. It goes on in a dead-letter queue, where the
	// handle's own count starts anew.
	ReceiveCount uint32
}

// State is one of the three states of a message.
type State uint8

// The states of a message.
const (
	Visible State = iota + 1
	InFlight
	Delayed
)

// Peeked is a message that was looked at without being received.
type Peeked struct {
	Message

	Sequence      uint64
	State         State
	ReceiveCount  uint32
	FirstReceived time.Time // zero when it never was received
	Due           time.Time // when it becomes visible; zero when it is visible
}

// Counts are the exact numbers of messages of a queue by state.
type Counts struct {
	Visible, InFlight, Delayed int
	OldestSent                 time.Time // zero when the queue is empty
}
