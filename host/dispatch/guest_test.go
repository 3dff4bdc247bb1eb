package dispatch_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/build"
)

// functions lets a dispatcher call the functions of a runtime.
type functions struct{ *plugins.Runtime }

func (f functions) Invoke(ctx context.Context, name string, inv dispatch.Invocation) dispatch.Result {
	result, err := f.Runtime.Invoke(ctx, name, plugins.Invocation{
		RequestID: inv.RequestID, FunctionARN: inv.FunctionARN, Event: inv.Event, Deadline: inv.Deadline,
		MessageIDs: inv.MessageIDs, Attempt: inv.Attempt,
	})
	return dispatch.Result{
		Response: result.Response, Failure: dispatch.Failure(plugins.KindOf(err)), Err: err, Duration: result.Duration,
	}
}

// buildGuest builds the guest of the tests at the first call.
var buildGuest = sync.OnceValues(func() (string, error) {
	path := filepath.Join(sharedDir, "guest.wasm")
	return path, build.Go(context.Background(), filepath.Join("testdata", "guest"), path)
})

func guest(tb testing.TB) string {
	tb.Helper()
	path, err := buildGuest()
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// withFunctions runs a test in real time with functions of a real runtime.
func withFunctions(t testing.TB, o jetstream.EmbeddedOptions, f ...plugins.Function) *stage {
	t.Helper()
	o.Dir = t.TempDir()
	s, end := newStage(t, o)
	t.Cleanup(end)
	runtime, err := plugins.New(t.Context(), plugins.Options{
		CacheDir: filepath.Join(sharedDir, "cache"), Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.stop()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := runtime.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	for _, function := range f {
		if _, err := runtime.Deploy(t.Context(), function); err != nil {
			t.Fatal(err)
		}
	}
	s.invoker = functions{runtime}
	return s
}

// eventually waits in real time until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not after a minute", what)
		}
	}
}

// empty says whether the queue q has no message, in whatever state.
func (s *stage) empty() bool {
	got, err := s.GetQueueAttributes(s.t.Context(), owner, key("q"), []string{"All"})
	if err != nil {
		s.t.Fatal(err)
	}
	return got["ApproximateNumberOfMessages"] == "0" && got["ApproximateNumberOfMessagesNotVisible"] == "0"
}

// done says whether the queue q is empty and that many outcomes of records are counted, which comes after.
func (s *stage) done(outcomes int64) bool {
	r := s.status().Records
	return s.empty() && r.Deleted+r.Filtered+r.Failed+r.DeadLettered+r.Released == outcomes
}

// TestGuestPoisonedRecord has one of ten records fail until it is in the dead-letter queue.
func TestGuestPoisonedRecord(t *testing.T) {
	s := withFunctions(t, jetstream.EmbeddedOptions{}, plugins.Function{Name: "f", Path: guest(t)})
	s.create("dlq")
	attribute, value := redrive("dlq", 3)
	s.create("q", "VisibilityTimeout", "2", attribute, value)
	for i := range 10 {
		if i == 6 {
			s.send("q", "fail")
		} else {
			s.send("q", "ok")
		}
	}
	s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
	eventually(t, "the queue is done", func() bool { return s.done(12) })
	dead := s.receive("dlq")
	if len(dead) != 1 || string(dead[0].Body) != "fail" || dead[0].ReceiveCount != 4 {
		t.Errorf("dead letters %+v", dead)
	}
	if got, want := s.status().Records, (dispatch.Records{Deleted: 9, Failed: 3}); got != want {
		t.Errorf("records %+v, want %+v", got, want)
	}
	if got := s.status(); got.Failed != 0 || got.State != dispatch.StateRunning {
		t.Errorf("status %+v", got)
	}
}

