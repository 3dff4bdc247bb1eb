package abi

// The operations that a guest can name in call and call_start. Each is denied unless the function's configuration grants
// it. Request and response are frames (see [AppendFrame]) with these headers and bodies; a header may be empty when all of
// its fields may be left out, and a field that the operation does not know is refused.
const (
	OpQueueSend      = "queue.send"       // SendRequest and the message's body; SendResponse
	OpQueueSendBatch = "queue.send_batch" // SendBatchRequest and the bodies one after the other; SendBatchResponse
	OpQueueExtend    = "queue.extend"     // ExtendRequest; ExtendResponse
	OpNATSPublish    = "nats.publish"     // PublishRequest and the payload; nothing
	OpNATSRequest    = "nats.request"     // PublishRequest and the payload; ReplyResponse and the payload of the reply
	OpKVGet          = "kv.get"           // KeyRequest; RevisionResponse and the value
	OpKVPut          = "kv.put"           // KeyRequest and the value; RevisionResponse
	OpKVCreate       = "kv.create"        // KeyRequest and the value; RevisionResponse, or Conflict if the key is there
	OpKVUpdate       = "kv.update"        // KeyRequest with the revision and the value; RevisionResponse, or Conflict
	OpKVDelete       = "kv.delete"        // KeyRequest; nothing, or Conflict if a revision is given that is not the last
	OpKVKeys         = "kv.keys"          // KeysRequest; KeysResponse
	OpHTTPFetch      = "http.fetch"       // FetchRequest and the body; FetchResponse and the body
	OpConfigGet      = "config.get"       // NameRequest; the value as the body
	OpSecretGet      = "secret.get"       // NameRequest; the value as the body
	OpMetricsAdd     = "metrics.add"      // MetricRequest; nothing
)

var operations = [...]string{
	OpQueueSend, OpQueueSendBatch, OpQueueExtend, OpNATSPublish, OpNATSRequest,
	OpKVGet, OpKVPut, OpKVCreate, OpKVUpdate, OpKVDelete, OpKVKeys,
	OpHTTPFetch, OpConfigGet, OpSecretGet, OpMetricsAdd,
}

// IsOperation says whether the contract knows an operation of this name.
func IsOperation(name string) bool {
	for _, op := range &operations {
		if op == name {
			return true
		}
	}
	return false
}

// OperationError is an error of SQS, in its own words. It stands in a response where the operation was carried out and the
// queue refused it.
type OperationError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error makes the answer usable as an error.
func (e *OperationError) Error() string { return e.Code + ": " + e.Message }

// SendOptions are the parameters of SendMessage besides queue and body.
type SendOptions struct {
	DelaySeconds           *int   `json:"delaySeconds,omitempty"`
	MessageGroupID         string `json:"messageGroupId,omitempty"`
	MessageDeduplicationID string `json:"messageDeduplicationId,omitempty"`
	// MessageAttributes are written as in a Record, so that those of one can be sent on.
	MessageAttributes map[string]MessageAttribute `json:"messageAttributes,omitempty"`
	TraceHeader       string                      `json:"awsTraceHeader,omitempty"`
}

// SendRequest sends one message.
type SendRequest struct {
	SendOptions

	Queue string `json:"queue"` // its name or URL
}

// SendResponse is SendMessage's answer.
type SendResponse struct {
	SendResult

	Error *OperationError `json:"error,omitempty"`
}

// SendResult is what SQS says about a message that it has stored.
type SendResult struct {
	MessageID                    string `json:"messageId,omitempty"`
	MD5OfMessageBody             string `json:"md5OfMessageBody,omitempty"`
	MD5OfMessageAttributes       string `json:"md5OfMessageAttributes,omitempty"`
	MD5OfMessageSystemAttributes string `json:"md5OfMessageSystemAttributes,omitempty"`
	SequenceNumber               string `json:"sequenceNumber,omitempty"` // of FIFO queues
}

// SendBatchRequest sends up to ten messages.
type SendBatchRequest struct {
	Queue   string      `json:"queue"` // its name or URL
	Entries []SendEntry `json:"entries"`
}

// SendEntry is one message of a batch.
type SendEntry struct {
	SendOptions

	ID   string `json:"id"`
	Size int    `json:"size"` // bytes of its body
}

// SendBatchResponse is SendMessageBatch's answer. Error concerns the batch as a whole.
type SendBatchResponse struct {
	Successful []SendSuccess   `json:"successful,omitempty"`
	Failed     []SendFailure   `json:"failed,omitempty"`
	Error      *OperationError `json:"error,omitempty"`
}

// SendSuccess is a message of a batch that was stored.
type SendSuccess struct {
	SendResult

	ID string `json:"id"`
}

// SendFailure is a message of a batch that was not stored.
type SendFailure struct {
	OperationError

	ID          string `json:"id"`
	SenderFault bool   `json:"senderFault"` // trying again is in vain
}

// ExtendRequest changes the visibility timeout of a record of the event at hand: when it fails, its message becomes visible
// again at that time. The host keeps messages invisible by itself for as long as the event is worked on.
type ExtendRequest struct {
	ReceiptHandle     string `json:"receiptHandle"`
	VisibilityTimeout *int   `json:"visibilityTimeout"` // seconds from now
}

// ExtendResponse is ChangeMessageVisibility's answer.
type ExtendResponse struct {
	Error *OperationError `json:"error,omitempty"`
}

// PublishRequest publishes a message on NATS.
type PublishRequest struct {
	Subject   string              `json:"subject"`
	Headers   map[string][]string `json:"headers,omitempty"`
	TimeoutMs int                 `json:"timeoutMs,omitempty"` // nats.request only: how long to wait for the reply
}

// ReplyResponse is the reply to a request on NATS.
type ReplyResponse struct {
	Headers map[string][]string `json:"headers,omitempty"`
}

// KeyRequest is about one key. Keys consist of letters, digits and any of -_=./ and do not begin or end with a dot.
type KeyRequest struct {
	Key      string `json:"key"`
	Revision uint64 `json:"revision,omitempty"` // kv.update: required; kv.delete: 0 for any
}

// RevisionResponse tells the revision of a value.
type RevisionResponse struct {
	Revision uint64 `json:"revision"`
}

// KeysRequest asks for keys. A prefix consists of whole parts of a key, as they are divided by dots.
type KeysRequest struct {
	Prefix string `json:"prefix,omitempty"`
}

// KeysResponse are keys in order.
type KeysResponse struct {
	Keys []string `json:"keys"`
}

// FetchRequest is an HTTP request. Connection, Content-Length, Host, Proxy-Authorization and other headers that concern
// one connection are set by the host.
type FetchRequest struct {
	Method    string              `json:"method,omitempty"` // GET
	URL       string              `json:"url"`
	Headers   map[string][]string `json:"headers,omitempty"`
	TimeoutMs int                 `json:"timeoutMs,omitempty"` // until the whole response is there
	// ManualRedirect answers a redirect as it is, instead of following it.
	ManualRedirect bool `json:"manualRedirect,omitempty"`
}

// FetchResponse is the answer to an HTTP request, whatever its status.
type FetchResponse struct {
	Status  int                 `json:"status"`
	URL     string              `json:"url"` // that answered: another one after a redirect
	Headers map[string][]string `json:"headers"`
}

// NameRequest asks for the value of a name in the function's configuration or among its secrets.
type NameRequest struct {
	Name string `json:"name"`
}

// MetricRequest adds to a counter.
type MetricRequest struct {
	Name  string  `json:"name"` // letters, digits and _, not beginning with a digit
	Value float64 `json:"value"`
}
