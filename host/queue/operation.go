package queue

import "time"

// Caller is who makes a request, as authentication established it.
type Caller struct {
	Account     string
	AccessKeyID string
	Principal   string // stable id of the key's holder, shown as SenderId
	SourceIP    string
	Secure      bool // over TLS
	// SourceARN names the resource on whose behalf the request is made, for policies
	// that ask for aws:SourceArn. It is "" when the caller acts for himself.
	SourceARN string
	// Allow is all that the credential may do; nil for everything.
	Allow *AllowList
}

// OptionalInt is an integer parameter that may have been left out.
type OptionalInt struct {
	Value int
	Set   bool
}

// CreateQueueInput are the parameters of CreateQueue.
type CreateQueueInput struct {
	Name       string
	Attributes map[string]string
	Tags       map[string]string
}

// ListQueuesInput are the parameters of ListQueues and ListDeadLetterSourceQueues.
type ListQueuesInput struct {
	Prefix     string // ListQueues only
	NextToken  string
	MaxResults OptionalInt
}

// QueuePage is one page of queues. NextToken is "" on the last one.
type QueuePage struct {
	Queues    []Key
	NextToken string
}

// SendMessageInput are the parameters of SendMessage and of one entry of
// SendMessageBatch. Attributes and SystemAttributes are as they came, unsorted and
// unchecked, and keep to which field of the wire's value they came in.
type SendMessageInput struct {
	ID               string // batch entries only
	Body             []byte
	BodySet          bool
	DelaySeconds     OptionalInt
	Attributes       []AttributeInput
	SystemAttributes []AttributeInput
	GroupID          string
	GroupIDSet       bool
	DedupID          string
	DedupIDSet       bool
	// TraceHeader is the HTTP header X-Amzn-Trace-Id, used when no system attribute
	// of that name was sent.
	TraceHeader string
	// Depth is that of the message, see [Message]. No wire carries it.
	Depth uint32
}

// AttributeInput is a message attribute as it came over the wire.
type AttributeInput struct {
	Name        string
	DataType    string
	StringValue []byte
	StringSet   bool
	BinaryValue []byte
	BinarySet   bool
	ListSet     bool // StringListValues or BinaryListValues, which SQS refuses
}

// SendMessageResult answers SendMessage. MD5 sums are zero-length when there is
// nothing to sum.
type SendMessageResult struct {
	ID                  MessageID
	BodyMD5             [16]byte
	AttributesMD5       [16]byte
	HasAttributes       bool
	SystemAttributesMD5 [16]byte
	HasSystemAttributes bool
	Sequence            uint64 // FIFO only, 0 otherwise
}

// BatchFailure is one entry of a batch that failed, while others may have succeeded.
type BatchFailure struct {
	ID          string
	Code        Code
	Message     string
	SenderFault bool
}

// SendMessageBatchResult answers SendMessageBatch, in the order of the entries.
type SendMessageBatchResult struct {
	Successful []SendMessageBatchSuccess
	Failed     []BatchFailure
}

// SendMessageBatchSuccess is one entry that was stored.
type SendMessageBatchSuccess struct {
	SendMessageResult

	ID string // of the entry
}

// ReceiveMessageInput are the parameters of ReceiveMessage. The names of message
// attributes and system attributes asked for stay with the adapter: see
// [ReceivedMessage].
type ReceiveMessageInput struct {
	MaxNumberOfMessages OptionalInt
	VisibilityTimeout   OptionalInt // seconds
	WaitTimeSeconds     OptionalInt
	AttemptID           string
	AttemptIDSet        bool
	// SystemAttributeNames is the union of AttributeNames and
	// MessageSystemAttributeNames; unknown ones are refused.
	SystemAttributeNames []string
	// MessageAttributeNames selects by name, "All", ".*", "*" or "prefix.*".
	MessageAttributeNames []string
}

// ReceivedMessage is a message as ReceiveMessage answers it.
type ReceivedMessage struct {
	Received

	ReceiptHandle string
	// Selected are the message attributes that were asked for, AttributesMD5 their
	// digest (AWS sums only what it returns).
	Selected      []MessageAttribute
	AttributesMD5 [16]byte
	// Sequence is shown for FIFO queues only.
	Sequence uint64
	// Shown says which system attributes were asked for.
	Shown SystemAttributes
}

// SystemAttributes is a set of system attributes of a message.
type SystemAttributes uint16

// The system attributes that ReceiveMessage can show.
const (
	ShowSenderID SystemAttributes = 1 << iota
	ShowSentTimestamp
	ShowReceiveCount
	ShowFirstReceive
	ShowTraceHeader
	ShowGroupID
	ShowDedupID
	ShowSequenceNumber
	ShowDeadLetterSource
	ShowAll = 1<<iota - 1
)

// DeleteMessageInput is one handle to delete; ID is for batches only.
type DeleteMessageInput struct {
	ID            string
	ReceiptHandle string
}

// ChangeVisibilityInput is one visibility timeout to change; ID is for batches only.
type ChangeVisibilityInput struct {
	ID                string
	ReceiptHandle     string
	VisibilityTimeout OptionalInt
}

// BatchResult answers DeleteMessageBatch and ChangeMessageVisibilityBatch.
type BatchResult struct {
	Successful []string // ids
	Failed     []BatchFailure
}

// AddPermissionInput are the parameters of AddPermission.
type AddPermissionInput struct {
	Label      string
	AccountIDs []string
	Actions    []string
}

// StartMoveTaskInput are the parameters of StartMessageMoveTask.
type StartMoveTaskInput struct {
	SourceARN      string
	DestinationARN string
	DestinationSet bool
	MaxPerSecond   OptionalInt
}

// MoveTask is one entry of ListMessageMoveTasks.
type MoveTask struct {
	Handle         string // only while running
	Status         string // RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED
	SourceARN      string
	DestinationARN string // only when it was given
	MaxPerSecond   int    // 0 when it was not given
	Moved          int
	ToMove         int
	Failure        string
	Started        time.Time
}
