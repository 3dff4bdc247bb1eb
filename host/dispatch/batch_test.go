package dispatch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/plugins/abi"
)

func TestBatchesAreDeletedWhenTheFunctionHasDoneThem(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		all := numbered(25)
		s.send("q", all...)
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MaxConcurrency: 1})
		settle()
		wantSeen(t, s.function, all[:10], all[10:20], all[20:])
		s.wantCounts("q", 0, 0)
		got := s.status()
		if got.State != dispatch.StateRunning || got.Invocations != 3 || got.Failed != 0 || got.Records.Deleted != 25 {
			t.Errorf("status %+v", got)
		}

		// A message that comes later does not wait.
		after(time.Hour)
		sent := time.Now()
		s.send("q", "late")
		settle()
		if calls := s.function.calls; len(calls) != 4 || !calls[3].at.Equal(sent) {
			t.Errorf("%d calls", len(calls))
		}
	})
}

func TestFailedRecordsComeAgain(t *testing.T) {
	seconds := func(n int) *int { return &n }
	virtual(t, func(t *testing.T, s *stage) {
		s.create("dlq")
		attribute, value := redrive("dlq", 1000)
		s.create("q", "VisibilityTimeout", "40", attribute, value)
		s.send("q", "good", "bad", "later", "sooner", "hopeless")
		s.function.play(replying(func(body string) *abi.BatchItemFailure {
			return map[string]*abi.BatchItemFailure{
				"bad": {}, "later": {DelaySeconds: seconds(300)}, "sooner": {DelaySeconds: seconds(5)}, "hopeless": {DeadLetter: true},
			}[body]
		}))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		settle()
		s.wantCounts("q", 0, 3)
		dead := s.receive("dlq")
		if d := cmp.Diff([]string{"hopeless"}, bodies(dead)); d != "" {
			t.Error(d)
		}
		if got, want := s.status().Records, (dispatch.Records{Deleted: 1, Failed: 3, DeadLettered: 1}); got != want {
			t.Errorf("records %+v, want %+v", got, want)
		}
		s.function.play(nil)
		start := time.Now()
		after(time.Hour)
		s.wantCounts("q", 0, 0)
		wantSeen(t, s.function, []string{"good", "bad", "later", "sooner", "hopeless"}, []string{"sooner"}, []string{"bad"}, []string{"later"})
		for i, want := range []time.Duration{0, 5 * time.Second, 40 * time.Second, 300 * time.Second} {
			if got := s.function.calls[i].at.Sub(start); got != want {
				t.Errorf("invocation %d after %v, want %v", i, got, want)
			}
		}
		if attempt := s.function.calls[1].Attempt; attempt != 2 {
			t.Errorf("attempt %d", attempt)
		}
	})
}

func TestBatchFailsAsAWhole(t *testing.T) {
	failure := func(f dispatch.Failure) func(context.Context, *call) dispatch.Result {
		return func(context.Context, *call) dispatch.Result {
			return dispatch.Result{Failure: f, Err: errors.New("boom")}
		}
	}
	reply := func(text string) func(context.Context, *call) dispatch.Result {
		return func(context.Context, *call) dispatch.Result { return dispatch.Result{Response: []byte(text)} }
	}
	tests := map[string]struct {
		handle func(context.Context, *call) dispatch.Result
		last   string
	}{
		"crash":          {failure(dispatch.FailureCrash), "crashed: boom"},
		"timeout":        {failure(dispatch.FailureTimeout), "timed_out: boom"},
		"handler error":  {failure(dispatch.FailureHandler), "handler_error: boom"},
		"throttled":      {failure(dispatch.FailureThrottled), "throttled: boom"},
		"unknown reason": {failure("strange"), "strange: boom"},
		"not JSON":       {reply(`{`), "bad_response: bad response: not a batch response"},
		"unknown id":     {reply(`{"batchItemFailures":[{"itemIdentifier":"x"}]}`), `bad_response: bad response: no record "x" in the batch`},
		"empty id":       {reply(`{"batchItemFailures":[{"itemIdentifier":""}]}`), "bad_response: bad response: a batch item failure has no itemIdentifier"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(t *testing.T, s *stage) {
				s.create("q")
				s.send("q", "a", "b")
				s.function.play(test.handle)
				s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
				settle()
				s.wantCounts("q", 0, 2)
				if got := s.status(); got.Failed != 1 || !strings.HasPrefix(got.LastFailure, test.last) {
					t.Errorf("status %+v", got)
				}
				s.function.play(nil)
				after(time.Hour)
				wantSeen(t, s.function, []string{"a", "b"}, []string{"a", "b"})
				s.wantCounts("q", 0, 0)
			})
		})
	}
}

