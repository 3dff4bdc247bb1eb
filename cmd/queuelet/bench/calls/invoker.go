package calls

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/plugins"
)

// invoker lets dispatch run the function. It keeps the first event and the first failure.
type invoker struct {
	runtime *plugins.Runtime

	first sync.Once
	event []byte

	mu  sync.Mutex
	err error
}

// Timeout is that of the function.
func (i *invoker) Timeout(name string) (time.Duration, bool) { return i.runtime.Timeout(name) }

// Invoke runs the function once.
func (i *invoker) Invoke(ctx context.Context, name string, inv dispatch.Invocation) dispatch.Result {
	i.first.Do(func() { i.event = bytes.Clone(inv.Event) })
	result, err := i.runtime.Invoke(ctx, name, plugins.Invocation{
		RequestID: inv.RequestID, FunctionARN: inv.FunctionARN, Event: inv.Event, Deadline: inv.Deadline,
		MessageIDs: inv.MessageIDs, Attempt: inv.Attempt, Flow: inv.Flow,
	})
	if err != nil {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.err == nil {
			i.err = err
		}
	}
	return dispatch.Result{
		Response: result.Response, Failure: dispatch.Failure(plugins.KindOf(err)), Err: err, Duration: result.Duration,
	}
}

// failure is why an invocation has failed, or nil.
func (i *invoker) failure() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.err
}

// firstEvent is the event of the first invocation, which is over.
func (i *invoker) firstEvent() []byte { return i.event }
