package dispatch_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/plugins/flow"
)

// stuck is a function that hangs at each message of that text, and is given up after a minute.
type stuck struct {
	*function

	text string
	end  chan struct{}
}

func (s stuck) Invoke(ctx context.Context, name string, inv dispatch.Invocation) (result dispatch.Result) {
	if !strings.Contains(string(inv.Event), s.text) {
		return s.function.Invoke(ctx, name, inv)
	}
	var call flow.Call
	if !inv.Flow.Do(&call, func() {
		time.AfterFunc(time.Minute, call.GiveUp)
		<-s.end
	}) {
		result.Failure = dispatch.FailureTimeout
	}
	return result
}

// TestAWorkerGoesOnWithoutAStuckFunction has one worker, which must go on and end while its call hangs.
func TestAWorkerGoesOnWithoutAStuckFunction(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		hanging := stuck{s.function, "hang", make(chan struct{})}
		defer close(hanging.end)
		s.invoker = hanging
		s.create("q", "VisibilityTimeout", "600")
		s.send("q", "hang", "next")
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", BatchSize: 1, MaxConcurrency: 1, MinConcurrency: 1})
		after(59 * time.Second)
		wantSeen(t, s.function)
		after(2 * time.Second)
		wantSeen(t, s.function, []string{"next"})
		if got := s.status(); got.Failed != 1 || got.Records.Deleted != 1 || got.Records.Failed != 1 {
			t.Errorf("%+v", got)
		}
		s.stop()
	})
}

// TestABatchIsToldOfWhileTheNextOneIsInWork deletes the first message beside the second one, which takes a minute.
func TestABatchIsToldOfWhileTheNextOneIsInWork(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.function.timeout = 5 * time.Minute
		s.function.handle = func(_ context.Context, c *call) dispatch.Result {
			if c.bodies[0] == "slow" {
				time.Sleep(time.Minute)
			}
			return dispatch.Result{}
		}
		s.create("q", "VisibilityTimeout", "600")
		s.send("q", "quick", "slow")
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", BatchSize: 1, MaxConcurrency: 1})
		after(time.Second)
		if got := s.status().Records.Deleted; got != 1 {
			t.Errorf("%d records are told to be deleted, want 1", got)
		}
		after(time.Minute)
		if got := s.status().Records.Deleted; got != 2 {
			t.Errorf("%d records are told to be deleted at the end, want 2", got)
		}
	})
}
