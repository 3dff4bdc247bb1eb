package sqsapi

import "github.com/queuelet/queuelet/host/queue"

// maxElements bounds how many elements of lists and maps a request may hold in all.
// The largest legal request, ten messages of ten attributes each, has fewer than 200;
// a request beyond the bound costs no memory and is refused.
const maxElements = 4096

// text is a string parameter. Its value is part of the request's buffer and valid
// until the request is answered.
type text struct {
	value []byte
	set   bool
}

func (t text) String() string { return string(t.value) }

// input holds the parameters of one request, of whichever operation it is. The zero
// value is a request without parameters.
type input struct {
	queueURL       text
	queueName      text
	ownerAccount   text
	prefix         text
	nextToken      text
	label          text
	receiptHandle  text
	attemptID      text
	sourceARN      text
	destinationARN text
	taskHandle     text
	showInvisible  text // of the peek endpoint, like the next
	showDelayed    text

	maxResults        queue.OptionalInt
	maxMessages       queue.OptionalInt
	visibilityTimeout queue.OptionalInt
	waitTime          queue.OptionalInt
	maxPerSecond      queue.OptionalInt

	attributes map[string]string
	tags       map[string]string

	attributeNames        []string
	systemAttributeNames  []string
	messageAttributeNames []string
	tagKeys               []string
	accountIDs            []string
	actions               []string

	message  message
	messages []message // SendMessageBatch
	receipts []receipt // DeleteMessageBatch, ChangeMessageVisibilityBatch
}

// message holds the parameters of SendMessage, or of an entry of SendMessageBatch.
type message struct {
	id               text
	body             text
	delay            queue.OptionalInt
	attributes       []queue.AttributeInput
	systemAttributes []queue.AttributeInput
	groupID          text
	dedupID          text
}

// receipt is an entry of DeleteMessageBatch or ChangeMessageVisibilityBatch.
type receipt struct {
	id                text
	receiptHandle     text
	visibilityTimeout queue.OptionalInt
}

// A target is where the value of a parameter goes, and by its type what the value must
// be. It is one of
//
//	nil                       the operation has no such parameter: skip it
//	*text                     a string
//	*queue.OptionalInt        an integer
//	*[]string                 a list of strings
//	*map[string]string        a map of strings
//	*[]queue.AttributeInput   a map of message attributes
//	*[]message, *[]receipt    a list of batch entries
//
// Parameters are looked up by the name of their member in the service model, which is
// their name in AWS JSON. The query protocol has another name for lists and maps, that
// of one element; it stands beside.
type target any

func (m *message) target(name []byte) target {
	switch string(name) {
	case "Id":
		return &m.id
	case "MessageBody":
		return &m.body
	case "DelaySeconds":
		return &m.delay
	case "MessageAttributes", "MessageAttribute":
		return &m.attributes
	case "MessageSystemAttributes", "MessageSystemAttribute":
		return &m.systemAttributes
	case "MessageGroupId":
		return &m.groupID
	case "MessageDeduplicationId":
		return &m.dedupID
	default:
		return nil
	}
}

func (r *receipt) target(name []byte) target {
	switch string(name) {
	case "Id":
		return &r.id
	case "ReceiptHandle":
		return &r.receiptHandle
	case "VisibilityTimeout":
		return &r.visibilityTimeout
	default:
		return nil
	}
}

func sendMessageTarget(in *input, name []byte) target {
	if string(name) == "Id" {
		return nil
	}
	return in.message.target(name)
}

func sendMessageBatchTarget(in *input, name []byte) target {
	switch string(name) {
	case "Entries", "SendMessageBatchRequestEntry":
		return &in.messages
	default:
		return nil
	}
}

func deleteMessageBatchTarget(in *input, name []byte) target {
	switch string(name) {
	case "Entries", "DeleteMessageBatchRequestEntry":
		return &in.receipts
	default:
		return nil
	}
}

func changeMessageVisibilityBatchTarget(in *input, name []byte) target {
	switch string(name) {
	case "Entries", "ChangeMessageVisibilityBatchRequestEntry":
		return &in.receipts
	default:
		return nil
	}
}

func receiveMessageTarget(in *input, name []byte) target {
	switch string(name) {
	case "AttributeNames", "AttributeName":
		return &in.attributeNames
	case "MessageSystemAttributeNames", "MessageSystemAttributeName":
		return &in.systemAttributeNames
	case "MessageAttributeNames", "MessageAttributeName":
		return &in.messageAttributeNames
	case "MaxNumberOfMessages":
		return &in.maxMessages
	case "VisibilityTimeout":
		return &in.visibilityTimeout
	case "WaitTimeSeconds":
		return &in.waitTime
	case "ReceiveRequestAttemptId":
		return &in.attemptID
	default:
		return nil
	}
}

func receiptTarget(in *input, name []byte) target {
	switch string(name) {
	case "ReceiptHandle":
		return &in.receiptHandle
	case "VisibilityTimeout":
		return &in.visibilityTimeout
	default:
		return nil
	}
}

func createQueueTarget(in *input, name []byte) target {
	switch string(name) {
	case "QueueName":
		return &in.queueName
	case "Attributes", "Attribute":
		return &in.attributes
	case "tags", "Tag": // the member is in lower case here and only here
		return &in.tags
	default:
		return nil
	}
}

func getQueueURLTarget(in *input, name []byte) target {
	switch string(name) {
	case "QueueName":
		return &in.queueName
	case "QueueOwnerAWSAccountId":
		return &in.ownerAccount
	default:
		return nil
	}
}

func listQueuesTarget(in *input, name []byte) target {
	switch string(name) {
	case "QueueNamePrefix":
		return &in.prefix
	case "NextToken":
		return &in.nextToken
	case "MaxResults":
		return &in.maxResults
	default:
		return nil
	}
}

func attributesTarget(in *input, name []byte) target {
	switch string(name) {
	case "AttributeNames", "AttributeName":
		return &in.attributeNames
	case "Attributes", "Attribute":
		return &in.attributes
	default:
		return nil
	}
}

func tagsTarget(in *input, name []byte) target {
	switch string(name) {
	case "Tags", "Tag":
		return &in.tags
	case "TagKeys", "TagKey":
		return &in.tagKeys
	default:
		return nil
	}
}

func permissionTarget(in *input, name []byte) target {
	switch string(name) {
	case "Label":
		return &in.label
	case "AWSAccountIds", "AWSAccountId":
		return &in.accountIDs
	case "Actions", "ActionName":
		return &in.actions
	default:
		return nil
	}
}

func moveTaskTarget(in *input, name []byte) target {
	switch string(name) {
	case "SourceArn":
		return &in.sourceARN
	case "DestinationArn":
		return &in.destinationARN
	case "MaxNumberOfMessagesPerSecond":
		return &in.maxPerSecond
	case "TaskHandle":
		return &in.taskHandle
	case "MaxResults":
		return &in.maxResults
	default:
		return nil
	}
}

func noTarget(*input, []byte) target { return nil }
