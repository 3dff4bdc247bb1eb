package sqsapi

import "github.com/queuelet/queuelet/host/queue"

// A resultWriter writes the answer to a request in one of the wire forms. The call of
// an operation writes the members of its result between begin and end, each method by
// the member's name; values that are empty are left out, because SQS leaves out the key
// of an absent value and has no empty ones.
type resultWriter interface { //nolint:interfacebloat // one method a shape of answer
	// contentType is the value of the answer's header of that name.
	contentType() []string
	// begin starts the answer to op in buf.
	begin(buf []byte, op *operation)
	// end completes the answer and returns it.
	end(requestID string) []byte
	// fail drops what was written and returns the answer to a request that failed.
	fail(buf []byte, f fault, requestID string) []byte

	text(name, value string)
	bytes(name string, value []byte)
	number(name string, value int64)
	flag(name string, value bool)

	// list starts a list of n elements and returns whether it has any. If it has, the
	// elements and endList follow.
	list(l *list, n int) bool
	endList(l *list)
	// item is an element that is a string.
	item(l *list, value string)
	// open and close enclose the members of an element that is a structure.
	open(l *list)
	close(l *list)
	// pair is an entry of a map of strings.
	pair(l *list, name string, value []byte)
	// attribute is an entry of a map of message attributes.
	attribute(l *list, value *queue.MessageAttribute)
}

// list names a list or map of a result in each of the wire forms.
type list struct {
	member  string // in AWS JSON
	element string // each element in XML
	tree    string // in the JSON form of the query protocol
	keyed   bool   // a map
	key     string // of a map's entries in XML
	// always writes the list even when it is empty; the model calls it required and
	// SDKs rely on it.
	always bool
}

var (
	queueURLList       = &list{member: "QueueUrls", element: "QueueUrl", tree: "queueUrls"}
	sourceQueueURLList = &list{member: "queueUrls", element: "QueueUrl", tree: "queueUrls", always: true}
	attributeMap       = &list{member: "Attributes", element: "Attribute", tree: "Attributes", keyed: true, key: "Name"}
	tagMap             = &list{member: "Tags", element: "Tag", tree: "Tags", keyed: true, key: "Key"}
	messageList        = &list{member: "Messages", element: "Message", tree: "messages"}
	messageAttributes  = &list{member: "MessageAttributes", element: "MessageAttribute", tree: "MessageAttributes", keyed: true, key: "Name"}
	sentList           = &list{member: "Successful", element: "SendMessageBatchResultEntry", tree: "Successful"}
	deletedList        = &list{member: "Successful", element: "DeleteMessageBatchResultEntry", tree: "Successful"}
	changedList        = &list{member: "Successful", element: "ChangeMessageVisibilityBatchResultEntry", tree: "Successful"}
	failedList         = &list{member: "Failed", element: "BatchResultErrorEntry", tree: "Failed"}
	moveTaskList       = &list{member: "Results", element: "ListMessageMoveTasksResultEntry", tree: "Results"}
)
