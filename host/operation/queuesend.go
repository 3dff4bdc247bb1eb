package operation

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/abi"
)

const (
	// maxMessage is the most that SQS takes as one message, or as all messages of a batch.
	maxMessage = 1 << 20
	// maxSendHeader leaves room for message attributes of that size, in base64.
	maxSendHeader = 2 << 20
	// maxSends is one for each record of the largest batch.
	maxSends = 10_000

	// queueTimeout is ample for a disk that is busy.
	queueTimeout = 30 * time.Second
)

func mayUseQueues(g *grants) bool { return len(g.queues) > 0 }

// queueSend sends a message to a queue.
func (s *Service) queueSend() operation {
	return operation{
		name: abi.OpQueueSend, grant: "queues", granted: mayUseQueues,
		maxHeader: maxSendHeader, maxBody: maxMessage, maxCalls: maxSends, timeout: queueTimeout,
		run: s.sendMessage,
	}
}

func (s *Service) sendMessage(ctx context.Context, c *call) (response, error) {
	var in abi.SendRequest
	if err := c.decode(&in); err != nil {
		return response{}, err
	}
	key, err := s.queueOf(c, in.Queue)
	if err != nil {
		return response{}, err
	}
	message := c.sendInput(&in.SendOptions, c.body)
	sent, err := s.options.Queues.SendMessage(ctx, c.queueCaller(), key, &message)
	if err != nil {
		refused, err := refusedByQueue(err)
		return response{header: abi.SendResponse{Error: refused}}, err
	}
	return response{header: abi.SendResponse{SendResult: sendResult(&sent)}}, nil
}

// queueCaller is the function as the queues see it.
func (c *call) queueCaller() queue.Caller {
	return queue.Caller{Account: c.account, Principal: "function/" + c.function, Secure: true}
}

// queueOf returns the queue that a guest names, if it was granted.
func (s *Service) queueOf(c *call, name string) (queue.Key, error) {
	key := s.options.Queues.ResolveURL(c.queueCaller(), name)
	switch {
	case name == "":
		return queue.Key{}, refuse(abi.Invalid, "the header names no queue")
	case key.Account != c.account || !c.mayUseQueue(key.Name):
		return queue.Key{}, denied("queues", fmt.Sprintf("queue %.100q", name))
	}
	return key, nil
}

// sendInput makes the parameters of SendMessage. The message is one deeper than what the function works on.
func (c *call) sendInput(o *abi.SendOptions, body []byte) queue.SendMessageInput {
	in := queue.SendMessageInput{
		Body: body, BodySet: true,
		GroupID: o.MessageGroupID, GroupIDSet: o.MessageGroupID != "",
		DedupID: o.MessageDeduplicationID, DedupIDSet: o.MessageDeduplicationID != "",
		Depth: c.invocation.Depth + 1,
	}
	if o.TraceHeader != "" {
		in.SystemAttributes = []queue.AttributeInput{{
			Name: "AWSTraceHeader", DataType: "String", StringValue: []byte(o.TraceHeader), StringSet: true,
		}}
	}
	if o.DelaySeconds != nil {
		in.DelaySeconds = queue.OptionalInt{Value: *o.DelaySeconds, Set: true}
	}
	for name, a := range o.MessageAttributes {
		attribute := queue.AttributeInput{
			Name: name, DataType: a.DataType, BinaryValue: a.BinaryValue, BinarySet: a.BinaryValue != nil,
			ListSet: len(a.StringListValues)+len(a.BinaryListValues) > 0,
		}
		if a.StringValue != nil {
			attribute.StringValue, attribute.StringSet = []byte(*a.StringValue), true
		}
		in.Attributes = append(in.Attributes, attribute)
	}
	return in
}

func sendResult(sent *queue.SendMessageResult) abi.SendResult {
	r := abi.SendResult{MessageID: sent.ID.String(), MD5OfMessageBody: hex.EncodeToString(sent.BodyMD5[:])}
	if sent.HasAttributes {
		r.MD5OfMessageAttributes = hex.EncodeToString(sent.AttributesMD5[:])
	}
	if sent.HasSystemAttributes {
		r.MD5OfMessageSystemAttributes = hex.EncodeToString(sent.SystemAttributesMD5[:])
	}
	if sent.Sequence != 0 {
		r.SequenceNumber = fmt.Sprintf("%020d", sent.Sequence)
	}
	return r
}

// refusedByQueue returns what SQS answers as a part of the response, and any other error as an error.
func refusedByQueue(err error) (*abi.OperationError, error) {
	if refused, ok := errors.AsType[*queue.Error](err); ok {
		return &abi.OperationError{Code: string(refused.Code), Message: refused.Message}, nil
	}
	return nil, err
}
