package bench

import (
	"fmt"
	"sync"
)

// ledger keeps account of numbered messages: each has to come back exactly once.
type ledger struct {
	mu    sync.Mutex
	next  int
	times []uint8 // how often each was received
	extra []int   // numbers that were received and never sent
}

// issue gives out so many consecutive numbers and returns the first.
func (l *ledger) issue(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	begin := l.next
	l.next += n
	l.times = append(l.times, make([]uint8, n)...)
	return begin
}

// seen takes down that a message was received.
func (l *ledger) seen(number int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if number >= len(l.times) {
		l.extra = append(l.extra, number)
		return
	}
	if l.times[number] < 255 {
		l.times[number]++
	}
}

// check says whether every message was received exactly once.
func (l *ledger) check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	lost, repeated := 0, 0
	for _, n := range l.times {
		switch n {
		case 0:
			lost++
		case 1:
		default:
			repeated++
		}
	}
	if lost+repeated+len(l.extra) == 0 {
		return nil
	}
	return &Error{CodeWrong, fmt.Errorf("of %d messages sent, %d were not received and %d more than once; %d were received that were not sent",
		l.next, lost, repeated, len(l.extra))}
}
