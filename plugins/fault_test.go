package plugins_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
)

// answer invokes a function once and returns the string it answered.
func answer(t *testing.T, r *plugins.Runtime, name, body string) string {
	t.Helper()
	result, err := r.Invoke(t.Context(), name, event(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	var text string
	if err := json.Unmarshal(result.Response, &text); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return text
}

// TestGoFaults lets a Go guest go wrong in every way. The invocation fails with the right kind of error, and the next one
// gets a new instance that works.
func TestGoFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	for _, mode := range []struct {
		name   string
		change func(*plugins.Options)
		slow   bool
	}{
		{"rewritten", nil, false},
		{"checked by wazero", func(o *plugins.Options) { *o = o.WithWazeroChecks() }, true},
	} {
		t.Run(mode.name, func(t *testing.T) {
			r := newRuntime(t, mode.change)
			deploy(t, r, plugins.Function{
				Name: "bad", Path: goGuest(t, "bad"), Memory: 32 << 20, Timeout: time.Minute, MaxConcurrency: 1,
			})
			for _, fault := range []struct {
				body  string
				limit time.Duration
				kind  plugins.Kind
				text  string // in the error
				keep  bool   // the instance stays
			}{
				{"error", time.Minute, plugins.KindHandler, "errorString: the handler is not happy", true},
				{"panic", time.Minute, plugins.KindCrash, "panic: asked to panic", false},
				{"goroutine panic", time.Minute, plugins.KindCrash, "panic: asked to panic beside", false},
				{"exit", time.Minute, plugins.KindCrash, "exit code 7", false},
				{"allocate", time.Minute, plugins.KindCrash, "fatal error: out of memory", false},
				{"recurse", time.Minute, plugins.KindCrash, "fatal error: ", false},
				{"spin", time.Second, plugins.KindTimeout, "timed out after", false},
				{"sleep", time.Second, plugins.KindTimeout, "timed out after", false},
				{"block", time.Second, plugins.KindTimeout, "timed out after", false},
			} {
				if mode.slow && (fault.body == "allocate" || fault.body == "recurse") {
					continue
				}
				t.Run(fault.body, func(t *testing.T) {
					before := answer(t, r, "bad", "served")
					inv := event(fault.body)
					inv.Deadline = time.Now().Add(fault.limit)
					_, err := r.Invoke(t.Context(), "bad", inv)
					if plugins.KindOf(err) != fault.kind || !strings.Contains(err.Error(), fault.text) {
						t.Errorf("kind %q, error %v; want %q and %q", plugins.KindOf(err), err, fault.kind, fault.text)
					}
					after := answer(t, r, "bad", "served")
					if (after == "1") == fault.keep || before == "" {
						t.Errorf("served %s before and %s after; instance kept: want %t", before, after, fault.keep)
					}
				})
			}
		})
	}
}

// TestPanicAfterReply lets a Go guest reply and then panic. The reply does not count: the batch fails and the next one gets a
// new instance. The log tells of the panic, with the batch that it belongs to.
func TestPanicAfterReply(t *testing.T) {
	log := newRecorder()
	r := newRuntime(t, func(o *plugins.Options) { o.Logger = slog.New(log) })
	deploy(t, r, plugins.Function{Name: "bad", Path: goGuest(t, "bad"), MaxConcurrency: 1})
	for range 2 {
		if got := answer(t, r, "bad", "served"); got != "1" {
			t.Errorf("the instance has served %s", got)
		}
		result, err := r.Invoke(t.Context(), "bad", event("panic after a reply"))
		if plugins.KindOf(err) != plugins.KindCrash || !strings.Contains(err.Error(), "panic: asked to panic after a reply") {
			t.Errorf("response %q, error %v", result.Response, err)
		}
		eventually(t, func() bool { return stats(r, "bad").Instances == 0 })
	}
	const line = "INFO panic: asked to panic after a reply function=bad request_id=request message_ids=[message-0] stream=stderr"
	if !slices.Contains(log.text(), line) {
		t.Errorf("the log does not tell of the panic: %q", log.text())
	}
}

// TestWorld shows a guest what it gets of the world.
func TestWorld(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{
		Name: "bad", Path: goGuest(t, "bad"), Memory: 64 << 20, Timeout: time.Minute,
		Environment: map[string]string{"VALUE": "a=b"}, Args: []string{"one", "two"},
	})
	for body, want := range map[string]string{
		"env": "a=b", "args": "bad one two", "file": "true", "stdin": "0 EOF", "deadline": "1m0s",
	} {
		if got := answer(t, r, "bad", body); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	if now, err := time.Parse(time.RFC3339, answer(t, r, "bad", "clock")); err != nil || time.Since(now).Abs() > time.Minute {
		t.Errorf("clock %v %v", now, err)
	}
	if a, b := answer(t, r, "bad", "random"), answer(t, r, "bad", "random"); a == b {
		t.Errorf("random number %s twice", a)
	}
	inv := event("context")
	inv.FunctionARN, inv.Attempt = "arn:aws:lambda:us-east-1:000000000000:function:bad", 3
	began := time.Now().Truncate(time.Millisecond)
	result, err := r.Invoke(t.Context(), "bad", inv)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	var got abi.Invocation
	if err := errors.Join(json.Unmarshal(result.Response, &text), json.Unmarshal([]byte(text), &got)); err != nil {
		t.Fatal(err)
	}
	if at := time.UnixMilli(got.DeadlineMs).Add(-time.Minute); at.Before(began) || at.After(time.Now()) {
		t.Errorf("the deadline is a minute after %v, the invocation began after %v", at, began)
	}
	got.DeadlineMs = 0
	want := abi.Invocation{
		RequestID: "request", FunctionName: "bad", FunctionARN: inv.FunctionARN, MemoryLimitMB: 64, Attempt: 3,
	}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
