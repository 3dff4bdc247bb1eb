package plugins_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// TestCycles makes and closes a thousand runtimes while a guest waits for an event, waits for the host, sleeps or computes in
// the middle of a batch, and leaves nothing behind. Closing a module from the wrong goroutine would end the process here.
func TestCycles(t *testing.T) {
	cycles := 1000
	if testing.Short() {
		cycles = 100
	}
	waiting := looping(func(_ *as.Module, in imports) []byte { return untilEnd(in, replyNothing(in)) })
	fetch := func(code func(in imports, args []byte) []byte) []byte { return caller(abi.OpHTTPFetch, code) }
	guests := []struct {
		name string
		wasm []byte
		idle bool // the batch is over before the runtime is closed
	}{
		{"event_next", waiting, true},
		{"http.fetch", fetch(func(in imports, args []byte) []byte { return cat(args, as.Call(in.call)) }), false},
		{"http.fetch beside", fetch(func(in imports, args []byte) []byte {
			return cat(args, as.Call(in.start), as.Drop, as.Loop(as.Br(0)), as.I32Const(0))
		}), false},
		{"wait for http.fetch", fetch(func(in imports, args []byte) []byte {
			return cat(args, as.Call(in.start), as.I32Const(-1), as.Call(in.wait))
		}), false},
		{"sleep", sleeping(time.Hour), false},
		{"computing", reactor(1, nil, func(*as.Module, imports) []byte { return as.Loop(as.Br(0)) }), false},
		{"growing", reactor(1, nil, func(*as.Module, imports) []byte { // and touching what it got
			return as.Loop(as.I32Const(1), as.MemoryGrow, as.Drop,
				as.I32Const(0), as.I32Const(1), as.MemorySize, as.I32Const(16), []byte{0x74}, as.MemoryFill, as.Br(0)) // i32.shl
		}), false},
	}
	goroutines, before := runtime.NumGoroutine(), mappings(t)
	for n := range cycles {
		guest := guests[n%len(guests)]
		cycle(t, guest.wasm, guest.idle)
		if t.Failed() {
			t.Fatalf("cycle %d, guest %q", n, guest.name)
		}
	}
	eventually(t, func() bool {
		runtime.GC()
		now := mappings(t)
		return runtime.NumGoroutine() <= goroutines && now.code <= before.code && now.reserved < before.reserved+256<<20
	})
}

// cycle is the life of a runtime that is closed while its guest is at work.
func cycle(t *testing.T, wasm []byte, idle bool) {
	t.Helper()
	r, err := plugins.New(t.Context(), plugins.Options{Services: unanswered{}, MemoryBudget: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	deploy(t, r, plugins.Function{Name: "f", Wasm: wasm, MaxConcurrency: 1})
	done := make(chan error, 1)
	go func() {
		_, err := r.Invoke(context.Background(), "f", event("body"))
		done <- err
	}()
	want := plugins.KindCanceled
	now, cancel := context.WithCancel(t.Context())
	defer cancel()
	if idle {
		want = plugins.KindNone
		if err := <-done; err != nil {
			t.Error(err)
		}
		done <- nil
	} else {
		eventually(t, func() bool { return stats(r, "f").Idle == 0 })
		cancel()
	}
	if err := r.Close(now); err != nil {
		t.Error(err)
	}
	if err := <-done; plugins.KindOf(err) != want {
		t.Errorf("error %v", err)
	}
	if _, err := r.Invoke(t.Context(), "f", event("body")); !errors.Is(err, plugins.ErrClosed) {
		t.Errorf("error %v", err)
	}
}

// unanswered is a host whose operations last until their time is up.
type unanswered struct{}

func (unanswered) Call(ctx context.Context, _ plugins.Caller, _ string, _ []byte) ([]byte, error) {
	<-ctx.Done()
	return nil, context.Cause(ctx)
}
