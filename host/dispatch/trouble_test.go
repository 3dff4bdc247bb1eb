package dispatch_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
)

func crashing(context.Context, *call) dispatch.Result {
	return dispatch.Result{Failure: dispatch.FailureCrash, Err: errors.New("unreachable")}
}

func TestCrashLoopBacksOff(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q", "VisibilityTimeout", "0") // messages are back after a second
		s.send("q", numbered(5)...)
		s.function.play(crashing)
		start := time.Now()
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", BatchSize: 1, MinConcurrency: 4, MaxConcurrency: 8})
		settle()
		got := s.status()
		if got.State != dispatch.StateBackingOff || got.Reason != "crashed: unreachable" || got.RetryAt.Sub(start) != time.Second || got.Workers != 1 {
			t.Errorf("status %+v", got)
		}
		first := s.function.count() // as many as workers
		after(4 * time.Minute)
		var times []float64 // seconds
		for _, c := range s.function.calls[first:] {
			times = append(times, c.at.Sub(start).Seconds())
		}
		want := []float64{1, 3, 7, 15, 31, 63, 123, 183}
		if d := cmp.Diff(want, times); d != "" {
			t.Errorf("attempts (-want +got):\n%s", d)
		}

		s.function.play(nil)
		after(time.Minute)
		s.wantCounts("q", 0, 0)
		if got := s.status(); got.State != dispatch.StateRunning || got.Reason != "" || !got.RetryAt.IsZero() || got.Workers < 4 {
			t.Errorf("status %+v", got)
		}
		if lines := strings.Count(s.log.String(), "mapping is backing_off"); lines != 1 {
			t.Errorf("logged %d times", lines)
		}
	})
}

// TestHandlerErrorsDoNotPause: they concern the records.
func TestHandlerErrorsDoNotPause(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.send("q", numbered(50)...)
		s.function.play(func(context.Context, *call) dispatch.Result {
			return dispatch.Result{Failure: dispatch.FailureHandler}
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		settle()
		if n := s.function.count(); n != 5 {
			t.Errorf("%d invocations", n)
		}
	})
}

func TestMissingQueue(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MinConcurrency: 4})
		after(time.Hour)
		got := s.status()
		if got.State != dispatch.StateWaiting || !strings.Contains(got.Reason, "The specified queue does not exist.") {
			t.Errorf("status %+v", got)
		}
		if n := strings.Count(s.log.String(), "level=WARN"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, s.log.String())
		}
		s.create("q")
		after(5 * time.Second)
		if got := s.status(); got.State != dispatch.StateRunning {
			t.Errorf("status %+v", got)
		}
		s.send("q", "a")
		settle()
		wantSeen(t, s.function, []string{"a"})

		// Deleted and made again.
		if err := s.DeleteQueue(t.Context(), owner, key("q")); err != nil {
			t.Fatal(err)
		}
		after(time.Minute)
		if got := s.status(); got.State != dispatch.StateWaiting {
			t.Errorf("status %+v", got)
		}
		s.create("q")
		s.send("q", "b")
		after(5 * time.Second)
		wantSeen(t, s.function, []string{"a"}, []string{"b"})
	})
}

// TestMissingFunction must not cost the messages their receives.
func TestMissingFunction(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.send("q", "a")
		s.function.setMissing(true)
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		after(time.Hour)
		s.wantCounts("q", 1, 0)
		if got := s.status(); got.State != dispatch.StateWaiting || got.Reason != `there is no function "f"; deploy it` {
			t.Errorf("status %+v", got)
		}
		s.function.setMissing(false)
		after(5 * time.Second)
		wantSeen(t, s.function, []string{"a"})
		if got := s.function.calls[0].Attempt; got != 1 {
			t.Errorf("attempt %d", got)
		}
		if got := s.status().State; got != dispatch.StateRunning {
			t.Errorf("state %s", got)
		}
	})
}

// broken is a source that does not take deletes.
type broken struct{ dispatch.Source }

func (broken) StartDeleteConsumed(queue.Key, []queue.Handle) (func(context.Context) ([]error, error), error) {
	return func(context.Context) ([]error, error) { return nil, queue.ErrUnavailable }, nil
}

func TestDeletesThatFailPauseTheMapping(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.source = broken{s.Service}
		s.create("q")
		s.send("q", numbered(100)...)
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MaxConcurrency: 1})
		settle()
		// A second batch may be in work while the first one cannot be deleted.
		got, count := s.status(), s.function.count()
		if got.State != dispatch.StateWaiting || count > 2 {
			t.Errorf("%d invocations, status %+v", count, got)
		}
		if want := (dispatch.Records{Failed: int64(10 * count)}); got.Records != want {
			t.Errorf("records %+v, want %+v", got.Records, want)
		}
	})
}

// hasty is a source whose receives do not wait, as when messages cannot be moved to their dead-letter queue.
type hasty struct {
	dispatch.Source

	receives atomic.Int64
}

func (h *hasty) Consume(context.Context, queue.Key, queue.ConsumeRequest) (queue.Consumed, error) {
	h.receives.Add(1)
	return queue.Consumed{}, nil
}

func TestReceivesThatDoNotWaitAreNoTightLoop(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		source := &hasty{Source: s.Service}
		s.source = source
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		after(10*time.Second - time.Millisecond)
		if n := source.receives.Load(); n != 10 {
			t.Errorf("%d receives in ten seconds", n)
		}
	})
}
