package function_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/function"
)

// TestEvents fails one event twice and one for ever, and keeps one over a restart.
func TestEvents(t *testing.T) {
	dir := t.TempDir()
	e := store(t, dir)
	var mu sync.Mutex
	attempts := map[string]int{}
	openEvents := func() *function.Events {
		t.Helper()
		events, err := function.OpenEvents(t.Context(), e.Conn(), function.EventOptions{
			Durable: e.Durable,
			Pause:   func(int) time.Duration { return time.Millisecond },
			Run: func(_ context.Context, e function.Event) error {
				mu.Lock()
				defer mu.Unlock()
				attempts[e.RequestID] = e.Attempt
				if e.RequestID == "never" || e.RequestID == "third" && e.Attempt < 3 {
					return errors.New("not this time")
				}
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	events := openEvents()
	for _, id := range []string{"first", "third", "never"} {
		event := function.Event{RequestID: id, Account: account, Function: "f", Payload: []byte(`{"a": 1}`)}
		if err := events.Put(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	e.Close()

	e = store(t, dir)
	defer e.Close()
	events = openEvents()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- events.Run(ctx, t.Context()) }()
	eventually(t, "all have run", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return attempts["first"] == 1 && attempts["third"] == 3 && attempts["never"] == 3
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestEventsAreBounded(t *testing.T) {
	e := store(t, t.TempDir())
	defer e.Close()
	events, err := function.OpenEvents(t.Context(), e.Conn(), function.EventOptions{
		Durable: func() error { return nil }, Run: func(context.Context, function.Event) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	payload := []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
	for range 300 {
		if err = events.Put(t.Context(), function.Event{Payload: payload}); err != nil {
			break
		}
	}
	expect(t, "more than may wait", err, function.CodeTooManyEvents)
}
