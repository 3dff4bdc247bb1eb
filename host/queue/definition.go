package queue

import "time"

// Key names a queue. Queues are namespaced by account: two accounts may each
// have a queue of the same name.
type Key struct {
	Account string `json:"account,omitempty"` // twelve digits, as in an ARN
	Name    string `json:"name,omitempty"`    // 1 to 80 characters, ".fifo" suffix included
}

// Definition is everything durable about a queue except its messages. The value
// behind a *Definition that a [Store] hands out is an immutable snapshot. The JSON
// names are what stores keep: they may be added to and never changed.
type Definition struct {
	Key

	// ID is the incarnation of the queue. It is never reused, so that receipt
	// handles and stored messages of a deleted queue cannot be mistaken for those
	// of a later one with the same name.
	ID         uint64            `json:"id,omitempty"`
	Created    time.Time         `json:"created,omitzero"` // second precision, as SQS shows it
	Modified   time.Time         `json:"modified,omitzero"`
	Attributes Attributes        `json:"attributes,omitzero"`
	Tags       map[string]string `json:"tags,omitempty"`
	// Tap asks for a stream of its own over the queue's tap subject, so that
	// durable NATS consumers can replay what was stored.
	Tap TapMode `json:"tap,omitempty"`
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
	FIFO              bool                `json:"fifo,omitempty"`
	Delay             time.Duration       `json:"delay,omitempty"`              // 0 to 15 min
	VisibilityTimeout time.Duration       `json:"visibility_timeout,omitempty"` // 0 to 12 h
	ReceiveWait       time.Duration       `json:"receive_wait,omitempty"`       // 0 to 20 s
	Retention         time.Duration       `json:"retention,omitempty"`          // 60 s to 14 days
	MaxMessageSize    int                 `json:"max_message_size,omitempty"`   // bytes, 1 KiB to 1 MiB
	Policy            string              `json:"policy,omitempty"`             // the JSON text as given, "" when absent
	Redrive           *RedrivePolicy      `json:"redrive,omitempty"`
	RedriveAllow      *RedriveAllowPolicy `json:"redrive_allow,omitempty"`

	KMSMasterKeyID         string        `json:"kms_master_key_id,omitempty"` // "" when absent
	KMSDataKeyReuse        time.Duration `json:"kms_data_key_reuse,omitempty"`
	ManagedSSE             bool          `json:"managed_sse,omitempty"`
	ContentBasedDedup      bool          `json:"content_based_dedup,omitempty"`       // FIFO only
	DeduplicationScope     string        `json:"deduplication_scope,omitempty"`       // FIFO only: "queue" or "messageGroup", as shown
	FifoThroughputLimit    string        `json:"fifo_throughput_limit,omitempty"`     // FIFO only: "perQueue" or "perMessageGroupId"
	EffectiveDedupPerGroup bool          `json:"effective_dedup_per_group,omitempty"` // FIFO only: the scope that deduplication really uses, fixed at creation
}

// RedrivePolicy sends messages that were received too often to a dead-letter queue.
type RedrivePolicy struct {
	DeadLetterTargetARN string `json:"dead_letter_target_arn,omitempty"`
	MaxReceiveCount     int    `json:"max_receive_count,omitempty"` // 1 to 1000
}

// RedriveAllowPolicy says which queues may name this one as their dead-letter queue.
type RedriveAllowPolicy struct {
	Permission string   `json:"permission,omitempty"` // "allowAll", "denyAll" or "byQueue"
	SourceARNs []string `json:"source_arns,omitempty"`
}
