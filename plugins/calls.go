package plugins

import (
	"context"
	"sync"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// maxCalls is how many host operations of one instance run at a time.
const maxCalls = 16

// calls are the host operations that a guest has started and that run beside it. They end with the batch. Their requests and
// responses are outside of the guest's memory, and count for that of all guests.
type calls struct {
	budget  *budget
	last    int32
	pending map[int32]*pendingCall
	running sync.WaitGroup
	ending  chan struct{}      // holds one message when operations have ended
	cancel  context.CancelFunc // of those that run; nil if there have been none in this batch
	ctx     context.Context    //nolint:containedctx // theirs
	result  []byte             // of the last call or call_wait
}

type pendingCall struct {
	done     chan struct{}
	response []byte
	err      error
	held     int64 // bytes of the budget, once it is done
}

// start runs an operation, whose request has so many bytes, beside the guest, until the batch ends or ctx does, and returns its
// handle.
func (c *calls) start(ctx context.Context, size int, run func(context.Context) ([]byte, error)) int32 {
	if len(c.pending) >= maxCalls || !c.budget.take(int64(size)) {
		return int32(abi.Limit)
	}
	if c.cancel == nil {
		c.ctx, c.cancel = context.WithCancel(ctx)
		c.pending = map[int32]*pendingCall{}
		c.ending = make(chan struct{}, 1)
	}
	ending := c.ending
	ctx = c.ctx //nolint:contextcheck // the calls of one batch share it
	c.last++
	call := &pendingCall{done: make(chan struct{})}
	c.pending[c.last] = call
	c.running.Go(func() {
		call.response, call.err = run(ctx)
		c.budget.give(int64(size))
		if call.held = int64(len(call.response)); !c.budget.take(call.held) {
			call.response, call.err, call.held = nil, abi.Limit, 0
		}
		close(call.done)
		select {
		case ending <- struct{}{}:
		default:
		}
	})
	return c.last
}

// wait waits for an operation, but not longer than timeout, and returns the length of its response. The handle is used
// up when the operation has ended.
func (c *calls) wait(ctx context.Context, handle int32, timeout time.Duration) int32 {
	call, ok := c.pending[handle]
	if !ok {
		return int32(abi.NotFound)
	}
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-call.done:
	case <-t.C:
		return int32(abi.TimedOut)
	case <-ctx.Done():
		panic(errStopped)
	}
	c.forget(handle)
	return c.ended(call.response, call.err)
}

// forget uses up the handle of an operation that has ended.
func (c *calls) forget(handle int32) {
	c.budget.give(c.pending[handle].held)
	delete(c.pending, handle)
}

// ended keeps the response of an operation for call_result.
func (c *calls) ended(response []byte, err error) int32 {
	c.result = response
	if err != nil {
		return int32(errnoOf(err))
	}
	return int32(len(response))
}

// end stops what is still running, waits for it, and forgets it.
func (c *calls) end() {
	if c.cancel != nil {
		c.cancel()
		c.running.Wait()
	}
	for handle := range c.pending {
		c.forget(handle)
	}
	c.pending, c.cancel, c.ctx, c.result, c.ending = nil, nil, nil, nil, nil
}
