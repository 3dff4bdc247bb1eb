package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
)

func TestWindowFillsABatch(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q", "VisibilityTimeout", "2") // shorter than the window: held by renewal
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", BatchSize: 1000, Window: 10 * time.Second})
		after(time.Minute)
		start := time.Now()
		all := numbered(60)
		s.send("q", all[:25]...)
		after(4 * time.Second)
		s.send("q", all[25:]...)
		after(6*time.Second - time.Millisecond)
		if n := s.function.count(); n != 0 {
			t.Fatalf("%d invocations before the window is over", n)
		}
		after(time.Millisecond)
		wantSeen(t, s.function, all)
		if at := s.function.calls[0].at.Sub(start); at != 10*time.Second {
			t.Errorf("after %v", at)
		}
		if got := s.function.calls[0].Attempt; got != 1 {
			t.Errorf("attempt %d", got)
		}
		s.wantCounts("q", 0, 0)
	})
}

func TestWindowEndsWhenTheBatchIsFull(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.serve(dispatch.Options{}, dispatch.Mapping{
			Queue: key("q"), Function: "f", BatchSize: 25, Window: 5 * time.Minute, MaxConcurrency: 1,
		})
		all := numbered(60)
		s.send("q", all...)
		settle()
		wantSeen(t, s.function, all[:25], all[25:50])
		after(5 * time.Minute)
		wantSeen(t, s.function, all[:25], all[25:50], all[50:])
	})
}

func TestWindowEndsWhenTheBatchIsHeavy(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		for range 30 {
			s.send("q", strings.Repeat("x", 256<<10))
		}
		s.serve(dispatch.Options{}, dispatch.Mapping{
			Queue: key("q"), Function: "f", BatchSize: 10_000, Window: 5 * time.Minute, MaxConcurrency: 1,
		})
		settle()
		var records []int
		for _, c := range s.function.seen() {
			records = append(records, len(c))
		}
		// Thirty records were received when the batch was heavy enough, and are too much for one event.
		if d := cmp.Diff([]int{15, 15}, records); d != "" {
			t.Error(d)
		}
		s.wantCounts("q", 0, 0)
	})
}

// TestWindowOfASmallBatch is Lambda's batch size of ten with a window.
func TestWindowOfASmallBatch(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", Window: 500 * time.Millisecond})
		s.send("q", "a")
		after(499 * time.Millisecond)
		s.send("q", "b")
		wantSeen(t, s.function)
		after(time.Millisecond)
		wantSeen(t, s.function, []string{"a", "b"})
	})
}

func TestPauseClosesTheWindow(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		m := dispatch.Mapping{ID: "m", Queue: key("q"), Function: "f", Window: time.Minute}
		s.serve(dispatch.Options{}, m)
		s.send("q", "a")
		settle()
		if err := s.dispatcher.Pause("m"); err != nil {
			t.Fatal(err)
		}
		settle()
		wantSeen(t, s.function, []string{"a"})
	})
}
