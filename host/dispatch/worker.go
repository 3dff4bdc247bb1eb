package dispatch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/queuelet/queuelet/plugins/flow"
)

// worker serves a mapping with one batch at a time.
type worker struct {
	p       *poller
	source  Source
	invoker Invoker
	finish  context.Context //nolint:containedctx // ends when the work in hand is to be given up
	encoder encoder
	flow    *flow.Flow // what the worker runs in
	// settling and deleting are of the batch before, of which the queue is told while the next one is in work: that takes as
	// long as the disk does.
	settling sync.WaitGroup
	deleting func() // waits for the deletion of all its messages; nil if there is none
}

func newWorker(finish context.Context, p *poller) *worker {
	return &worker{p: p, source: p.d.source, invoker: p.d.invoker, finish: finish}
}

// run serves until there is no need of the worker any more.
func (w *worker) run(f *flow.Flow) {
	defer w.p.d.work.Done()
	defer w.settled()
	w.flow = f
	for {
		t, needed := w.p.next()
		if !needed {
			return
		}
		w.serve(t)
	}
}

// serve works on one batch, or finds out why there is none.
func (w *worker) serve(t turn) {
	if t.trouble != noTrouble {
		w.settled()
	}
	if !sleep(t.ctx, time.Until(t.resume)) {
		return
	}
	// Looked up before messages are received: those that no function can take would count as received for nothing.
	timeout, deployed := w.invoker.Timeout(t.plan.Function)
	if !deployed {
		w.p.troubled(functionTrouble, fmt.Sprintf("there is no function %q; deploy it", t.plan.Function))
		return
	}
	if err := w.unreachable(t.plan); err != nil {
		w.p.troubled(destinationTrouble, err.Error())
		return
	}
	if t.trouble == functionTrouble || t.trouble == destinationTrouble {
		w.p.overcome(t.trouble)
		return // and look again at what may be done
	}
	b := w.gather(t)
	if b == nil {
		return
	}
	b.timeout = timeout
	w.process(b)
	w.p.gave()
	w.settled()
	w.settleBeside(b)
}

// patience is how long the worker's next batch may take before somebody else sees to it that the one before is settled: its
// outcome is to be told.
const patience = 50 * time.Millisecond

// settleBeside tells the queue what became of a batch beside the worker's next one. Mostly that is a deletion of all
// messages, which needs no goroutine but where the next batch takes long.
func (w *worker) settleBeside(b *batch) {
	s := b.settlement(true)
	if len(s.remove) == 0 || len(s.change) > 0 || len(s.bury) > 0 {
		w.settling.Go(func() { w.settle(b, s) })
		return
	}
	wait, err := w.source.StartDeleteConsumed(b.plan.Queue, s.remove)
	if err != nil {
		w.undeleted(w.finish, b, &s, err)
		w.p.settled(&s.counts)
		return
	}
	deleted := sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.finish), settleTime)
		defer cancel()
		if _, err := wait(ctx); err != nil {
			w.undeleted(ctx, b, &s, err)
		}
		w.p.settled(&s.counts)
	})
	late := time.AfterFunc(patience, deleted)
	w.deleting = func() {
		late.Stop()
		deleted()
	}
}

// settled waits until the queue has been told of the batch before.
func (w *worker) settled() {
	w.settling.Wait()
	if w.deleting != nil {
		w.deleting()
		w.deleting = nil
	}
}

// sleep waits, and returns false when ctx ends first.
func sleep(ctx context.Context, pause time.Duration) bool {
	if pause <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
