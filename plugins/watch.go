package plugins

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// watch stops a guest that has used up its time. Each phase of its life is a turn: arm begins it and end ends it. What costs
// something for every turn, a timer and a context, is made once, or when it is asked for.
type watch struct {
	fired atomic.Bool // the time of the turn is over; the guest looks at it
	// over is called when that happens, once in a turn, and gets the reason. It must not wait, or call the watch.
	over func(cause error, b *batch)

	mu       sync.Mutex
	armed    bool
	batch    *batch          // of the turn; nil if it has none
	parent   context.Context //nolint:containedctx // ends the turn early
	deadline time.Time
	cause    error // why the time of the turn was over; nil before
	// late expires at the deadline, or before it: it runs on from turn to turn, and looks then how much time there is left. due
	// is when it does so; zero if it does not run.
	late *time.Timer
	due  time.Time
	// release lets go of what ended is of, which is watched beyond the turn: mostly it is the parent of the next one as well.
	release func() bool
	ended   <-chan struct{}
	// ctx is for what is done for the guest beside it. It is nil until the guest asks for it. Only its coroutine looks at it.
	ctx    context.Context //nolint:containedctx // ends when the guest is stopped, and with the turn
	cancel context.CancelFunc
}

// arm begins a turn now, which has to end when parent does, and at a deadline, which is not later than that of parent.
func (w *watch) arm(parent context.Context, now, deadline time.Time, b *batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed, w.batch, w.parent, w.deadline, w.cause = true, b, parent, deadline, nil
	w.fired.Store(false)
	if w.due.IsZero() || deadline.Before(w.due) {
		w.expireIn(deadline.Sub(now), deadline)
	}
	if ended := parent.Done(); ended != w.ended {
		w.letGo()
		if ended != nil {
			w.ended = ended
			w.release = context.AfterFunc(parent, func() { w.abort(ended) })
		}
	}
	if parent.Err() != nil {
		w.fire(context.Cause(parent))
	}
}

// expireIn sets the timer. mu is held.
func (w *watch) expireIn(left time.Duration, due time.Time) {
	w.due = due
	if w.late == nil {
		w.late = time.AfterFunc(left, w.expire)
	} else {
		w.late.Reset(left)
	}
}

// expire stops the guest if its time is up. Else the deadline is that of a later turn, or by another clock.
func (w *watch) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due = time.Time{}
	if !w.armed {
		return
	}
	if left := time.Until(w.deadline); left > 0 {
		w.expireIn(left, w.deadline)
		return
	}
	w.fire(context.DeadlineExceeded)
}

// abort stops the guest because its parent has ended, if that is still the one.
func (w *watch) abort(ended <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended == ended {
		w.fire(context.Cause(w.parent))
	}
}

// letGo watches no parent any longer. mu is held.
func (w *watch) letGo() {
	if w.release != nil {
		w.release()
	}
	w.release, w.ended = nil, nil
}

// rest watches nothing until the next turn, if there is one.
func (w *watch) rest() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.letGo()
	if w.late != nil {
		w.late.Stop()
		w.due = time.Time{}
	}
}

// kill stops the guest as if somebody did not want to wait any longer.
func (w *watch) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fire(context.Canceled)
	if w.cancel != nil {
		w.cancel()
	}
}

// fire stops the guest if the turn still lasts. mu is held. The context of the turn ends by itself, for the same reason.
func (w *watch) fire(cause error) {
	if !w.armed || w.cause != nil {
		return
	}
	w.cause = cause
	w.fired.Store(true)
	w.over(cause, w.batch)
}

// isOver says whether the time of the turn is over.
func (w *watch) isOver() bool {
	return w.fired.Load() || w.ctx != nil && w.ctx.Err() != nil // either may be the first to know
}

// context returns the context of the turn.
func (w *watch) context() context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx == nil {
		base := w.parent
		if w.batch != nil && w.batch.Within != nil {
			base = w.batch.Within(base)
		}
		w.ctx, w.cancel = context.WithDeadline(base, w.deadline)
		if w.fired.Load() {
			w.cancel()
		}
	}
	return w.ctx
}

// reason returns why the time of the present or the last turn was over.
func (w *watch) reason() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.cause != nil:
		return w.cause
	case w.parent.Err() != nil:
		return context.Cause(w.parent)
	default:
		return context.DeadlineExceeded
	}
}

// end ends the turn and says whether the guest was stopped.
func (w *watch) end() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed, w.batch = false, nil
	if w.cancel != nil {
		w.cancel()
		w.ctx, w.cancel = nil, nil
	}
	return w.fired.Swap(false)
}
