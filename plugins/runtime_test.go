package plugins_test

import (
	"testing"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

func TestInvokeGoHandler(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "orders", Path: goGuest(t, "orders")})
	inv := event(`{"id":"a"}`, `{"id":"b","fail":true}`, `not JSON`)
	for range 3 {
		result, err := r.Invoke(t.Context(), "orders", inv)
		if err != nil {
			t.Fatal(err)
		}
		failures, err := abi.ParseResponse(result.Response, inv.MessageIDs)
		if err != nil {
			t.Fatal(err)
		}
		if len(failures) != 2 || failures[0].ItemIdentifier != "message-1" || failures[1].ItemIdentifier != "message-2" {
			t.Errorf("failures %v", failures)
		}
	}
}

// TestInvokeLambdaHandler runs a handler with the types of aws-lambda-go.
func TestInvokeLambdaHandler(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "lambda", Path: goGuest(t, "lambda")})
	inv := event("good", "poison", "good")
	result, err := r.Invoke(t.Context(), "lambda", inv)
	if err != nil {
		t.Fatal(err)
	}
	failures, err := abi.ParseResponse(result.Response, inv.MessageIDs)
	if err != nil || len(failures) != 1 || failures[0].ItemIdentifier != "message-1" {
		t.Errorf("failures %v, error %v", failures, err)
	}
	if result.Duration <= 0 || result.MemoryPeak <= 0 {
		t.Errorf("duration %v, memory %d", result.Duration, result.MemoryPeak)
	}
}

// TestEventTooBig refuses an event before a guest sees it.
func TestEventTooBig(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Wasm: trivial()})
	for size, kind := range map[int]plugins.Kind{abi.MaxEvent: plugins.KindNone, abi.MaxEvent + 1: plugins.KindContract} {
		_, err := r.Invoke(t.Context(), "f", plugins.Invocation{Event: make([]byte, size)})
		if plugins.KindOf(err) != kind {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// TestStats counts invocations and what came of them.
func TestStats(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "good", Wasm: trivial(), MaxConcurrency: 1})
	deploy(t, r, plugins.Function{Name: "bad", MaxConcurrency: 1, Wasm: reactor(1, nil, func(*as.Module, imports) []byte {
		return as.Unreachable
	})})
	for range 3 {
		_, _ = r.Invoke(t.Context(), "good", event("body"))
		_, _ = r.Invoke(t.Context(), "bad", event("body"))
	}
	all := r.Stats()
	if len(all) != 2 || all[0].Name != "bad" || all[1].Name != "good" {
		t.Fatalf("%+v", all)
	}
	bad, good := all[0], all[1]
	if bad.Invocations != 3 || bad.Errors[plugins.KindCrash] != 3 || bad.Inits != 2 {
		t.Errorf("%+v", bad)
	}
	if good.Invocations != 3 || len(good.Errors) != 0 || good.Inits != 0 || good.Instances != 1 || good.Idle != 1 ||
		good.MemoryPeak != 2<<16 || good.Duration <= 0 || good.Hash == "" || good.Deployed.IsZero() {
		t.Errorf("%+v", good)
	}
}
