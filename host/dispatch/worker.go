package dispatch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/queuelet/queuelet/host/queue"
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
	held    *hold      // of its batches, one after the other
	// settling and deleting are of the batch before, of which the queue is told while the next one is in work: that takes as
	// long as the disk does.
	settling sync.WaitGroup
	deleting deleting
	handles  []queue.Handle // room for those of a batch that is settled
}

func newWorker(finish context.Context, p *poller) *worker {
	return &worker{
		p: p, source: p.d.source, invoker: p.d.invoker, finish: finish, held: newHold(finish, p.d.source, p.log),
	}
}

// run serves until there is no need of the worker any more.
func (w *worker) run(f *flow.Flow) {
	defer w.p.d.work.Done()
	defer func() { w.held.lose(nil) }()
	defer w.deleting.stop()
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
	pause := time.Duration(0)
	if !t.resume.IsZero() {
		pause = time.Until(t.resume)
	}
	if !sleep(t.ctx, pause) {
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
