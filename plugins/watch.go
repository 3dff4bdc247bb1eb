package plugins

import (
	"context"
	"sync"
)

// watch stops a guest that has used up its time. A batch arms it, and whoever notices the end of the batch's time fires
// it with the turn it was armed for, so that a late notice cannot hit the next batch.
type watch struct {
	mu    sync.Mutex
	turn  uint64
	armed bool
	fired bool
	end   context.CancelFunc // ends the turn's context
	set   func(stop bool)    // tells the guest; called with mu held
}

// attach changes how the guest is told.
func (w *watch) attach(set func(stop bool)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set = set
	if w.fired {
		set(true)
	}
}

// arm begins a turn. end is what kill calls.
func (w *watch) arm(end context.CancelFunc) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn++
	w.armed, w.fired, w.end = true, false, end
	return w.turn
}

// kill ends the present turn, if there is one, as if its time were up.
func (w *watch) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.armed {
		w.end()
	}
}

// fire stops the guest if the turn still lasts.
func (w *watch) fire(turn uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.armed && w.turn == turn && !w.fired {
		w.fired = true
		w.set(true)
	}
}

// stopped says whether the present turn has been fired.
func (w *watch) stopped() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.armed && w.fired
}

// disarm ends the turn and says whether it was fired.
func (w *watch) disarm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	fired := w.fired
	if w.armed && fired {
		w.set(false)
	}
	w.armed, w.fired, w.end = false, false, nil
	return fired
}
