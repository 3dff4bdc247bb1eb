package dispatch_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
)

func TestConcurrencyFollowsTheBacklog(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.send("q", numbered(200)...)
		s.function.play(lasting(time.Second))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MaxConcurrency: 9, BatchSize: 5})
		settle()
		if got := s.status(); got.Running != 9 || got.Workers != 9 {
			t.Errorf("%d running, %d workers", got.Running, got.Workers)
		}
		after(time.Minute)
		s.wantCounts("q", 0, 0)
		if s.function.most != 9 {
			t.Errorf("%d at the same time", s.function.most)
		}
		// Without a backlog the additional workers leave.
		after(time.Hour)
		if got := s.status(); got.Workers != 1 {
			t.Errorf("%d workers", got.Workers)
		}
		// A trickle needs no more.
		s.function.play(nil)
		for range 20 {
			s.send("q", "x")
			after(100 * time.Millisecond)
		}
		if got := s.status(); got.Workers != 2 {
			t.Errorf("%d workers", got.Workers)
		}
	})
}

// TestSomebodyAlwaysLooksForMessages: one that comes while all others are in work does not wait for them.
func TestSomebodyAlwaysLooksForMessages(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.function.play(lasting(10 * time.Second))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MaxConcurrency: 3})
		for i, want := range []int{1, 2, 3, 3} {
			s.send("q", "x")
			after(time.Second)
			if got := s.status(); got.Running != want {
				t.Errorf("%d running after %d messages, want %d", got.Running, i+1, want)
			}
		}
		after(time.Hour)
		s.wantCounts("q", 0, 0)
		if got := s.status(); got.Workers != 1 {
			t.Errorf("%d workers", got.Workers)
		}
	})
}

// TestMinimumConcurrency is how many look for messages from the start, and when there is nothing to do.
func TestMinimumConcurrency(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MinConcurrency: 4, MaxConcurrency: 8})
		for range 2 {
			settle()
			if got := s.status(); got.Workers != 4 {
				t.Errorf("%d workers", got.Workers)
			}
			after(time.Hour)
		}
	})
}

func TestConcurrencyOfOne(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.send("q", numbered(100)...)
		s.function.play(lasting(time.Second))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MaxConcurrency: 1})
		after(time.Minute)
		s.wantCounts("q", 0, 0)
		if s.function.most != 1 || s.function.count() != 10 {
			t.Errorf("%d at the same time, %d invocations", s.function.most, s.function.count())
		}
	})
}

// TestDispatchCompetes with another consumer of the queue.
func TestDispatchCompetes(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		all := numbered(200)
		s.function.play(lasting(50 * time.Millisecond))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MaxConcurrency: 1})
		got := map[string]int{}
		for i, body := range all {
			s.send("q", body)
			if i%7 == 0 {
				for _, m := range s.receive("q") {
					got[string(m.Body)]++
					if err := s.DeleteMessage(t.Context(), owner, key("q"), m.ReceiptHandle); err != nil {
						t.Fatal(err)
					}
				}
			}
			time.Sleep(10 * time.Millisecond)
		}
		pulled := len(got)
		after(time.Minute)
		for _, batch := range s.function.seen() {
			for _, body := range batch {
				got[body]++
			}
		}
		want := map[string]int{}
		for _, body := range all {
			want[body] = 1
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if pulled == 0 || pulled == len(all) {
			t.Errorf("%d of %d pulled: nobody competed", pulled, len(all))
		}
		s.wantCounts("q", 0, 0)
	})
}
