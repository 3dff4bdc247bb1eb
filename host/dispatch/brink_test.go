package dispatch_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/plugins/abi"
)

// brink is a batch of one message whose function ends near the moment when the message becomes visible, or would if it was
// not renewed. The function is deaf: it does not hear that it is given up before.
type brink struct {
	queue   string
	lasts   time.Duration // of the function's work
	renewed bool
	verdict string // done, failed or retried at once
}

const brinkVisibility = 30 * time.Second

// TestBatchEndsWhenVisibilityDoes has a function that ends before, at and after the very moment when the visibility timeout
// does. Another consumer, which deletes nothing, asks for the message all the time. Nobody gets a message that is held, none
// is lost, and the handles of a batch that was late do not touch what the other consumer holds: a message of a standard queue
// can still be deleted, as the function has done it, one of a FIFO queue cannot.
func TestBatchEndsWhenVisibilityDoes(t *testing.T) {
	lasts := []time.Duration{brinkVisibility / 2, brinkVisibility - 1, brinkVisibility, brinkVisibility + 1, 4 * brinkVisibility}
	if testing.Short() {
		lasts = lasts[2:3]
	}
	for _, name := range []string{"q", "q.fifo"} {
		for _, renewed := range []bool{true, false} {
			for _, last := range lasts {
				for _, verdict := range []string{"done", "failed", "retried"} {
					b := brink{name, last, renewed, verdict}
					t.Run(fmt.Sprintf("%+v", b), func(t *testing.T) {
						virtual(t, func(t *testing.T, s *stage) { b.check(t, b.play(t, s)) })
					})
				}
			}
		}
	}
}

// play returns when the other consumer got the message, after its first receive.
func (b brink) play(t *testing.T, s *stage) (others []time.Duration) {
	t.Helper()
	source := &stubborn{Source: s.Service}
	source.fail.Store(!b.renewed)
	s.source = source
	s.function.timeout = 15 * time.Minute
	s.create(b.queue, "VisibilityTimeout", fmt.Sprint(brinkVisibility.Seconds()))
	if b.queue == "q.fifo" {
		s.sendGroup("a")
	} else {
		s.send(b.queue, "a")
	}
	s.function.play(func(ctx context.Context, c *call) dispatch.Result {
		time.Sleep(b.lasts)
		source.fail.Store(false)
		switch b.verdict {
		case "failed":
			return dispatch.Result{Failure: dispatch.FailureHandler}
		case "retried":
			return replying(func(string) *abi.BatchItemFailure { return &abi.BatchItemFailure{DelaySeconds: new(0)} })(ctx, c)
		default:
			return dispatch.Result{}
		}
	})
	s.serve(dispatch.Options{}, dispatch.Mapping{ID: "m", Queue: key(b.queue), Function: "f"})
	settle()
	if err := s.dispatcher.Pause("m"); err != nil { // only the other consumer gets it from now on
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 6*brinkVisibility; after(250 * time.Millisecond) {
		if len(s.receive(b.queue)) > 0 {
			others = append(others, time.Since(began))
		}
	}
	wantSeen(t, s.function, []string{"a"})
	return others
}

// check compares with when the other consumer may get the message: not while it is held, not again within its own visibility
// timeout, and as long as it is not deleted.
func (b brink) check(t *testing.T, others []time.Duration) {
	t.Helper()
	free := min(b.lasts, brinkVisibility)
	switch {
	case b.renewed:
		free = b.lasts
	case b.verdict != "retried":
		free = brinkVisibility
	}
	late := !b.renewed && b.lasts >= brinkVisibility
	deleted := b.verdict == "done" && (!late || b.queue == "q")
	for n, at := range others {
		if at < free {
			t.Errorf("another consumer got the message after %v, when it was held", at)
		}
		if n > 0 && at < others[n-1]+brinkVisibility {
			t.Errorf("another consumer got the message after %v, when it had it since %v", at, others[n-1])
		}
		if deleted && (!late || at > b.lasts) {
			t.Errorf("another consumer got the message after %v, when it was deleted", at)
		}
	}
	if !deleted && (len(others) == 0 || others[len(others)-1] <= 4*brinkVisibility) {
		t.Error("the message is lost")
	}
}
