package plugins

import (
	"context"
	"errors"
)

// errStopped is what a host function panics with in a guest whose time is up.
var errStopped = errors.New("stopped")

// guestContext brings the instance to the host functions it calls. A type assertion finds it without a search.
type guestContext struct {
	context.Context //nolint:containedctx // it is a context

	inst *instance
}

type instanceKey struct{}

// Value finds the instance under a context that wraps this one.
func (c *guestContext) Value(key any) any {
	if key == (instanceKey{}) {
		return c.inst
	}
	return c.Context.Value(key)
}

func instanceOf(ctx context.Context) *instance {
	if c, ok := ctx.(*guestContext); ok {
		return c.inst
	}
	return ctx.Value(instanceKey{}).(*instance) //nolint:forcetypeassert // host functions are called by instances only
}
