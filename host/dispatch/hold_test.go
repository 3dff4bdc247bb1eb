package dispatch_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
)

// lasting works for so long, or until it is given up, and says what the messages' fate was.
func lasting(d time.Duration) func(context.Context, *call) dispatch.Result {
	return func(ctx context.Context, _ *call) dispatch.Result {
		select {
		case <-time.After(d):
			return dispatch.Result{Duration: d}
		case <-ctx.Done():
			return dispatch.Result{Failure: dispatch.FailureCanceled, Err: context.Cause(ctx)}
		}
	}
}

func TestVisibilityIsRenewedWhileABatchIsInWork(t *testing.T) {
	for _, visibility := range []string{"0", "1", "30"} {
		t.Run(visibility, func(t *testing.T) {
			virtual(t, func(t *testing.T, s *stage) {
				s.function.timeout = 15 * time.Minute
				s.create("q", "VisibilityTimeout", visibility)
				s.send("q", "a", "b")
				s.function.play(lasting(10 * time.Minute))
				s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MinConcurrency: 2})
				for range 20 {
					after(29 * time.Second)
					if got := s.receive("q"); len(got) != 0 {
						t.Fatalf("another consumer got %v", bodies(got))
					}
				}
				after(time.Minute)
				s.wantCounts("q", 0, 0)
				wantSeen(t, s.function, []string{"a", "b"})
			})
		})
	}
}

// TestHeldMessagesComeBackInTime fails a batch that was renewed often.
func TestHeldMessagesComeBackInTime(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.function.timeout = 15 * time.Minute
		s.create("q", "VisibilityTimeout", "30")
		s.send("q", "a")
		s.function.play(func(context.Context, *call) dispatch.Result {
			time.Sleep(10 * time.Minute)
			return dispatch.Result{Failure: dispatch.FailureHandler}
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		settle()
		after(10*time.Minute + 30*time.Second)
		if n := s.function.count(); n != 2 {
			t.Errorf("%d invocations: the message is not back", n)
		}
	})
}

// stubborn is a source whose renewals fail.
type stubborn struct {
	dispatch.Source

	fail atomic.Bool
}

func (s *stubborn) ChangeConsumedVisibility(ctx context.Context, key queue.Key, changes []queue.VisibilityChange) ([]error, error) {
	if s.fail.Load() {
		return nil, errors.New("out of order")
	}
	return s.Source.ChangeConsumedVisibility(ctx, key, changes)
}

func TestInvocationIsGivenUpBeforeItsMessagesAreLost(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		source := &stubborn{Source: s.Service}
		source.fail.Store(true)
		s.source = source
		s.function.timeout = 15 * time.Minute
		s.create("q", "VisibilityTimeout", "30")
		s.send("q", "a")
		var took time.Duration
		s.function.play(func(ctx context.Context, _ *call) dispatch.Result {
			began := time.Now()
			<-ctx.Done()
			took = time.Since(began)
			return dispatch.Result{Failure: dispatch.FailureCanceled, Err: context.Cause(ctx)}
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		after(29500 * time.Millisecond)
		if took < 28*time.Second || took > 29500*time.Millisecond {
			t.Errorf("given up after %v", took)
		}
		s.wantCounts("q", 0, 1)
		s.function.play(nil)
		after(time.Minute)
		s.wantCounts("q", 0, 0)
	})
}

// TestRenewalRecovers has a source that fails for a while.
func TestRenewalRecovers(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		source := &stubborn{Source: s.Service}
		source.fail.Store(true)
		s.source = source
		s.function.timeout = 15 * time.Minute
		s.create("q", "VisibilityTimeout", "30")
		s.send("q", "a")
		s.function.play(lasting(5 * time.Minute))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		after(25 * time.Second)
		source.fail.Store(false)
		after(5 * time.Minute)
		wantSeen(t, s.function, []string{"a"})
		s.wantCounts("q", 0, 0)
	})
}

func TestMessagesAreHeldForTwelveHoursAtMost(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.function.timeout = 24 * time.Hour
		s.create("q", "VisibilityTimeout", "3600")
		s.send("q", "a")
		began := time.Now()
		var took time.Duration
		s.function.play(func(ctx context.Context, c *call) dispatch.Result {
			if limit := c.Deadline.Sub(began); limit != 12*time.Hour-time.Second {
				t.Errorf("deadline after %v", limit)
			}
			<-ctx.Done()
			took = time.Since(began)
			return dispatch.Result{Failure: dispatch.FailureCanceled, Err: context.Cause(ctx)}
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		after(12*time.Hour - 1500*time.Millisecond)
		s.function.play(nil)
		after(500 * time.Millisecond)
		if took != 12*time.Hour-time.Second {
			t.Errorf("given up after %v", took)
		}
		s.wantCounts("q", 0, 1)
		after(time.Second)
		wantSeen(t, s.function, []string{"a"}, []string{"a"})
	})
}
