package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/dispatch"
)

// property runs a test with some sequences of random numbers, each in virtual time.
func property(t *testing.T, test func(t *testing.T, s *stage, random *rand.Rand)) {
	t.Helper()
	for seed := range uint64(8) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			virtual(t, func(t *testing.T, s *stage) { test(t, s, rand.New(rand.NewPCG(seed, 0))) })
		})
	}
}

// between returns a random duration of whole milliseconds.
func between(random *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(random.Int64N(int64((high-low)/time.Millisecond)+1))*time.Millisecond
}

// TestWindowsWhateverArrives: each message is handed over once, in a batch of the size at most, no later than a window after
// it came, and at once with the last of a full batch. Messages outlive their visibility timeout while a window is open.
func TestWindowsWhateverArrives(t *testing.T) {
	property(t, func(t *testing.T, s *stage, random *rand.Rand) {
		size := 1 + random.IntN(30)
		window := between(random, time.Second, 90*time.Second)
		s.create("q", "VisibilityTimeout", strconv.Itoa(random.IntN(40)))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", BatchSize: size, Window: window, MaxConcurrency: 1})
		settle()
		came := map[string]time.Time{}
		for n := range 100 {
			body := fmt.Sprintf("m%d", n)
			came[body] = time.Now()
			s.send("q", body)
			if random.IntN(3) == 0 {
				after(between(random, 0, 2*window))
			}
		}
		after(2*window + time.Second)
		seen := map[string]bool{}
		for _, c := range s.function.calls {
			last := time.Time{}
			for _, body := range c.bodies {
				if seen[body] {
					t.Errorf("%s was handed over twice", body)
				}
				seen[body] = true
				if waited := c.at.Sub(came[body]); waited > window {
					t.Errorf("%s has waited %v in a window of %v", body, waited, window)
				}
				if came[body].After(last) {
					last = came[body]
				}
			}
			if len(c.bodies) > size {
				t.Errorf("a batch of %d, with a size of %d", len(c.bodies), size)
			}
			if len(c.bodies) == size && !c.at.Equal(last) {
				t.Errorf("a full batch waited for %v", c.at.Sub(last))
			}
		}
		if len(seen) != len(came) {
			t.Errorf("%d of %d messages were handed over", len(seen), len(came))
		}
		s.wantCounts("q", 0, 0)
	})
}

// TestBackoffWhateverFails: after the n-th crash in a row the next attempt comes 2ⁿ⁻¹ seconds later, a minute at most, and at
// once after anything else.
func TestBackoffWhateverFails(t *testing.T) {
	property(t, func(t *testing.T, s *stage, random *rand.Rand) {
		s.create("q", "VisibilityTimeout", "43200") // who failed is out of the way
		s.send("q", numbered(60)...)
		var outcomes []dispatch.Failure
		kinds := []dispatch.Failure{
			"", dispatch.FailureHandler, dispatch.FailureCrash, dispatch.FailureTimeout, dispatch.FailureThrottled, dispatch.FailureResponse,
		}
		s.function.play(func(context.Context, *call) dispatch.Result {
			f := kinds[random.IntN(2)]
			if random.IntN(10) < 8 {
				f = kinds[2+random.IntN(4)]
			}
			outcomes = append(outcomes, f)
			return dispatch.Result{Failure: f}
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", BatchSize: 1, MaxConcurrency: 1})
		after(2 * time.Hour)
		if len(outcomes) != 60 {
			t.Fatalf("%d attempts", len(outcomes))
		}
		crashes := 0
		for n, f := range outcomes[:59] {
			want := time.Duration(0)
			if f == "" || f == dispatch.FailureHandler {
				crashes = 0
			} else {
				want = min(time.Second<<crashes, time.Minute)
				crashes++
			}
			if got := s.function.calls[n+1].at.Sub(s.function.calls[n].at); got != want {
				t.Fatalf("%v after %q, crash %d in a row; want %v", got, f, crashes, want)
			}
		}
	})
}

// TestHoldWhateverHappens has batches end exactly when the visibility timeout does, before and after, while renewals fail now
// and then and another consumer asks all the time. As long as an invocation goes on nobody else gets its messages, a record
// that is done is gone, and one that is not comes again.
func TestHoldWhateverHappens(t *testing.T) {
	property(t, func(t *testing.T, s *stage, random *rand.Rand) {
		visibility := time.Duration(random.IntN(20)) * time.Second
		s.function.timeout = 15 * time.Minute
		source := &stubborn{Source: s.Service}
		s.source = source
		s.create("q", "VisibilityTimeout", strconv.Itoa(int(visibility/time.Second)))
		all := numbered(20)
		s.send("q", all...)
		var running atomic.Bool
		others := func() []string { return bodies(s.receive("q")) }
		done := map[string]int{}
		lots := rand.New(rand.NewPCG(random.Uint64(), 1)) // of the function, which runs beside the test
		s.function.play(func(ctx context.Context, c *call) dispatch.Result {
			running.Store(true)
			defer running.Store(false)
			takes := max(visibility, time.Second) * time.Duration(lots.IntN(4)) / 2 // whole and half timeouts
			if lots.IntN(2) == 0 {
				takes += between(lots, 0, time.Second)
			}
			source.fail.Store(lots.IntN(4) == 0)
			if result := lasting(takes)(ctx, c); result.Failure != "" {
				if got := others(); slices.ContainsFunc(got, func(body string) bool { return slices.Contains(c.bodies, body) }) {
					t.Errorf("the invocation of %v is given up, but somebody else has %v", c.bodies, got)
				}
				return result
			}
			source.fail.Store(false)
			for _, body := range c.bodies {
				done[body]++
			}
			return dispatch.Result{}
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", BatchSize: 1 + random.IntN(10), MaxConcurrency: 1})
		for range 200 {
			after(between(random, 0, time.Second))
			if !running.Load() {
				continue
			}
			s.function.mu.Lock()
			held := s.function.calls[len(s.function.calls)-1].bodies
			s.function.mu.Unlock()
			for _, body := range others() {
				if running.Load() && slices.Contains(held, body) {
					t.Errorf("another consumer got %s while it is in work", body)
				}
			}
		}
		after(12 * time.Hour)
		s.wantCounts("q", 0, 0)
		for _, body := range all {
			if done[body] != 1 {
				t.Errorf("%s was done %d times", body, done[body])
			}
		}
	})
}
