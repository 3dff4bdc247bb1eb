package activity

import (
	"context"
	"sync"
	"time"
)

// subscriberBuffer is how many events a subscriber may lag behind before it misses some.
const subscriberBuffer = 256

// Feed keeps the last events and hands new ones to its subscribers. A nil *Feed
// takes events and forgets them, so that publishers need not ask whether there is
// one.
type Feed struct {
	mu          sync.Mutex
	ring        []Event
	published   uint64
	subscribers map[*subscriber]struct{}
}

type subscriber struct {
	query  Query
	events chan Event
}

// New returns a feed that remembers as many events as keep says, at least one.
func New(keep int) *Feed {
	return &Feed{ring: make([]Event, max(1, keep)), subscribers: make(map[*subscriber]struct{})}
}

// Publish adds an event. It never blocks: a subscriber whose buffer is full misses it.
func (f *Feed) Publish(e Event) {
	if f == nil {
		return
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.published++
	e.Number = f.published
	f.ring[(e.Number-1)%uint64(len(f.ring))] = e
	for s := range f.subscribers {
		if !s.query.matches(&e) {
			continue
		}
		select {
		case s.events <- e:
		default:
		}
	}
}

// Recent returns the remembered events that match, oldest first.
func (f *Feed) Recent(q Query) []Event {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.recent(&q)
}

func (f *Feed) recent(q *Query) []Event {
	var events []Event
	kept := min(f.published, uint64(len(f.ring)))
	for n := f.published - kept; n < f.published; n++ {
		if e := &f.ring[n%uint64(len(f.ring))]; q.matches(e) {
			events = append(events, *e)
		}
	}
	return events
}

// Subscribe returns a channel of the events that match from now on, and before them
// the remembered ones after q.After when that is not zero. The channel is closed
// when ctx ends.
func (f *Feed) Subscribe(ctx context.Context, q Query) <-chan Event {
	if f == nil {
		f = New(1)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var missed []Event
	if q.After > 0 {
		missed = f.recent(&q)
	}
	s := &subscriber{query: q, events: make(chan Event, len(missed)+subscriberBuffer)}
	for _, e := range missed {
		s.events <- e
	}
	f.subscribers[s] = struct{}{}
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subscribers, s)
		close(s.events)
	})
	return s.events
}
