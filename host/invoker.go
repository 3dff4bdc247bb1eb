package host

import (
	"context"
	"sync"
	"time"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/function"
	"github.com/queuelet/queuelet/host/invocation"
	"github.com/queuelet/queuelet/host/operation"
	"github.com/queuelet/queuelet/plugins"
)

var _ dispatch.Invoker = (*invoker)(nil)

// invoker lets dispatch run functions, of which it knows nothing, in the runtime, which
// knows nothing of queues. It remembers what came of it.
type invoker struct {
	runtime    *plugins.Runtime
	operations *operation.Service
	store      *function.Service // of deployed functions; nil until it is open
	history    *invocation.History
	metrics    *metrics

	mu       sync.Mutex
	timeouts map[string]time.Duration // of the configured functions in service
}

func newInvoker(runtime *plugins.Runtime, operations *operation.Service, m *metrics) *invoker {
	return &invoker{
		runtime: runtime, operations: operations, history: invocation.NewHistory(), metrics: m, timeouts: make(map[string]time.Duration),
	}
}

// target finds what a name means now: a configured function goes by its plain name, a
// deployed one by its account and name, perhaps with a version or an alias.
func (i *invoker) target(name string) (function.Target, error) {
	r, deployed := function.ParseID(name)
	if !deployed {
		return function.Target{ID: name, Function: name, Version: function.Latest, Configured: true, Ready: true}, nil
	}
	return i.store.Resolve(r)
}

// Timeout returns how long a function may run, and whether it is deployed.
func (i *invoker) Timeout(name string) (time.Duration, bool) {
	target, err := i.target(name)
	switch {
	case err != nil || !target.Ready || target.Throttled:
		return 0, false
	case !target.Configured:
		return target.Timeout, true
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	timeout, deployed := i.timeouts[target.ID]
	return timeout, deployed
}

func (i *invoker) deployed(function string, timeout time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.timeouts[function] = timeout
}

func (i *invoker) removed(function string) {
	i.mu.Lock()
	delete(i.timeouts, function)
	i.mu.Unlock()
	i.history.Forget(function)
	i.metrics.forgetFunction(function)
}

// Invoke runs a function once.
func (i *invoker) Invoke(ctx context.Context, name string, inv dispatch.Invocation) dispatch.Result {
	target, err := i.target(name)
	if err != nil {
		return dispatch.Result{Failure: dispatch.Failure(plugins.KindNotFound), Err: err}
	}
	call := plugins.Invocation{
		RequestID:   inv.RequestID,
		FunctionARN: inv.FunctionARN,
		Event:       inv.Event,
		Deadline:    inv.Deadline,
		MessageIDs:  inv.MessageIDs,
		Attempt:     inv.Attempt,
		Flow:        inv.Flow,
	}
	if target.ARN != "" {
		call.FunctionARN = target.ARN
	}
	about := operation.Invocation{Queue: inv.Queue, Depth: inv.Depth, Extend: inv.Extend}
	result, _, err := i.run(ctx, about, &target, call, inv.Failed)
	return dispatch.Result{
		Response: result.Response,
		// The runtime sorts failures by the same words.
		Failure:  dispatch.Failure(plugins.KindOf(err)),
		Err:      err,
		Duration: result.Duration,
	}
}

// call runs a version on an event that is of no queue. It may have to wait for as long as it may take.
func (i *invoker) call(
	ctx context.Context, target *function.Target, requestID string, event []byte, attempt int,
) (plugins.Result, *invocation.Invocation, error) {
	return i.run(ctx, operation.Invocation{}, target, plugins.Invocation{
		RequestID: requestID, FunctionARN: target.ARN, Event: event, Attempt: attempt,
		Deadline: time.Now().Add(2 * target.Timeout),
	}, nil)
}

// run runs a version once, and remembers it with the end of what it logs. failed says which records a response leaves
// undone; it is nil when the event has none.
func (i *invoker) run(
	ctx context.Context, about operation.Invocation, target *function.Target, call plugins.Invocation,
	failed func(response []byte) []string,
) (plugins.Result, *invocation.Invocation, error) {
	about.Held = i.operations.Hold(target.ID)
	call.Within = about.Within()
	var log invocation.Tail
	call.Output = log.Line
	began := time.Now()
	result, err := i.runtime.Invoke(ctx, target.ID, call)
	done := &invocation.Invocation{
		RequestID: call.RequestID, Function: target.Function, Version: target.Version, Began: began, Attempt: call.Attempt,
		Duration: result.Duration, InitDuration: result.InitDuration, MemoryPeak: result.MemoryPeak,
		Failure: string(plugins.KindOf(err)), Log: log.String(),
	}
	if err != nil {
		done.Error = err.Error()
	}
	var undone []string
	if err == nil && failed != nil {
		undone = failed(result.Response)
	}
	done.SetRecords(call.MessageIDs, undone)
	i.history.Add(done)
	i.metrics.observeInvocation(target.Function, result.Duration)
	return result, done, err
}
