package dispatch

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// deleting is the deletion that a worker has begun and not waited for, if there is one. What costs something for every
// batch, a timer and a context, is kept from one to the next.
type deleting struct {
	pending atomic.Pointer[deletion]
	late    *time.Timer // sees to it that the deletion is told of when the worker has no time
	// ctx lasts for settleTime at least after the latest deletion began.
	ctx  context.Context //nolint:containedctx // of deletions
	lose context.CancelFunc
}

func (d *deleting) begin(next *deletion) {
	d.pending.Store(next)
	if d.late == nil {
		d.late = time.AfterFunc(patience, func() {
			if pending := d.pending.Load(); pending != nil { // should it be the next one, it is told of early
				pending.finish()
			}
		})
		return
	}
	d.late.Reset(patience)
}

// end waits for the deletion.
func (d *deleting) end() {
	pending := d.pending.Load()
	if pending == nil {
		return
	}
	d.late.Stop()
	pending.finish()
	d.pending.Store(nil)
}

// stop ends the context of deletions. None is pending.
func (d *deleting) stop() {
	if d.lose != nil {
		d.lose()
	}
}

// limit returns a context for the next deletion, which does not end with work. None is pending.
func (d *deleting) limit(work context.Context) context.Context {
	if d.ctx != nil {
		if end, _ := d.ctx.Deadline(); time.Until(end) >= settleTime {
			return d.ctx
		}
	}
	d.stop()
	d.ctx, d.lose = context.WithTimeout(context.WithoutCancel(work), 2*settleTime)
	return d.ctx
}

// deletion is that of all messages of a batch.
type deletion struct {
	w          *worker
	batch      *batch
	settlement settlement
	ctx        context.Context //nolint:containedctx // of waiting
	wait       func(context.Context) ([]error, error)
	once       sync.Once
}

// finish waits for the deletion and tells of it, unless that has been done.
func (d *deletion) finish() {
	d.once.Do(func() {
		if _, err := d.wait(d.ctx); err != nil {
			d.w.undeleted(d.ctx, d.batch, &d.settlement, err)
		}
		d.w.p.settled(&d.settlement.counts)
	})
}
