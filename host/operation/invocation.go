package operation

import (
	"context"
	"sync"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

// Invocation is what a function works on while it asks for operations.
type Invocation struct {
	Queue queue.Key // where its records come from; zero when it was invoked by hand
	// Depth is that of its deepest record, see [queue.Message].
	Depth uint32
	// Extend has change called to change the visibility timeout of a record, so that nothing undoes it; false when the
	// receipt handle is not that of a record. Nil when there are no records of a queue.
	Extend func(receiptHandle string, timeout time.Duration, change func() error) (found bool, err error)
	// Held is what its function was granted when it began, with which it ends where the function is retired meanwhile.
	Held Held
}

// Held are grants of [Service.Hold]. They follow what is granted and revoked until the function is retired.
type Held struct{ grants *grants }

type invocationKey struct{}

// Within returns what makes contexts of an invocation out of others. Operations are counted for all of them together.
func (inv Invocation) Within() func(context.Context) context.Context {
	ongoing := &invocation{Invocation: inv}
	return func(ctx context.Context) context.Context { return context.WithValue(ctx, invocationKey{}, ongoing) }
}

// maxRefusals is how many refusals of one invocation are logged.
const maxRefusals = 10

// invocation counts what was asked for.
type invocation struct {
	Invocation

	mu       sync.Mutex
	calls    map[string]int // by operation
	refusals int
}

// invocationOf returns the invocation of a context, nil while a guest gets ready for its first.
func invocationOf(ctx context.Context) *invocation {
	inv, _ := ctx.Value(invocationKey{}).(*invocation)
	return inv
}

// count notes a call and says whether it is within the limit.
func (inv *invocation) count(operation string, limit int) bool {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if inv.calls == nil {
		inv.calls = map[string]int{}
	}
	inv.calls[operation]++
	return inv.calls[operation] <= limit
}

// logged says whether a refusal is among the first ones.
func (inv *invocation) logged() bool {
	if inv == nil {
		return true
	}
	inv.mu.Lock()
	defer inv.mu.Unlock()
	inv.refusals++
	return inv.refusals <= maxRefusals
}
