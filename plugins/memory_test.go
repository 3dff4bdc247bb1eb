package plugins_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// growing is a reactor that grows page by page until it gets no more, writes to each page, and answers with its pages in
// four bytes.
func growing() []byte {
	m, in := newGuest(1)
	m.Func(abi.ExportHandle, handleType, nil,
		as.Loop(as.I32Const(1), as.MemoryGrow, as.I32Const(-1), as.I32Xor, as.If(
			as.MemorySize, as.I32Const(1), as.I32Sub, as.I32Const(16), []byte{0x74}, as.I32Const(1), as.I32Store8, // i32.shl
			as.Br(1))),
		as.I32Const(0), as.MemorySize, as.I32Store, as.I32Const(0), as.I32Const(4), as.Call(in.reply))
	return m.Bytes()
}

func pages(t *testing.T, r *plugins.Runtime, name string) int {
	t.Helper()
	result, err := r.Invoke(t.Context(), name, event("body"))
	if err != nil {
		t.Fatal(err)
	}
	b := result.Response
	return int(b[0]) | int(b[1])<<8 | int(b[2])<<16
}

// TestMemoryLimit lets a guest grow to its own limit and to the one of all guests.
func TestMemoryLimit(t *testing.T) {
	for name, test := range map[string]struct {
		memory, budget int64
		want           int
	}{
		"a page":        {1 << 16, 1 << 30, 1},
		"rounded up":    {3<<16 + 1, 1 << 30, 4},
		"16 MiB":        {16 << 20, 1 << 30, 256},
		"budget":        {64 << 20, 10 << 20, 160},
		"whole budget":  {10 << 20, 10 << 20, 160},
		"a page spared": {10 << 20, 10<<20 - 1, 159},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuntime(t, func(o *plugins.Options) { o.MemoryBudget = test.budget })
			deploy(t, r, plugins.Function{Name: "f", Wasm: growing(), Memory: test.memory, MaxConcurrency: 1})
			for range 3 {
				if got := pages(t, r, "f"); got != test.want {
					t.Errorf("%d pages, want %d", got, test.want)
				}
			}
		})
	}
}

// TestMemoryDeclared keeps to the module's own limit if that is lower.
func TestMemoryDeclared(t *testing.T) {
	m := &as.Module{}
	in := m.Import(abi.Module, abi.ImportEventReply, as.Type{Params: []byte{as.I32, as.I32}, Results: []byte{as.I32}})
	m.Memory(1, 3)
	m.Func(abi.ExportHandle, handleType, nil,
		as.I32Const(2), as.MemoryGrow, as.Drop, as.I32Const(1), as.MemoryGrow, as.Drop,
		as.I32Const(0), as.MemorySize, as.I32Store, as.I32Const(0), as.I32Const(4), as.Call(in))
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Wasm: m.Bytes(), Memory: 1 << 30})
	if got := pages(t, r, "f"); got != 3 {
		t.Errorf("%d pages", got)
	}
}

// TestMemoryBudget lets fifty guests grow at once. Together they get no more than the budget and make the process no larger;
// past it memory.grow says -1. The budget is free again, and given back to the system, when they are gone.
func TestMemoryBudget(t *testing.T) {
	const budget, guests = 64 << 20, 50
	r := newRuntime(t, func(o *plugins.Options) { o.MemoryBudget = budget })
	deploy(t, r, plugins.Function{Name: "f", Wasm: growing(), Memory: 32 << 20, MaxConcurrency: guests})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	before := resident(t)
	var wg sync.WaitGroup
	for range guests {
		wg.Go(func() {
			if _, err := r.Invoke(ctx, "f", event("body")); err != nil {
				t.Error(err)
			}
		})
	}
	most := before
	done := make(chan struct{})
	go func() {
		defer close(done)
		wg.Wait()
	}()
	for end := false; !end; most = max(most, resident(t)) {
		select {
		case <-done:
			end = true
		case <-time.After(time.Millisecond):
		}
	}
	const rest = 32 << 20 // of the process: fifty instances, their goroutines, garbage
	if more := most - before; more > budget+rest {
		t.Errorf("%d MiB more are resident with a budget of %d MiB", more>>20, budget>>20)
	}
	if err := r.Remove("f"); err != nil {
		t.Error(err)
	}
	eventually(t, func() bool { return resident(t) < before+rest })
	// All of it is free again for one.
	deploy(t, r, plugins.Function{Name: "g", Wasm: growing(), Memory: 2 * budget, MaxConcurrency: 1})
	eventually(t, func() bool { return pages(t, r, "g") == budget>>16 })
}

// TestMemoryTrim closes idle instances of one function when another needs their memory.
func TestMemoryTrim(t *testing.T) {
	r := newRuntime(t, func(o *plugins.Options) { o.MemoryBudget = 10 << 20 })
	deploy(t, r, plugins.Function{Name: "idle", Wasm: growing(), Memory: 12 << 20})
	pages(t, r, "idle") // it has all of the memory now
	m, in := newGuest(100)
	m.Func(abi.ExportHandle, handleType, nil, as.I32Const(0), as.I32Const(0), as.Call(in.reply))
	deploy(t, r, plugins.Function{Name: "f", Wasm: m.Bytes()})
	eventually(t, func() bool { return stats(r, "idle").Instances == 0 })
	m, in = newGuest(200)
	m.Func(abi.ExportHandle, handleType, nil, as.I32Const(0), as.I32Const(0), as.Call(in.reply))
	if _, err := r.Deploy(t.Context(), plugins.Function{Name: "g", Wasm: m.Bytes()}); err == nil {
		t.Error("200 pages of 160 were given")
	}
}

// TestMemoryGone gives memory back to the system when instances are closed.
func TestMemoryGone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it reads /proc")
	}
	r := newRuntime(t, nil)
	f := plugins.Function{Name: "f", Wasm: growing(), Memory: 256 << 20, MaxConcurrency: 1}
	deploy(t, r, f)
	before := resident(t)
	if got := pages(t, r, "f"); got != 4096 {
		t.Errorf("%d pages", got)
	}
	eventually(t, func() bool { return stats(r, "f").Instances == 0 }) // it has grown to its limit
	eventually(t, func() bool { return resident(t) <= before+64<<20 })
}
