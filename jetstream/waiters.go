package jetstream

// waiter is a receive that waits for a message.
type waiter struct {
	woken      chan struct{} // capacity 1
	prev, next *waiter
	queued     bool
}

// waiters are the receives that wait, in order. The queue's lock guards it.
type waiters struct {
	first, last *waiter
}

// push adds w at the end, or at the front when it had waited before.
func (l *waiters) push(w *waiter, front bool) {
	w.queued = true
	w.prev, w.next = nil, nil
	switch {
	case l.first == nil:
		l.first, l.last = w, w
	case front:
		w.next = l.first
		l.first.prev = w
		l.first = w
	default:
		w.prev = l.last
		l.last.next = w
		l.last = w
	}
}

// remove takes w out. It returns false when w had been woken.
func (l *waiters) remove(w *waiter) bool {
	if !w.queued {
		return false
	}
	w.queued = false
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		l.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		l.last = w.prev
	}
	return true
}

// wakeOne wakes the first waiter.
func (l *waiters) wakeOne() {
	if w := l.first; w != nil {
		l.remove(w)
		w.woken <- struct{}{}
	}
}

func (l *waiters) wakeAll() {
	for l.first != nil {
		l.wakeOne()
	}
}
