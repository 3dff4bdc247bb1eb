package log

import (
	"context"
	"sync"
)

// Ticket is the promise of a result that [Writer.Add] gives.
type Ticket struct {
	done chan error
	err  error
}

// tickets recycles the channels of tickets whose result was taken.
var tickets = sync.Pool{New: func() any { return make(chan error, 1) }}

func newTicket() Ticket { return Ticket{done: tickets.Get().(chan error)} }

func failedTicket(err error) Ticket { return Ticket{err: err} }

// Wait returns the result, once. When ctx ends first, the records stay on their way
// and may still be stored.
func (t Ticket) Wait(ctx context.Context) error {
	if t.done == nil {
		return t.err
	}
	select {
	case err := <-t.done:
		tickets.Put(t.done)
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
