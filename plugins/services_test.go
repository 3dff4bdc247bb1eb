package plugins_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/flow"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// echo is a host with one service, which gives the request back.
type echo struct{ slow time.Duration }

func (e echo) Call(ctx context.Context, caller plugins.Caller, operation string, request []byte) ([]byte, error) {
	if operation != "queue.send" {
		return nil, fmt.Errorf("%s: %w", operation, abi.Conflict)
	}
	select {
	case <-time.After(e.slow):
		return fmt.Appendf(nil, "%s %s %s", caller.Function, caller.RequestID, request), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// caller is a reactor that runs an operation with the request "hello", by code that leaves the length of its response, and
// replies with the response.
func caller(operation string, code func(in imports, args []byte) []byte) []byte {
	m, in := newGuest(1)
	m.Data(0, []byte(operation))
	m.Data(64, []byte("hello"))
	args := cat(as.I32Const(0), as.I32Const(int32(len(operation))), as.I32Const(64), as.I32Const(5))
	m.Func(abi.ExportHandle, handleType, []byte{as.I32},
		code(in, args), as.Set(1),
		as.I32Const(1024), as.Get(1), as.Call(in.result), as.Drop,
		as.I32Const(1024), as.Get(1), as.Call(in.reply))
	return m.Bytes()
}

func TestServices(t *testing.T) {
	now := func(in imports, args []byte) []byte { return cat(args, as.Call(in.call)) }
	later := func(in imports, args []byte) []byte {
		return cat(args, as.Call(in.start), as.I32Const(60_000), as.Call(in.wait))
	}
	r := newRuntime(t, func(o *plugins.Options) { o.Services = echo{} })
	for name, code := range map[string]func(in imports, args []byte) []byte{"call": now, "call_start": later} {
		t.Run(name, func(t *testing.T) {
			deploy(t, r, plugins.Function{Name: "f", Wasm: caller("queue.send", code)})
			for range 3 {
				if got := call(t, r, "f"); got != "f request hello" {
					t.Errorf("response %q", got)
				}
			}
		})
	}
	t.Run("errno", func(t *testing.T) {
		deploy(t, r, plugins.Function{Name: "f", Wasm: caller("kv.update", func(in imports, args []byte) []byte {
			return cat(args, as.Call(in.call), as.I32Const(int32(abi.Conflict)), as.I32Sub)
		})})
		if got := call(t, r, "f"); got != "" {
			t.Errorf("response %q", got)
		}
	})
}

// TestSlowServices ends operations with their invocation.
func TestSlowServices(t *testing.T) {
	for name, code := range map[string]func(in imports, args []byte) []byte{
		"call": func(in imports, args []byte) []byte { return cat(args, as.Call(in.call)) },
		"call_wait": func(in imports, args []byte) []byte {
			return cat(args, as.Call(in.start), as.I32Const(-1), as.Call(in.wait))
		},
		"left behind": func(in imports, args []byte) []byte { return cat(args, as.Call(in.start), as.Drop, as.I32Const(0)) },
		"too many calls": func(in imports, args []byte) []byte {
			return cat(as.Loop(args, as.Call(in.start), as.I32Const(0), []byte{0x4a}, as.BrIf(0)), // i32.gt_s
				args, as.Call(in.start), as.I32Const(int32(abi.Limit)), as.I32Sub)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuntime(t, func(o *plugins.Options) { o.Services = echo{slow: time.Hour} })
			deploy(t, r, plugins.Function{Name: "f", Wasm: caller("queue.send", code)})
			inv := event("body")
			inv.Deadline = time.Now().Add(100 * time.Millisecond)
			_, err := r.Invoke(t.Context(), "f", inv)
			if time.Since(inv.Deadline) > 30*time.Second {
				t.Errorf("ended %v after its deadline", time.Since(inv.Deadline))
			}
			waits := name == "call" || name == "call_wait"
			var timeout *plugins.TimeoutError
			if errors.As(err, &timeout) != waits || timeout != nil && timeout.Abandoned {
				t.Errorf("error %v", err)
			}
		})
	}
}

// deaf is a host whose service does not hear that its time is up.
type deaf struct{ end chan struct{} }

func (d deaf) Call(context.Context, plugins.Caller, string, []byte) ([]byte, error) {
	<-d.end
	return nil, nil
}

// waiting is a reactor whose operation takes as long as its host lets it.
func waiting() []byte {
	return caller("queue.send", func(in imports, args []byte) []byte { return cat(args, as.Call(in.call)) })
}

// TestAbandoned returns from an invocation that nothing can stop, and leaves its instance alone until it ends by itself.
func TestAbandoned(t *testing.T) {
	end := make(chan struct{})
	r := newRuntime(t, func(o *plugins.Options) { o.Services = deaf{end} })
	deploy(t, r, plugins.Function{Name: "f", MaxConcurrency: 1, Wasm: waiting()})
	inv := event("body")
	inv.Deadline = time.Now().Add(50 * time.Millisecond)
	_, err := r.Invoke(t.Context(), "f", inv)
	if timeout, ok := errors.AsType[*plugins.TimeoutError](err); !ok || !timeout.Abandoned {
		t.Errorf("error %v", err)
	}
	if s := stats(r, "f"); s.Instances != 1 {
		t.Errorf("%+v", s)
	}
	close(end)
	eventually(t, func() bool { return stats(r, "f").Instances == 0 })
}

// TestAbandonedInAFlow does the same for a caller that does not want another goroutine for each invocation.
func TestAbandonedInAFlow(t *testing.T) {
	end, done := make(chan struct{}), make(chan struct{})
	r := newRuntime(t, func(o *plugins.Options) { o.Services = deaf{end} })
	deploy(t, r, plugins.Function{Name: "f", MaxConcurrency: 1, Wasm: waiting()})
	deploy(t, r, plugins.Function{Name: "good", Wasm: trivial()})
	flow.Go(func(f *flow.Flow) {
		defer close(done)
		inv := event("body")
		inv.Flow, inv.Deadline = f, time.Now().Add(50*time.Millisecond)
		_, err := r.Invoke(t.Context(), "f", inv)
		if timeout, ok := errors.AsType[*plugins.TimeoutError](err); !ok || !timeout.Abandoned {
			t.Errorf("error %v", err)
		}
		inv.Deadline = time.Time{}
		if _, err := r.Invoke(t.Context(), "good", inv); err != nil {
			t.Errorf("the next invocation: error %v", err)
		}
	})
	<-done
	if s := stats(r, "f"); s.Instances != 1 {
		t.Errorf("%+v", s)
	}
	close(end)
	eventually(t, func() bool { return stats(r, "f").Instances == 0 })
}

// TestRequestsInBudget lets a guest start operations that nobody answers. What the host keeps of them counts for the memory of
// all guests, and is free again when the batch is over.
func TestRequestsInBudget(t *testing.T) {
	const pages, budget = 100, 32 << 20
	m, in := newGuest(pages)
	m.Data(0, []byte("queue.send"))
	m.Func(abi.ExportHandle, handleType, []byte{as.I32}, // it answers with how many were started, as a letter
		as.Loop(
			as.I32Const(0), as.I32Const(10), as.I32Const(64), as.I32Const(abi.MaxEvent-64), as.Call(in.start),
			as.I32Const(0), []byte{0x4a}, as.If(as.Get(1), as.I32Const(1), as.I32Add, as.Set(1), as.Br(1))), // i32.gt_s
		as.I32Const(64), as.Get(1), as.I32Const('a'), as.I32Add, as.I32Store8,
		as.I32Const(64), as.I32Const(1), as.Call(in.reply))
	r := newRuntime(t, func(o *plugins.Options) { o.MemoryBudget, o.Services = budget, unanswered{} })
	deploy(t, r, plugins.Function{Name: "f", Wasm: m.Bytes(), MaxConcurrency: 1})
	want := string(rune('a' + (budget-pages<<16)/(abi.MaxEvent-64)))
	for range 3 {
		if got := call(t, r, "f"); got != want {
			t.Errorf("started %s, want %s", got, want)
		}
	}
}
