package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/journal"
	"github.com/queuelet/queuelet/jetstream/log"
)

const (
	// tidyEvery is how often dead messages are removed from disk, while there are any.
	tidyEvery = 100 * time.Millisecond

	// The journal is compacted when it has grown by that much, and by a multiple of what
	// the last compaction left.
	compactMin    = 8 << 20
	compactFactor = 4
)

// owner has the right to write the shard's journal and its queues' logs.
type owner struct {
	store   *Store
	journal *journal.Journal
	cache   *cache

	ctx  context.Context //nolint:containedctx // ends when the owner gives up or is closed
	stop context.CancelCauseFunc
	work sync.WaitGroup

	compactAt atomic.Int64 // how long the journal may become

	mu      sync.Mutex
	untidy  map[*ownedQueue]struct{} // queues with something to remove from disk
	tidying bool
}

func newOwner(s *Store) *owner {
	ctx, stop := context.WithCancelCause(context.Background()) //nolint:forbidigo // the owner outlives the call that opens it
	o := &owner{
		store: s, ctx: ctx, stop: stop,
		cache:  &cache{budget: s.opts.CacheBytes},
		untidy: map[*ownedQueue]struct{}{},
	}
	o.compactAt.Store(compactMin)
	return o
}

// fail ends the ownership: after an append that failed for good nobody knows what is
// stored, and after another owner's append nothing more may be.
func (o *owner) fail(err error) {
	if o.ctx.Err() == nil {
		o.store.opts.Logger.Error("storage stopped", "error", err)
	}
	o.journalFail(queue.ErrUnavailable)
	o.stop(fmt.Errorf("storage stopped: %w", err))
	for _, q := range o.queues() {
		q.end(queue.ErrUnavailable)
	}
}

func (o *owner) journalFail(err error) {
	if o.journal != nil {
		o.journal.Fail(err)
	}
}

// close ends the ownership in good order.
func (o *owner) close(cause error) {
	for _, q := range o.queues() {
		q.end(cause)
	}
	if o.store.repair.check() != nil {
		o.stop(cause) // nothing can be written, and nobody waits for it any more
	}
	for _, q := range o.queues() {
		q.flush()
	}
	o.journal.Fail(cause)
	o.journal.Flush()
	o.stop(cause)
	o.work.Wait()
}

func (o *owner) queues() []*ownedQueue {
	o.store.mu.RLock()
	defer o.store.mu.RUnlock()
	all := make([]*ownedQueue, 0, len(o.store.byKey))
	for _, q := range o.store.byKey {
		all = append(all, q)
	}
	return all
}

// tidyLater asks for the dead blocks of a queue to be removed from disk soon. It may be
// called with the queue's lock held.
func (o *owner) tidyLater(q *ownedQueue) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.untidy[q] = struct{}{}
	o.startTidying()
}

// startTidying starts the goroutine that tidies, unless it runs. Lock held.
func (o *owner) startTidying() {
	if !o.tidying && o.ctx.Err() == nil {
		o.tidying = true
		o.work.Go(o.tidy)
	}
}

// tidy removes what is dead from disk, and ends when nothing is left to do.
func (o *owner) tidy() {
	t := time.NewTicker(tidyEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-o.ctx.Done():
			return
		}
		o.mu.Lock()
		queues := o.untidy
		if len(queues) == 0 && !o.journalTooLong() {
			o.tidying = false
			o.mu.Unlock()
			return
		}
		o.untidy = make(map[*ownedQueue]struct{}, len(queues))
		o.mu.Unlock()
		for q := range queues {
			if err := q.tidy(o.ctx); err != nil && o.ctx.Err() == nil && !errors.Is(err, queue.ErrQueueNotFound) {
				o.store.opts.Logger.Warn("removing dead messages from disk failed, will be tried again",
					"queue", q.def.Load().Name, "error", err)
				o.tidyLater(q)
			}
		}
		if err := o.compactJournal(); err != nil && o.ctx.Err() == nil {
			o.store.opts.Logger.Warn("compacting the journal failed, will be tried again", "error", err)
		}
	}
}

// journalTooLong tells whether replaying the journal would take much longer than need be.
func (o *owner) journalTooLong() bool { return o.journal.Grown() > o.compactAt.Load() }

// states journals the state of messages of a queue. It may be called with the queue's lock
// held.
func (o *owner) states(q *ownedQueue, messages []index.Taken, ask log.Ask) log.Ticket {
	if o.journalTooLong() {
		o.mu.Lock()
		o.startTidying()
		o.mu.Unlock()
	}
	return o.journal.States(q.id, messages, ask)
}

func (o *owner) compactJournal() error {
	if !o.journalTooLong() {
		return nil
	}
	err := o.journal.Compact(o.ctx, func() log.Ticket {
		var last log.Ticket
		for _, q := range o.queues() {
			if t := q.snapshot(); t != (log.Ticket{}) {
				last = t
			}
		}
		return last
	})
	o.compactAt.Store(max(compactMin, compactFactor*o.journal.Grown()))
	return err
}
