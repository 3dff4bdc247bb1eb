package sqsapi

import "context"

// operation is one operation of SQS as the wire knows it.
type operation struct {
	name string
	// label names the operation in metrics and logs where that differs from its name.
	label string
	// onQueue says that the operation addresses a queue, by the parameter QueueUrl or
	// by the path of the request.
	onQueue bool
	// offQueue says that AWS does not know the action on the URL of a queue.
	offQueue bool
	// result says that the operation answers something: in XML, that the response has
	// a result element.
	result bool
	// target says where a parameter other than QueueUrl goes.
	target func(in *input, name []byte) target
	call   func(ctx context.Context, x *exchange) error
}

// parameter says where the parameter of that name goes.
func (op *operation) parameter(in *input, name []byte) target {
	if op.onQueue && string(name) == "QueueUrl" {
		return &in.queueURL
	}
	return op.target(in, name)
}

// operations is the table of all operations, by name.
func (a *API) operations() map[string]*operation {
	byName := map[string]*operation{}
	for _, op := range []*operation{
		{name: "SendMessage", onQueue: true, result: true, target: sendMessageTarget, call: a.sendMessage},
		{name: "SendMessageBatch", onQueue: true, result: true, target: sendMessageBatchTarget, call: a.sendMessageBatch},
		{name: "ReceiveMessage", onQueue: true, result: true, target: receiveMessageTarget, call: a.receiveMessage},
		{name: "DeleteMessage", onQueue: true, target: receiptTarget, call: a.deleteMessage},
		{name: "DeleteMessageBatch", onQueue: true, result: true, target: deleteMessageBatchTarget, call: a.deleteMessageBatch},
		{name: "ChangeMessageVisibility", onQueue: true, target: receiptTarget, call: a.changeMessageVisibility},
		{name: "ChangeMessageVisibilityBatch", onQueue: true, result: true, target: changeMessageVisibilityBatchTarget, call: a.changeMessageVisibilityBatch},

		{name: "CreateQueue", offQueue: true, result: true, target: createQueueTarget, call: a.createQueue},
		{name: "GetQueueUrl", result: true, target: getQueueURLTarget, call: a.getQueueURL},
		{name: "ListQueues", offQueue: true, result: true, target: listQueuesTarget, call: a.listQueues},
		{name: "ListDeadLetterSourceQueues", onQueue: true, result: true, target: listQueuesTarget, call: a.listDeadLetterSourceQueues},
		{name: "DeleteQueue", onQueue: true, target: noTarget, call: a.deleteQueue},
		{name: "PurgeQueue", onQueue: true, target: noTarget, call: a.purgeQueue},
		{name: "GetQueueAttributes", onQueue: true, result: true, target: attributesTarget, call: a.getQueueAttributes},
		{name: "SetQueueAttributes", onQueue: true, target: attributesTarget, call: a.setQueueAttributes},
		{name: "TagQueue", onQueue: true, target: tagsTarget, call: a.tagQueue},
		{name: "UntagQueue", onQueue: true, target: tagsTarget, call: a.untagQueue},
		{name: "ListQueueTags", onQueue: true, result: true, target: noTarget, call: a.listQueueTags},
		{name: "AddPermission", onQueue: true, target: permissionTarget, call: a.addPermission},
		{name: "RemovePermission", onQueue: true, target: permissionTarget, call: a.removePermission},

		{name: "StartMessageMoveTask", result: true, target: moveTaskTarget, call: a.startMessageMoveTask},
		{name: "CancelMessageMoveTask", result: true, target: moveTaskTarget, call: a.cancelMessageMoveTask},
		{name: "ListMessageMoveTasks", result: true, target: moveTaskTarget, call: a.listMessageMoveTasks},
	} {
		byName[op.name] = op
	}
	return byName
}

// peekOperation is the operation of the peek endpoint. It answers as ReceiveMessage.
func (a *API) peekOperation() *operation {
	return &operation{
		name: "ReceiveMessage", label: "PeekMessages", onQueue: true, result: true, target: peekTarget, call: a.peek,
	}
}

// observed is the operation's name in metrics and logs.
func (op *operation) observed() string {
	switch {
	case op == nil:
		return ""
	case op.label != "":
		return op.label
	default:
		return op.name
	}
}