func TestWholeBatchIgnoresNamedRecords(t *testing.T) {
	virtual(t, func(_ *testing.T, s *stage) {
		s.create("q")
		s.send("q", "a", "b")
		s.function.play(failing("b"))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", WholeBatch: true})
		settle()
		s.wantCounts("q", 0, 0)
	})
}

func TestPoisonedRecordGoesToTheDeadLetterQueue(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("dlq")
		attribute, value := redrive("dlq", 3)
		s.create("q", "VisibilityTimeout", "2", attribute, value)
		s.send("q", numbered(10)...)
		s.function.play(failing("m6"))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MaxConcurrency: 1})
		after(time.Minute)
		wantSeen(t, s.function, numbered(10), []string{"m6"}, []string{"m6"})
		for i, want := range []string{"1", "2", "3"} {
			record := s.function.calls[i].event.Records[len(s.function.calls[i].event.Records)-1]
			if got := record.Attributes["ApproximateReceiveCount"]; got != want {
				t.Errorf("receive count %s, want %s", got, want)
			}
		}
		s.wantCounts("q", 0, 0)
		dead := s.receive("dlq")
		if len(dead) != 1 || string(dead[0].Body) != "m6" || dead[0].ReceiveCount != 4 {
			t.Errorf("dead letters %+v", dead)
		}
		if got, want := s.status().Records, (dispatch.Records{Deleted: 9, Failed: 3}); got != want {
			t.Errorf("records %+v, want %+v", got, want)
		}
	})
}

func TestBisectFindsTheRecordThatCrashes(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.send("q", numbered(7)...)
		s.function.play(func(_ context.Context, c *call) dispatch.Result {
			if slices.Contains(c.bodies, "m5") {
				return dispatch.Result{Failure: dispatch.FailureCrash}
			}
			return dispatch.Result{}
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", Bisect: true})
		settle()
		all := numbered(7)
		wantSeen(t, s.function, all, all[:4], all[4:], all[4:6], all[4:5], all[5:6], all[6:])
		s.wantCounts("q", 0, 1)
	})
}

func TestFilteredMessagesAreDeleted(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.send("q", `{"price":5}`, `{"price":50}`, `plain`, `{"price":500}`, `{"vip":true}`)
		s.serve(dispatch.Options{}, dispatch.Mapping{
			Queue: key("q"), Function: "f",
			Filters: []string{`{"body":{"price":[{"numeric":[">",10]}]}}`, `{"body":{"vip":[true]}}`},
		})
		settle()
		wantSeen(t, s.function, []string{`{"price":50}`, `{"price":500}`, `{"vip":true}`})
		s.wantCounts("q", 0, 0)
		// Nothing is left of a batch: the function is not called.
		s.send("q", `{"price":1}`)
		settle()
		if s.function.count() != 1 {
			t.Errorf("%d invocations", s.function.count())
		}
		s.wantCounts("q", 0, 0)
		if got, want := s.status().Records, (dispatch.Records{Deleted: 3, Filtered: 3}); got != want {
			t.Errorf("records %+v, want %+v", got, want)
		}
	})
}

func TestEventsAreCutWhereTheyGetTooLarge(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		heavy := strings.Repeat("x", 1<<20-1)
		for i := range 10 {
			s.send("q", heavy+string(rune('0'+i)))
		}
		s.send("q", strings.Repeat("\"", 1<<20)) // twice as long in JSON
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MaxConcurrency: 1})
		settle()
		var order []string
		for _, c := range s.function.calls {
			if len(c.Event) > abi.MaxEvent {
				t.Errorf("an event of %d bytes", len(c.Event))
			}
			for _, body := range c.bodies {
				order = append(order, body[len(body)-1:])
			}
		}
		if d := cmp.Diff(strings.Split(`0123456789"`, ""), order); d != "" {
			t.Error(d)
		}
		s.wantCounts("q", 0, 0)
	})
}

// TestDeadLetterWithoutADeadLetterQueue leaves the record to its visibility timeout.
func TestDeadLetterWithoutADeadLetterQueue(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.send("q", "a")
		s.function.play(replying(func(string) *abi.BatchItemFailure { return &abi.BatchItemFailure{DeadLetter: true} }))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		settle()
		s.wantCounts("q", 0, 1)
		if got, want := s.status().Records, (dispatch.Records{Failed: 1}); got != want {
			t.Errorf("records %+v, want %+v", got, want)
		}
		after(30 * time.Second)
		wantSeen(t, s.function, []string{"a"}, []string{"a"})
	})
}
