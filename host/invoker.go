package host

import (
	"context"
	"sync"
	"time"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/plugins"
)

var _ dispatch.Invoker = (*invoker)(nil)

// invoker lets dispatch run functions, of which it knows nothing, in the runtime, which
// knows nothing of queues.
type invoker struct {
	runtime *plugins.Runtime

	mu       sync.Mutex
	timeouts map[string]time.Duration // of the functions in service
}

func newInvoker(runtime *plugins.Runtime) *invoker {
	return &invoker{runtime: runtime, timeouts: make(map[string]time.Duration)}
}

// Timeout returns how long a function may run, and whether it is deployed.
func (i *invoker) Timeout(function string) (time.Duration, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	timeout, deployed := i.timeouts[function]
	return timeout, deployed
}

func (i *invoker) deployed(function string, timeout time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.timeouts[function] = timeout
}

func (i *invoker) removed(function string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.timeouts, function)
}

// Invoke runs a function once.
func (i *invoker) Invoke(ctx context.Context, function string, inv dispatch.Invocation) dispatch.Result {
	result, err := i.runtime.Invoke(ctx, function, plugins.Invocation{
		RequestID:   inv.RequestID,
		FunctionARN: inv.FunctionARN,
		Event:       inv.Event,
		Deadline:    inv.Deadline,
		MessageIDs:  inv.MessageIDs,
		Attempt:     inv.Attempt,
	})
	return dispatch.Result{
		Response: result.Response,
		// The runtime sorts failures by the same words.
		Failure:  dispatch.Failure(plugins.KindOf(err)),
		Err:      err,
		Duration: result.Duration,
	}
}
