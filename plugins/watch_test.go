package plugins

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// watched is a watch in virtual time, with what it has told.
type watched struct {
	watch

	told []error
}

func watching(t *testing.T, test func(t *testing.T, w *watched)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &watched{}
		w.over = func(cause error, _ *batch) { w.told = append(w.told, cause) }
		test(t, w)
		w.end()
		w.rest()
	})
}

func (w *watched) begin(parent context.Context) {
	w.arm(parent, time.Now(), time.Now().Add(time.Minute), nil)
}

func TestATurnEndsAtItsDeadline(t *testing.T) {
	watching(t, func(t *testing.T, w *watched) {
		w.begin(t.Context())
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		if w.fired.Load() {
			t.Error("it was over before its deadline")
		}
		w.expire() // as a timer does that goes by another clock
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !w.end() || len(w.told) != 1 || !errors.Is(w.reason(), context.DeadlineExceeded) {
			t.Errorf("told %v because of %v", w.told, w.reason())
		}
		w.begin(t.Context())
		if w.fired.Load() {
			t.Error("the next one was over at once")
		}
	})
}

func TestATurnEndsWithItsParent(t *testing.T) {
	gone := errors.New("gone")
	watching(t, func(t *testing.T, w *watched) {
		other, leave := context.WithCancel(t.Context())
		w.begin(other)
		w.end()
		parent, lose := context.WithCancelCause(t.Context())
		for range 2 { // the second turn has the parent of the first
			w.begin(parent)
			w.end()
		}
		w.begin(parent)
		leave() // concerns an earlier turn
		synctest.Wait()
		if w.fired.Load() {
			t.Fatal("it was over with the parent of an earlier turn")
		}
		lose(gone)
		synctest.Wait()
		if !w.end() || !errors.Is(w.reason(), gone) {
			t.Errorf("told %v because of %v", w.told, w.reason())
		}
		w.begin(parent)
		if !w.fired.Load() {
			t.Error("a turn goes on whose parent had ended before")
		}
	})
}

// uncomparable is a context that == does not take.
type uncomparable struct {
	context.Context

	_ []int
}

func TestAParentNeedNotBeComparable(t *testing.T) {
	watching(t, func(t *testing.T, w *watched) {
		ctx, cancel := context.WithCancel(t.Context())
		for range 2 {
			w.begin(uncomparable{Context: ctx})
			w.end()
		}
		w.begin(uncomparable{Context: ctx})
		cancel()
		synctest.Wait()
		if !w.fired.Load() {
			t.Error("it goes on")
		}
	})
}

// What is done for the guest when its time ends has to know why.
func TestTheContextOfATurnEndsForTheSameReason(t *testing.T) {
	for range 100 { // either may come first
		watching(t, func(t *testing.T, w *watched) {
			w.begin(t.Context())
			ctx := w.context()
			time.Sleep(time.Minute)
			synctest.Wait()
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Errorf("the context ended with %v", ctx.Err())
			}
		})
	}
	watching(t, func(t *testing.T, w *watched) {
		w.begin(t.Context())
		ctx := w.context()
		w.kill()
		if !errors.Is(ctx.Err(), context.Canceled) || !w.fired.Load() {
			t.Errorf("a context of a turn that was killed ended with %v", ctx.Err())
		}
	})
}