// TestGuestFailures names how each misbehaviour of a guest is seen. Bisecting leaves only the culprit.
func TestGuestFailures(t *testing.T) {
	for body, want := range map[string]string{
		"error out of luck":  `handler_error: function "f" failed: errorString: out of luck`,
		"panic at the disco": `crashed: function "f" crashed: panic: at the disco`,
		"exit":               `crashed: function "f" crashed: exit code 7`,
		"loop":               `timed_out: function "f" timed out after `, // a second, or what is left of the visibility timeout
		"sleep 1h":           `timed_out: function "f" timed out after `,
	} {
		t.Run(body, func(t *testing.T) {
			feed := activity.New(100)
			timeout := time.Minute
			if strings.HasPrefix(want, "timed_out") {
				timeout = time.Second
			}
			s := withFunctions(t, jetstream.EmbeddedOptions{}, plugins.Function{Name: "f", Path: guest(t), Timeout: timeout})
			s.create("dlq")
			attribute, value := redrive("dlq", 1)
			s.create("q", "VisibilityTimeout", "3", attribute, value)
			s.send("q", "ok", "ok", body, "ok")
			s.serve(dispatch.Options{Activity: feed}, dispatch.Mapping{Queue: key("q"), Function: "f", Bisect: true, MaxConcurrency: 1})
			eventually(t, "the queue is done", func() bool { return s.done(4) })
			if d := cmp.Diff([]string{body}, bodies(s.receive("dlq"))); d != "" {
				t.Error(d)
			}
			if got := s.status().Records; got.Deleted != 3 || got.Failed != 1 {
				t.Errorf("records %+v", got)
			}
			failed := 0
			for _, e := range feed.Recent(activity.Query{Kinds: []activity.Kind{activity.Invoked}}) {
				if e.Detail != "" {
					failed++
					if !strings.HasPrefix(e.Detail, want) {
						t.Errorf("failure %q, want %q", e.Detail, want)
					}
				}
			}
			if failed != 3 { // of four records, of two, of the one
				t.Errorf("%d failures", failed)
			}
		})
	}
}

// TestGuestThatTakesLongerThanTheVisibilityTimeout is called once, because its messages are held.
func TestGuestThatTakesLongerThanTheVisibilityTimeout(t *testing.T) {
	s := withFunctions(t, jetstream.EmbeddedOptions{}, plugins.Function{Name: "f", Path: guest(t)})
	s.create("q", "VisibilityTimeout", "2")
	s.send("q", "sleep 4s", "ok")
	s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MinConcurrency: 2})
	eventually(t, "the queue is done", func() bool { return s.done(2) })
	if got := s.status(); got.Invocations != 1 || got.Records.Deleted != 2 {
		t.Errorf("status %+v", got)
	}
}

func TestGuestIsCutShortAtTheEndOfTheGracePeriod(t *testing.T) {
	s := withFunctions(t, jetstream.EmbeddedOptions{}, plugins.Function{Name: "f", Path: guest(t)})
	s.create("q", "VisibilityTimeout", "600")
	s.send("q", "loop")
	s.serve(dispatch.Options{Grace: 200 * time.Millisecond}, dispatch.Mapping{Queue: key("q"), Function: "f"})
	// A batch that the guest has not begun with is given back at once.
	eventually(t, "the guest runs", func() bool { return s.invoker.(functions).Stats()[0].Idle == 0 })
	began := time.Now()
	s.stop()
	if took := time.Since(began); took < 200*time.Millisecond || took > 30*time.Second {
		t.Errorf("took %v", took)
	}
	if d := cmp.Diff([]string{"loop"}, bodies(s.receive("q"))); d != "" {
		t.Error(d)
	}
}

func TestGuestBuriesARecord(t *testing.T) {
	s := withFunctions(t, jetstream.EmbeddedOptions{}, plugins.Function{Name: "f", Path: guest(t)})
	s.create("dlq")
	attribute, value := redrive("dlq", 1000)
	s.create("q", attribute, value)
	s.send("q", "ok", "bury", "ok")
	s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
	eventually(t, "the queue is done", func() bool { return s.done(3) })
	if d := cmp.Diff([]string{"bury"}, bodies(s.receive("dlq"))); d != "" {
		t.Error(d)
	}
}
