package operation

import (
	"context"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/abi"
)

// queueExtend changes the visibility timeout of a record of the event at hand.
func (s *Service) queueExtend() operation {
	return operation{
		name: abi.OpQueueExtend, grant: "extend", granted: func(g *grants) bool { return g.extend },
		maxHeader: 4 << 10, maxCalls: 10_000, timeout: queueTimeout,
		run: s.changeVisibility,
	}
}

func (s *Service) changeVisibility(ctx context.Context, c *call) (response, error) {
	var in abi.ExtendRequest
	if err := c.decode(&in); err != nil {
		return response{}, err
	}
	if in.VisibilityTimeout == nil {
		return response{}, refuse(abi.Invalid, "the header gives no visibilityTimeout")
	}
	inv := c.invocation
	if inv.Extend == nil {
		return response{}, refuse(abi.NotFound, "the event is not of a queue")
	}
	// The records' owner is who received them, whatever the function's own account.
	caller := queue.Caller{Account: inv.Queue.Account, Principal: "function/" + c.function, Secure: true}
	seconds := *in.VisibilityTimeout
	timeout := time.Duration(max(0, min(seconds, 12*60*60))) * time.Second // the queue refuses what is beyond
	found, err := inv.Extend(in.ReceiptHandle, timeout, func() error {
		return s.options.Queues.ChangeMessageVisibility(ctx, caller, inv.Queue, queue.ChangeVisibilityInput{
			ReceiptHandle: in.ReceiptHandle, VisibilityTimeout: queue.OptionalInt{Value: seconds, Set: true},
		})
	})
	if !found {
		return response{}, refuse(abi.NotFound, "the receipt handle is not that of a record of this event")
	}
	if err != nil {
		refused, err := refusedByQueue(err)
		return response{header: abi.ExtendResponse{Error: refused}}, err
	}
	return response{}, nil
}
