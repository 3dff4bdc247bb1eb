package dispatch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
)

// ending stops the dispatcher and returns a channel that tells how long it took.
func (s *stage) ending() <-chan time.Duration {
	took := make(chan time.Duration, 1)
	go func() {
		began := time.Now()
		s.stop()
		took <- time.Since(began)
	}()
	synctest.Wait()
	return took
}

func TestDrainFinishesWhatRuns(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.function.play(lasting(10 * time.Second))
		s.serve(dispatch.Options{Grace: 25 * time.Second}, dispatch.Mapping{Queue: key("q"), Function: "f", MaxConcurrency: 4})
		s.send("q", "a")
		after(time.Second)
		took := s.ending()
		s.send("q", "b")
		if got := <-took; got != 9*time.Second {
			t.Errorf("took %v", got)
		}
		wantSeen(t, s.function, []string{"a"})
		s.wantCounts("q", 1, 0)
		if got := s.status(); got.State != dispatch.StateStopped || got.Running != 0 {
			t.Errorf("status %+v", got)
		}
	})
}

func TestDrainOfIdleMappingsTakesNoTime(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.serve(dispatch.Options{},
			dispatch.Mapping{Queue: key("q"), Function: "f", MinConcurrency: 3}, dispatch.Mapping{Queue: key("none"), Function: "f"})
		after(time.Minute)
		if got := <-s.ending(); got != 0 {
			t.Errorf("took %v", got)
		}
		s.send("q", "a")
		s.wantCounts("q", 1, 0)
	})
}

func TestDrainGivesUpAfterTheGracePeriod(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q", "VisibilityTimeout", "600")
		s.send("q", "a", "b")
		var cause error
		s.function.play(func(ctx context.Context, _ *call) dispatch.Result {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return dispatch.Result{Failure: dispatch.FailureCanceled, Err: cause}
		})
		s.serve(dispatch.Options{Grace: 5 * time.Second}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		after(time.Second)
		if got := <-s.ending(); got != 5*time.Second {
			t.Errorf("took %v", got)
		}
		if cause == nil || cause.Error() != "the process stops and the grace period is over" {
			t.Errorf("cause %v", cause)
		}
		if d := cmp.Diff([]string{"a", "b"}, bodies(s.receive("q"))); d != "" {
			t.Errorf("messages are not visible at once: %s", d)
		}
		if got, want := s.status().Records, (dispatch.Records{Released: 2}); got != want {
			t.Errorf("records %+v, want %+v", got, want)
		}
	})
}

// TestDrainReleasesWhatWasNotBegun stops in a window, and between the events of a batch that is bisected.
func TestDrainReleasesWhatWasNotBegun(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("window", "VisibilityTimeout", "600")
		s.create("bisect", "VisibilityTimeout", "600")
		s.send("window", "a", "b")
		s.send("bisect", "c", "d", "e")
		s.function.play(func(context.Context, *call) dispatch.Result {
			time.Sleep(2 * time.Second)
			return dispatch.Result{Failure: dispatch.FailureHandler}
		})
		s.serve(dispatch.Options{Grace: time.Minute},
			dispatch.Mapping{Queue: key("window"), Function: "f", Window: time.Minute},
			dispatch.Mapping{Queue: key("bisect"), Function: "f", Bisect: true})
		after(3 * time.Second)
		if got := <-s.ending(); got != time.Second {
			t.Errorf("took %v", got)
		}
		wantSeen(t, s.function, []string{"c", "d", "e"}, []string{"c", "d"})
		if d := cmp.Diff([]string{"a", "b"}, bodies(s.receive("window"))); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"c", "d", "e"}, bodies(s.receive("bisect"))); d != "" {
			t.Error(d)
		}
	})
}

// TestDrainTellsOfLastReceives stops while the function works, in a window, and between the events of a batch. Records that
// were received for the last time are given up by that: they go to the dead-letter queue without another try.
func TestDrainTellsOfLastReceives(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("dead")
		s.create("failed")
		for queue, receives := range map[string]int{"last": 1, "window": 1, "bisect": 1, "others": 2} {
			attribute, value := redrive("dead", receives)
			s.create(queue, "VisibilityTimeout", "600", attribute, value)
			s.send(queue, queue+" a", queue+" b")
		}
		s.function.play(func(ctx context.Context, c *call) dispatch.Result {
			if c.Queue.Name == "bisect" {
				time.Sleep(2 * time.Second)
				return dispatch.Result{Failure: dispatch.FailureHandler}
			}
			<-ctx.Done()
			return dispatch.Result{Failure: dispatch.FailureCanceled, Err: context.Cause(ctx)}
		})
		s.serve(dispatch.Options{Grace: 5 * time.Second},
			dispatch.Mapping{Queue: key("last"), Function: "f", OnFailure: to("failed")},
			dispatch.Mapping{Queue: key("window"), Function: "f", OnFailure: to("failed"), Window: time.Minute},
			dispatch.Mapping{Queue: key("bisect"), Function: "f", OnFailure: to("failed"), Bisect: true},
			dispatch.Mapping{Queue: key("others"), Function: "f", OnFailure: to("failed")})
		after(3 * time.Second)
		<-s.ending()

		told := s.told("failed")
		got := map[string]string{}
		for i := range told {
			if told[i].RequestContext.RequestID == "" || told[i].ResponseContext.FunctionError != "Unhandled" {
				t.Errorf("told %+v", told[i])
			}
			got[told[i].about()] = string(told[i].ResponsePayload)
		}
		const (
			cut   = `{"errorType":"canceled","errorMessage":"the process stops and the grace period is over"}`
			never = `{"errorType":"canceled","errorMessage":"the message was given back before the function was invoked"}`
		)
		want := map[string]string{
			"last a RetriesExhausted": cut, "last b RetriesExhausted": cut,
			"window a RetriesExhausted": never, "window b RetriesExhausted": never,
			"bisect a RetriesExhausted": `{"errorType":"handler_error","errorMessage":""}`, // alone, when the stop came
			"bisect b RetriesExhausted": `{"errorType":"handler_error","errorMessage":""}`, // with the other one
		}
		if d := cmp.Diff(want, got); d != "" || len(told) != len(want) {
			t.Errorf("%d invocation records (-want +got):\n%s", len(told), d)
		}
		if d := cmp.Diff([]string{"others a", "others b"}, bodies(s.receive("others"))); d != "" {
			t.Error(d)
		}
		for _, queue := range []string{"last", "window", "bisect"} {
			if got := bodies(s.receive(queue)); len(got) > 0 {
				t.Errorf("%q come again", got)
			}
		}
		// All but the one whose visibility timeout goes on, because the function has failed it.
		if got := len(s.receive("dead")); got != len(want)-1 {
			t.Errorf("%d messages are in the dead-letter queue", got)
		}
	})
}
