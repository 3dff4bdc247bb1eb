package function_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/function"
	"github.com/queuelet/queuelet/jetstream"
)

// events are those of a server, for functions that do what their payload says.
type events struct {
	*function.Events

	mu       sync.Mutex
	attempts map[string][]int // by request id
	told     []string
	refused  map[string]int // how often a destination does not take what it is told
}

func openEvents(t *testing.T, e *jetstream.Embedded, config func(function.Reference) *function.EventConfig) *events {
	t.Helper()
	q := &events{attempts: map[string][]int{}, refused: map[string]int{}}
	var err error
	q.Events, err = function.OpenEvents(t.Context(), e.Conn(), function.EventOptions{
		Durable: e.Durable, Config: config, Pause: func(int) time.Duration { return time.Millisecond }, Run: q.run, Tell: q.tell,
	})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func (q *events) run(_ context.Context, e function.Event) (function.EventResult, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.attempts[e.RequestID] = append(q.attempts[e.RequestID], e.Attempt)
	failed := function.EventResult{Version: "1", ErrorType: "Broken", ErrorMessage: "not this time"}
	switch n := len(q.attempts[e.RequestID]); {
	case strings.HasPrefix(e.RequestID, "never") || e.RequestID == "third" && n < 3:
		return failed, nil
	case e.RequestID == "full" && n < 2:
		return function.EventResult{}, errors.New("there is no room")
	case e.RequestID == "stopped":
		return function.EventResult{}, function.ErrNoConcurrency
	case e.RequestID == "gone":
		return function.EventResult{}, &function.Error{Code: function.CodeNotFound}
	}
	return function.EventResult{Version: "1", Response: []byte("{}")}, nil
}

func (q *events) tell(_ context.Context, e function.Event, end function.EventEnd) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refused[end.Destination] > 0 {
		q.refused[end.Destination]--
		return errors.New("not now")
	}
	if end.Destination == "no-such-queue" {
		q.told = append(q.told, e.RequestID+" cannot be told")
		return &function.Error{Code: function.CodeInvalid, Message: "there is no such queue"}
	}
	if end.DeadLetter {
		end.Condition += " (the event)"
	}
	q.told = append(q.told, fmt.Sprintf("%s: %s %s after %d", end.Destination, e.RequestID, end.Condition, end.Attempts))
	return nil
}

// put keeps an event of a function for each request id.
func put(t *testing.T, q *events, name string, ids ...string) {
	t.Helper()
	for _, id := range ids {
		event := function.Event{RequestID: id, Account: account, Function: name, Payload: []byte(`{"a": 1}`)}
		if err := q.Put(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
}

// runUntil runs events until a condition holds.
func (q *events) runUntil(t *testing.T, holds func() bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx, t.Context()) }()
	eventually(t, "all have run", func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return holds()
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestEvents fails one event twice and one for ever, and keeps one over a restart.
func TestEvents(t *testing.T) {
	dir := t.TempDir()
	e := store(t, dir)
	none := func(function.Reference) *function.EventConfig { return nil }
	put(t, openEvents(t, e, none), "f", "first", "third", "never", "full", "gone")
	e.Close()

	e = store(t, dir)
	defer e.Close()
	q := openEvents(t, e, none)
	q.runUntil(t, func() bool {
		return len(q.attempts["first"]) == 1 && len(q.attempts["third"]) == 3 && len(q.attempts["never"]) == 3 &&
			len(q.attempts["full"]) == 2 && len(q.attempts["gone"]) == 1
	})
	// What could not run was no attempt.
	if d := cmp.Diff(map[string][]int{
		"first": {1}, "third": {1, 2, 3}, "never": {1, 2, 3}, "full": {1, 1}, "gone": {1},
	}, q.attempts); d != "" {
		t.Errorf("attempts (-want +got):\n%s", d)
	}
	if len(q.told) > 0 {
		t.Errorf("told without a destination: %v", q.told)
	}
}

// TestEventsTellDestinations follows the configurations of the functions.
func TestEventsTellDestinations(t *testing.T) {
	e := store(t, t.TempDir())
	defer e.Close()
	none := 0
	q := openEvents(t, e, func(r function.Reference) *function.EventConfig {
		switch r.Name {
		case "once":
			return &function.EventConfig{Retries: &none, OnSuccess: "done", OnFailure: "failed"}
		case "late":
			return &function.EventConfig{MaxAge: time.Nanosecond, OnFailure: "failed"}
		case "busy":
			return &function.EventConfig{Retries: &none, OnFailure: "busy", DeadLetter: "letters"}
		default:
			return &function.EventConfig{OnSuccess: "no-such-queue"}
		}
	})
	q.refused["busy"] = 1
	put(t, q, "once", "first", "never", "stopped")
	put(t, q, "late", "aged")
	put(t, q, "busy", "never-told-at-first")
	put(t, q, "other", "second")
	q.runUntil(t, func() bool { return len(q.told) == 7 })
	slices.Sort(q.told)
	want := []string{
		"busy: never-told-at-first RetriesExhausted after 1", "done: first Success after 1", "failed: aged EventAgeExceeded after 0",
		"failed: never RetriesExhausted after 1", "failed: stopped ZeroReservedConcurrency after 0",
		"letters: never-told-at-first RetriesExhausted (the event) after 1", "second cannot be told",
	}
	if d := cmp.Diff(want, q.told); d != "" {
		t.Errorf("told (-want +got):\n%s", d)
	}
}

func TestEventsAreBounded(t *testing.T) {
	e := store(t, t.TempDir())
	defer e.Close()
	events := openEvents(t, e, func(function.Reference) *function.EventConfig { return nil })
	payload := []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
	var err error
	for range 300 {
		if err = events.Put(t.Context(), function.Event{Payload: payload}); err != nil {
			break
		}
	}
	expect(t, "more than may wait", err, function.CodeTooManyEvents)
}
