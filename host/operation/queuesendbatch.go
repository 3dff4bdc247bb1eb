package operation

import (
	"context"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/abi"
)

// queueSendBatch sends up to ten messages to a queue.
func (s *Service) queueSendBatch() operation {
	return operation{
		name: abi.OpQueueSendBatch, grant: "queues", granted: mayUseQueues,
		maxHeader: maxSendHeader, maxBody: maxMessage, maxCalls: maxSends / 10, timeout: queueTimeout,
		run: s.sendMessageBatch,
	}
}

func (s *Service) sendMessageBatch(ctx context.Context, c *call) (response, error) {
	var in abi.SendBatchRequest
	if err := c.decode(&in); err != nil {
		return response{}, err
	}
	key, err := s.queueOf(c, in.Queue)
	if err != nil {
		return response{}, err
	}
	messages := make([]queue.SendMessageInput, len(in.Entries))
	rest := c.body
	for i := range in.Entries {
		size := in.Entries[i].Size
		if size < 0 || size > len(rest) {
			return response{}, refuse(abi.Invalid, "entry %d has a size of %d, and %d bytes are left of the body", i+1, size, len(rest))
		}
		messages[i] = c.sendInput(&in.Entries[i].SendOptions, rest[:size:size])
		messages[i].ID = in.Entries[i].ID
		rest = rest[size:]
	}
	if len(rest) > 0 {
		return response{}, refuse(abi.Invalid, "%d bytes of the body belong to no entry", len(rest))
	}
	sent, err := s.options.Queues.SendMessageBatch(ctx, c.queueCaller(), key, messages)
	if err != nil {
		refused, err := refusedByQueue(err)
		return response{header: abi.SendBatchResponse{Error: refused}}, err
	}
	return response{header: sendBatchResponse(&sent)}, nil
}

func sendBatchResponse(sent *queue.SendMessageBatchResult) abi.SendBatchResponse {
	var out abi.SendBatchResponse
	for i := range sent.Successful {
		out.Successful = append(out.Successful, abi.SendSuccess{
			ID: sent.Successful[i].ID, SendResult: sendResult(&sent.Successful[i].SendMessageResult),
		})
	}
	for _, f := range sent.Failed {
		out.Failed = append(out.Failed, abi.SendFailure{
			ID: f.ID, SenderFault: f.SenderFault, OperationError: abi.OperationError{Code: string(f.Code), Message: f.Message},
		})
	}
	return out
}
