package host

import (
	"context"
	"fmt"
	"time"

	"github.com/queuelet/queuelet/host/function"
	"github.com/queuelet/queuelet/host/invocation"
	"github.com/queuelet/queuelet/host/lambdaapi"
	"github.com/queuelet/queuelet/plugins"
)

var _ lambdaapi.Invoker = calls{}

// calls runs functions for the Lambda API.
type calls struct{ h *Host }

// Call runs a function once. It waits for room as long as the function may run.
func (c calls) Call(ctx context.Context, call lambdaapi.Call) lambdaapi.Result {
	result, done, err := c.h.invoker.call(ctx, &call.Target, call.RequestID, call.Payload, call.Attempt)
	answer := lambdaapi.Result{Response: result.Response, Log: lambdaLog(done, call.Target.Config.MemoryMiB)}
	if err != nil {
		answer.Throttled = plugins.KindOf(err) == plugins.KindThrottled
		answer.ErrorType, answer.ErrorMessage = plugins.LambdaError(err, done.RequestID)
	}
	return answer
}

// lambdaLog is the end of an invocation's log with the lines that Lambda puts around it.
func lambdaLog(i *invocation.Invocation, memory int) []byte {
	const mebibyte = 1 << 20
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	log := fmt.Appendf(nil, "START RequestId: %s Version: %s\n", i.RequestID, i.Version)
	log = append(log, i.Log...)
	if i.Error != "" {
		log = fmt.Appendf(log, "%s\n", i.Error)
	}
	log = fmt.Appendf(log, "END RequestId: %s\nREPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\t"+
		"Max Memory Used: %d MB\t", i.RequestID, i.RequestID, milliseconds(i.Duration),
		(i.Duration + time.Millisecond - 1).Milliseconds(), memory, (i.MemoryPeak+mebibyte-1)/mebibyte)
	if i.InitDuration > 0 {
		log = fmt.Appendf(log, "Init Duration: %.2f ms\t", milliseconds(i.InitDuration))
	}
	log = append(log, '\n')
	return log[max(0, len(log)-invocation.TailSize):]
}

// Enqueue keeps an asynchronous invocation.
func (c calls) Enqueue(ctx context.Context, call lambdaapi.Call) error {
	return c.h.events.Put(ctx, function.Event{
		RequestID: call.RequestID, Account: call.Reference.Account, Function: call.Reference.Name,
		Qualifier: call.Reference.Qualifier, Payload: call.Payload,
	})
}

// Invocations returns the last invocations of a function.
func (c calls) Invocations(key function.Key, limit int) any {
	target, err := c.h.deployments.Resolve(function.Reference{Key: key})
	if err != nil {
		return []any{}
	}
	last := c.h.invoker.history.Last(target.Function, limit)
	if last == nil {
		return []any{}
	}
	return last
}
