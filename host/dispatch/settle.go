package dispatch

import (
	"context"
	"errors"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

const (
	// settleTime is how long the queue may take to be told what became of a batch, or up to twice as long if that is deletions.
	settleTime = 10 * time.Second
	// patience is how long the worker's next batch may take before somebody else sees to it that the one before is settled: its
	// outcome is to be told.
	patience = 50 * time.Millisecond
	// maxKeptHandles is how much room for handles a worker keeps from one batch to the next.
	maxKeptHandles = 1000
)

// settleBeside tells the queue what became of a batch beside the worker's next one. Mostly that is a deletion of all
// messages, which needs no goroutine but where the next batch takes long.
func (w *worker) settleBeside(b *batch) {
	d := &deletion{w: w, batch: b, settlement: b.settlement(true, w.handles[:0])}
	s := &d.settlement
	if cap(s.remove) <= maxKeptHandles {
		w.handles = s.remove
	}
	if len(s.remove) == 0 || len(s.change) > 0 || len(s.bury) > 0 {
		w.settling.Go(func() { w.settle(b, s) })
		return
	}
	var err error
	if d.wait, err = w.source.StartDeleteConsumed(b.plan.Queue, s.remove); err != nil {
		w.undeleted(w.finish, b, s, err)
		w.p.settled(&s.counts)
		return
	}
	d.ctx = w.deleting.limit(w.finish)
	w.deleting.begin(d)
}

// settled waits until the queue has been told of the batch before.
func (w *worker) settled() {
	w.settling.Wait()
	w.deleting.end()
}

// settle tells the queue what became of messages, and waits until that is on its disk. It does so also when the work is
// given up: what was done is done.
func (w *worker) settle(b *batch, s *settlement) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.finish), settleTime)
	defer cancel()
	complain := func(what string, err error) { w.complain(ctx, b, what, err) }
	if len(s.bury) > 0 {
		told := !b.plan.OnFailure.IsZero() // so that the destination has them
		if _, err := w.bury(ctx, b, s, condemned, told); err != nil {
			complain("messages could not be moved to the dead-letter queue and come again", err)
		}
	}
	if len(s.remove) > 0 {
		if _, err := w.source.DeleteConsumed(ctx, b.plan.Queue, s.remove); err != nil {
			w.undeleted(ctx, b, s, err)
		}
	}
	if len(s.change) > 0 {
		if _, err := w.source.ChangeConsumedVisibility(ctx, b.plan.Queue, s.change); err != nil {
			complain("messages come again later than they should", err)
		}
	}
	w.p.settled(&s.counts)
}

func (w *worker) complain(ctx context.Context, b *batch, what string, err error) {
	w.p.log.ErrorContext(ctx, what, "queue", b.plan.Queue.Name, "function", b.plan.Function, "error", err)
}

// undeleted notes that messages could not be deleted.
func (w *worker) undeleted(ctx context.Context, b *batch, s *settlement, err error) {
	w.complain(ctx, b, "messages that are done could not be deleted and come again", err)
	s.comeAgain(handled, filtered)
	w.p.troubled(sourceTrouble, "messages cannot be deleted: "+err.Error())
}

// bury moves messages to the dead-letter queue, or deletes them where there is none and they may be dropped. It counts those
// that it could not give up as failed, instead of under their outcome.
func (w *worker) bury(ctx context.Context, b *batch, s *settlement, o outcome, drop bool) (dropped bool, err error) {
	errs, err := w.source.DeadLetterConsumed(ctx, b.plan.Queue, s.bury)
	if drop && errors.Is(err, queue.ErrNoDeadLetterQueue) {
		dropped = true
		errs, err = w.source.DeleteConsumed(ctx, b.plan.Queue, s.buried())
	}
	if err != nil {
		s.comeAgain(o)
		return dropped, err
	}
	s.stay(o, errs)
	return dropped, nil
}
