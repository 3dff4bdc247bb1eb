package queuelet

import (
	"context"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

type invocationKey struct{}

// newContext makes the context of one invocation: it ends at the deadline and knows the invocation.
func newContext(invocation abi.Invocation) (context.Context, context.CancelFunc) {
	ctx := context.WithValue(context.Background(), invocationKey{}, invocation)
	return context.WithDeadline(ctx, time.UnixMilli(invocation.DeadlineMs))
}

// FromContext returns what is known about the invocation that a handler works on.
func FromContext(ctx context.Context) (abi.Invocation, bool) {
	invocation, ok := ctx.Value(invocationKey{}).(abi.Invocation)
	return invocation, ok
}

// RequestID returns the invocation's request id, or nothing outside of an invocation.
func RequestID(ctx context.Context) string {
	invocation, _ := FromContext(ctx)
	return invocation.RequestID
}
