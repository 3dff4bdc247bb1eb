package activity

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func numbers(events []Event) []uint64 {
	var all []uint64
	for _, e := range events {
		all = append(all, e.Number)
	}
	return all
}

func TestRecentKeepsTheLast(t *testing.T) {
	f := New(3)
	for i := range 5 {
		f.Publish(Event{Kind: Sent, Queue: fmt.Sprintf("q%d", i%2)})
	}
	if diff := cmp.Diff([]uint64{3, 4, 5}, numbers(f.Recent(Query{}))); diff != "" {
		t.Errorf("Recent (-want +got):\n%s", diff)
	}
}

func TestQuery(t *testing.T) {
	f := New(10)
	f.Publish(Event{Kind: Sent, Account: "1", Queue: "a"})
	f.Publish(Event{Kind: Received, Account: "1", Queue: "a"})
	f.Publish(Event{Kind: Invoked, Account: "2", Queue: "b", Function: "f"})
	for name, tt := range map[string]struct {
		query Query
		want  []uint64
	}{
		"all":          {Query{}, []uint64{1, 2, 3}},
		"kind":         {Query{Kinds: []Kind{Sent, Invoked}}, []uint64{1, 3}},
		"account":      {Query{Account: "1"}, []uint64{1, 2}},
		"queue":        {Query{Queue: "b"}, []uint64{3}},
		"function":     {Query{Function: "f"}, []uint64{3}},
		"after":        {Query{After: 2}, []uint64{3}},
		"all together": {Query{Kinds: []Kind{Received}, Account: "1", Queue: "a", After: 1}, []uint64{2}},
		"none":         {Query{Queue: "c"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, numbers(f.Recent(tt.query))); diff != "" {
				t.Errorf("Recent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSubscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(10)
		for range 3 {
			f.Publish(Event{Kind: Sent, Queue: "a"})
		}
		ctx, cancel := context.WithCancel(t.Context())
		events := f.Subscribe(ctx, Query{Queue: "a", After: 1})
		f.Publish(Event{Kind: Sent, Queue: "b"})
		f.Publish(Event{Kind: Sent, Queue: "a"})
		cancel()
		synctest.Wait()
		f.Publish(Event{Kind: Sent, Queue: "a"})
		var got []Event
		for e := range events {
			got = append(got, e)
		}
		if diff := cmp.Diff([]uint64{2, 3, 5}, numbers(got)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// TestSlowSubscriberBlocksNobody publishes more than a subscriber that never reads
// has room for.
func TestSlowSubscriberBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(1)
		ctx, cancel := context.WithCancel(t.Context())
		events := f.Subscribe(ctx, Query{})
		for range 2 * subscriberBuffer {
			f.Publish(Event{Kind: Sent})
		}
		cancel()
		synctest.Wait()
		if got, want := len(events), subscriberBuffer; got != want {
			t.Errorf("%d events wait, want the buffer's %d", got, want)
		}
	})
}

func TestNilFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f *Feed
		f.Publish(Event{Kind: Sent})
		if got := f.Recent(Query{}); got != nil {
			t.Errorf("Recent = %v, want nothing", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		events := f.Subscribe(ctx, Query{})
		cancel()
		synctest.Wait()
		if _, open := <-events; open {
			t.Error("the channel of a nil feed yielded an event")
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	f := New(100)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				f.Publish(Event{Kind: Sent})
			}
		})
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			events := f.Subscribe(ctx, Query{})
			f.Recent(Query{})
			cancel()
			var last uint64
			for e := range events {
				if e.Number <= last {
					t.Errorf("event %d came after %d", e.Number, last)
				}
				last = e.Number
			}
		})
	}
	wg.Wait()
	if got := f.Recent(Query{}); len(got) != 100 || got[99].Number != 4000 {
		t.Errorf("Recent ends with %v, want number 4000", got[len(got)-1].Number)
	}
}

func BenchmarkPublish(b *testing.B) {
	f := New(1000)
	b.ReportAllocs()
	for b.Loop() {
		f.Publish(Event{Kind: Sent, Account: "000000000000", Queue: "orders", Messages: 1})
	}
}
