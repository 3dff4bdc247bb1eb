package log

import (
	"context"
	"sync"
)

// Ticket is the promise of a result that [Writer.Add] gives.
type Ticket struct {
	done chan error
	err  error
	pool *sync.Pool // the writer's, of channels whose result was taken
}

func newTicket(pool *sync.Pool) Ticket {
	if done, ok := pool.Get().(chan error); ok {
		return Ticket{done: done, pool: pool}
	}
	return Ticket{done: make(chan error, 1), pool: pool}
}

func failedTicket(err error) Ticket { return Ticket{err: err} }

// Wait returns the result, once. When ctx ends first, the records stay on their way
// and may still be stored.
func (t Ticket) Wait(ctx context.Context) error {
	if t.done == nil {
		return t.err
	}
	select {
	case err := <-t.done:
		t.pool.Put(t.done)
		return err
	case <-ctx.Done():
		return ctx.Err() // the channel still gets its result: it cannot be used again
	}
}

func tell(waiting []chan error, err error) {
	for _, done := range waiting {
		done <- err
	}
}
