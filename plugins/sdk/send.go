package queuelet

import (
	"context"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Message is what [SendMessage] sends.
type Message struct {
	abi.SendOptions

	Queue string // its name or URL
	Body  []byte
}

// SendMessage sends a message, when the function was granted the queue. The error is an [*abi.OperationError] when SQS
// refuses the message.
func SendMessage(ctx context.Context, m Message) (abi.SendResult, error) {
	var answer abi.SendResponse
	_, err := Call(ctx, abi.OpQueueSend, abi.SendRequest{Queue: m.Queue, SendOptions: m.SendOptions}, m.Body, &answer)
	return answer.SendResult, refusal(err, answer.Error)
}

// Entry is one message of a batch. Its ID, which is unique in the batch, tells the results apart.
type Entry struct {
	abi.SendOptions

	ID   string
	Body []byte
}

// SendMessageBatch sends up to ten messages to a queue. Each of them may fail by itself; the error concerns all of them.
func SendMessageBatch(ctx context.Context, queue string, entries []Entry) (sent []abi.SendSuccess, failed []abi.SendFailure, err error) {
	request := abi.SendBatchRequest{Queue: queue, Entries: make([]abi.SendEntry, len(entries))}
	var bodies []byte
	for i := range entries {
		e := &entries[i]
		request.Entries[i] = abi.SendEntry{ID: e.ID, Size: len(e.Body), SendOptions: e.SendOptions}
		bodies = append(bodies, e.Body...)
	}
	var answer abi.SendBatchResponse
	_, err = Call(ctx, abi.OpQueueSendBatch, request, bodies, &answer)
	return answer.Successful, answer.Failed, refusal(err, answer.Error)
}

// ExtendVisibility changes the visibility timeout of a record of the event, in whole seconds from now: if it fails, it comes
// again at that time. While the event is worked on nobody else gets it anyway.
func ExtendVisibility(ctx context.Context, record abi.Record, timeout time.Duration) error {
	seconds := int(timeout / time.Second)
	var answer abi.ExtendResponse
	_, err := Call(ctx, abi.OpQueueExtend,
		abi.ExtendRequest{ReceiptHandle: record.ReceiptHandle, VisibilityTimeout: &seconds}, nil, &answer)
	return refusal(err, answer.Error)
}

// refusal is the error of an operation, or else SQS's own.
func refusal(err error, refused *abi.OperationError) error {
	if err == nil && refused != nil {
		return refused
	}
	return err
}
