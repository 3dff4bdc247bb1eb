package queue

import "time"

// Key names a queue. Queues are namespaced by account: two accounts may each
// have a queue of the same name.
type Key struct {
	Account string // twelve digits, as in an ARN
	Name    string // 1 to 80 characters, ".fifo" suffix included
}

// Definition is everything durable about a queue except its messages. The value
// behind a *Definition that a [Store] hands out is an immutable snapshot.
type Definition struct {
	Key

	// ID is the incarnation of the queue. It is never reused, so that receipt
	// handles and stored messages of a deleted queue cannot be mistaken for those
	// of a later one with the same name.
	ID         uint64
	Created    time.Time // second precision, as SQS shows it
	Modified   time.Time
	Attributes Attributes
	Tags       map[string]string
	// Tap asks for a stream of its own over the queue's tap subject, so that
	// durable NATS consumers can replay what was stored.
	Tap TapMode
}

// TapMode says how native NATS clients can watch the messages of a queue.
type TapMode string

// The tap modes of a queue.
const (
	TapLive   TapMode = ""       // messages are published when somebody listens
	TapStream TapMode = "stream" // and also kept in a stream for replay
)

// Attributes are the settable attributes of a queue in their parsed form.
// Ranges and defaults: AWS API reference, SetQueueAttributes.
type Attributes struct {
	FIFO              bool
	Delay             time.Duration // 0 to 15 min
	VisibilityTimeout time.Duration // 0 to 12 h
	ReceiveWait       time.Duration // 0 to 20 s
	Retention         time.Duration // 60 s to 14 days
	MaxMessageSize    int           // bytes, 1 KiB to 1 MiB
	Policy            string        // the JSON text as given, "" when absent
	Redrive           *RedrivePolicy
	RedriveAllow      *RedriveAllowPolicy

	KMSMasterKeyID         string // "" when absent
	KMSDataKeyReuse        time.Duration
	ManagedSSE             bool
	ContentBasedDedup      bool   // FIFO only
	DeduplicationScope     string // FIFO only: "queue" or "messageGroup", as shown
	FifoThroughputLimit    string // FIFO only: "perQueue" or "perMessageGroupId"
	EffectiveDedupPerGroup bool   // FIFO only: the scope that deduplication really uses, fixed at creation
}

// RedrivePolicy sends messages that were received too often to a dead-letter queue.
type RedrivePolicy struct {
	DeadLetterTargetARN string
	MaxReceiveCount     int // 1 to 1000
}

// RedriveAllowPolicy says which queues may name this one as their dead-letter queue.
type RedriveAllowPolicy struct {
	Permission string // "allowAll", "denyAll" or "byQueue"
	SourceARNs []string
}
