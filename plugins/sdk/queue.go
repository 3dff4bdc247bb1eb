package queuelet

import (
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Send sends a message to a queue, given by its name or URL. What the queue refuses is an [*abi.OperationError].
func Send(queue, body string, options abi.SendOptions) (abi.SendResult, error) {
	var response abi.SendResponse
	request := abi.SendRequest{SendOptions: options, Queue: queue}
	if _, err := Call(abi.OpQueueSend, request, []byte(body), &response); err != nil {
		return abi.SendResult{}, err
	}
	if response.Error != nil {
		return abi.SendResult{}, response.Error
	}
	return response.SendResult, nil
}

// Message is one message of [SendBatch].
type Message struct {
	abi.SendOptions

	ID   string // tells the messages of a batch apart
	Body string
}

// SendBatch sends up to ten messages to a queue. The response tells which of them were stored; the error concerns all.
func SendBatch(queue string, messages []Message) (abi.SendBatchResponse, error) {
	request := abi.SendBatchRequest{Queue: queue}
	var bodies []byte
	for _, m := range messages {
		request.Entries = append(request.Entries, abi.SendEntry{SendOptions: m.SendOptions, ID: m.ID, Size: len(m.Body)})
		bodies = append(bodies, m.Body...)
	}
	var response abi.SendBatchResponse
	if _, err := Call(abi.OpQueueSendBatch, request, bodies, &response); err != nil {
		return response, err
	}
	if response.Error != nil {
		return response, response.Error
	}
	return response, nil
}

// Extend changes when a record becomes visible again if it fails, to so many whole seconds from now.
func Extend(record abi.Record, visibility time.Duration) error {
	seconds := int(visibility / time.Second)
	request := abi.ExtendRequest{ReceiptHandle: record.ReceiptHandle, VisibilityTimeout: &seconds}
	var response abi.ExtendResponse
	if _, err := Call(abi.OpQueueExtend, request, nil, &response); err != nil {
		return err
	}
	if response.Error != nil {
		return response.Error
	}
	return nil
}
