package plugins

import (
	"context"
	"sync"
	"sync/atomic"
)

// watch stops a guest that has used up its time. A batch arms it, and whoever notices the end of the batch's time fires
// it with the turn it was armed for, so that a late notice cannot hit the next batch.
type watch struct {
	fired atomic.Bool // the guest looks at it

	mu    sync.Mutex
	turn  uint64
	armed bool
	end   context.CancelFunc // ends the turn's context
}

// arm begins a turn. end is what kill calls.
func (w *watch) arm(end context.CancelFunc) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn++
	w.armed, w.end = true, end
	w.fired.Store(false)
	return w.turn
}

// fire stops the guest if the turn still lasts, and says whether it does.
func (w *watch) fire(turn uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.armed || w.turn != turn {
		return false
	}
	w.fired.Store(true)
	return true
}

// kill ends the present turn, if there is one, as if its time were up.
func (w *watch) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.armed {
		w.end()
	}
}

// disarm ends the turn and says whether it was fired.
func (w *watch) disarm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed, w.end = false, nil
	return w.fired.Swap(false)
}
