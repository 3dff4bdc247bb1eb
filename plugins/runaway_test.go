package plugins_test

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// runaways are guests that do things without end.
func runaways() map[string][]byte {
	all := map[string][]byte{
		"loop": reactor(1, nil, func(*as.Module, imports) []byte { return as.Loop(as.Br(0)) }),
		"calls without a loop": reactor(1, nil, func(m *as.Module, _ imports) []byte { // 2^31 of them
			f := m.Next()
			less := cat(as.Get(0), as.I32Const(1), as.I32Sub, as.Call(f))
			m.Func("", as.Type{Params: []byte{as.I32}}, nil, cat(as.Get(0), as.If(less, less)))
			return cat(as.I32Const(31), as.Call(f))
		}),
		"loop that logs": reactor(1, nil, func(_ *as.Module, in imports) []byte {
			return as.Loop(as.I32Const(0), as.I32Const(0), as.I32Const(60_000), as.Call(in.log), as.Br(0))
		}),
		"loop that replies": reactor(16, nil, func(_ *as.Module, in imports) []byte {
			return as.Loop(as.I32Const(0), as.I32Const(1<<19), as.Call(in.reply), as.Drop, as.Br(0))
		}),
		"loop that fails": reactor(1, nil, func(_ *as.Module, in imports) []byte {
			return as.Loop(as.I32Const(0), as.I32Const(1<<12), as.Call(in.fail), as.Br(0))
		}),
		"loop that grows": reactor(1, nil, func(*as.Module, imports) []byte {
			return as.Loop(as.I32Const(1), as.MemoryGrow, as.Drop, as.Br(0))
		}),
		"loop that asks for the context": reactor(1, nil, func(_ *as.Module, in imports) []byte {
			return as.Loop(as.I32Const(0), as.I32Const(1<<16), as.Call(in.context), as.Drop, as.Br(0))
		}),
		"fill": reactor(1024, nil, func(*as.Module, imports) []byte {
			return as.Loop(as.I32Const(0), as.I32Const(1), as.I32Const(1024<<16), as.MemoryFill, as.Br(0))
		}),
		"copy": reactor(1024, nil, func(*as.Module, imports) []byte {
			return as.Loop(as.I32Const(0), as.I32Const(1), as.I32Const(1024<<16-1), as.MemoryCopy, as.Br(0))
		}),
		"start function": guest(func(m *as.Module) { // unless it has the time of a deployment
			left := m.Import(abi.Module, abi.ImportDeadlineMs, as.Type{Results: []byte{as.I64}})
			m.Start(m.Func("", as.Type{}, nil, as.Call(left), as.I64Const(1000), []byte{0x53}, as.If(as.Loop(as.Br(0))))) // i64.lt_s
		}),
		"host call that nobody answers": caller("queue.send", func(in imports, args []byte) []byte {
			return cat(args, as.Call(in.call))
		}),
		"wait for a host call that nobody answers": caller("queue.send", func(in imports, args []byte) []byte {
			return cat(args, as.Call(in.start), as.I32Const(-1), as.Call(in.wait))
		}),
		"host calls that are refused": caller("kv.get", func(in imports, args []byte) []byte {
			return cat(as.Loop(args, as.Call(in.call), as.Drop, as.Br(0)), as.I32Const(0))
		}),
	}
	maps.Copy(all, wasiRunaways())
	return all
}

// wasiRunaways are those that use a function of WASI.
func wasiRunaways() map[string][]byte {
	guest := func(name string, params int, code func(f uint32) []byte) []byte {
		m := &as.Module{}
		t := as.Type{Results: []byte{as.I32}}
		for range params {
			t.Params = append(t.Params, as.I32)
		}
		f := m.Import("wasi_snapshot_preview1", name, t)
		m.Memory(1024, -1)
		m.Func(abi.ExportHandle, handleType, []byte{as.I32}, code(f), as.I32Const(0))
		return m.Bytes()
	}
	return map[string][]byte{
		"sleep": guest("poll_oneoff", 4, func(f uint32) []byte { // one relative clock of 2^62 ns
			return cat(as.I32Const(31), as.I32Const(0x40), as.I32Store8,
				as.I32Const(0), as.I32Const(1024), as.I32Const(1), as.I32Const(2048), as.Call(f), as.Drop)
		}),
		"sleep that never comes": guest("poll_oneoff", 4, func(f uint32) []byte { // an absolute one
			return cat(as.I32Const(31), as.I32Const(0x7f), as.I32Store8, as.I32Const(40), as.I32Const(1), as.I32Store8,
				as.I32Const(0), as.I32Const(1024), as.I32Const(1), as.I32Const(2048), as.Call(f), as.Drop)
		}),
		"poll": guest("poll_oneoff", 4, func(f uint32) []byte { // 4,096 clocks that are due, again and again
			return as.Loop(as.I32Const(0), as.I32Const(1<<20), as.I32Const(4096), as.I32Const(1<<19), as.Call(f), as.Drop, as.Br(0))
		}),
		"yield": guest("sched_yield", 0, func(f uint32) []byte { return as.Loop(as.Call(f), as.Drop, as.Br(0)) }),
		"random bytes": guest("random_get", 2, func(f uint32) []byte {
			return as.Loop(as.I32Const(0), as.I32Const(1024<<16), as.Call(f), as.Drop, as.Br(0))
		}),
		"empty vectors": guest("fd_write", 4, func(f uint32) []byte { // eight million of them
			return as.Loop(as.I32Const(1), as.I32Const(8), as.I32Const(8<<20-2), as.I32Const(0), as.Call(f), as.Drop, as.Br(0))
		}),
		"environment": guest("environ_get", 2, func(f uint32) []byte {
			return as.Loop(as.I32Const(0), as.I32Const(1<<16), as.Call(f), as.Drop, as.Br(0))
		}),
		"standard output": guest("fd_write", 4, func(f uint32) []byte { // a million vectors of 60 MiB
			return cat(
				as.Loop(
					as.Get(1), as.I32Const(60<<20), as.I32Store[:1], []byte{2, 4},
					as.Get(1), as.I32Const(8), as.I32Add, as.Tee(1), as.I32Const(8<<20), as.I32LtU, as.BrIf(0)),
				as.Loop(as.I32Const(1), as.I32Const(0), as.I32Const(1<<20), as.I32Const(1<<25), as.Call(f), as.Drop, as.Br(0)))
		}),
	}
}

// TestRunaways lets guests do things without end, with one and with two processors for the scheduler. Each ends at most
// 100 ms after its deadline, and its function goes on.
func TestRunaways(t *testing.T) {
	for _, procs := range []int{1, 2} {
		if testing.Short() && procs == 1 {
			continue // under the race detector everything takes long on one processor
		}
		for name, wasm := range runaways() {
			t.Run(fmt.Sprintf("%s/GOMAXPROCS %d", name, procs), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				r := newRuntime(t, func(o *plugins.Options) { o.Services = echo{slow: time.Hour} })
				deploy(t, r, plugins.Function{
					Name: "f", Wasm: wasm, Memory: 128 << 20, MaxConcurrency: 1, Isolation: plugins.IsolationFresh,
				})
				endsInTime(t, r)
			})
		}
	}
}

// endsInTime runs an invocation that has to run out of time.
func endsInTime(t *testing.T, r *plugins.Runtime) {
	t.Helper()
	enough := limit(100 * time.Millisecond)
	late, abandoned := time.Duration(0), false
	for n := range 6 { // other programs may be in the way
		inv := event("body")
		inv.Deadline = time.Now().Add(200 * time.Millisecond)
		_, err := r.Invoke(t.Context(), "f", inv)
		late = time.Since(inv.Deadline)
		if n == 0 && err == nil {
			continue // by the instance of the deployment; the next one has as little time for its start
		}
		timeout, ok := errors.AsType[*plugins.TimeoutError](err)
		if !ok {
			t.Fatalf("error %v", err)
		}
		if abandoned = timeout.Abandoned; late <= enough && !abandoned {
			return
		}
	}
	t.Errorf("ended %v after its deadline, abandoned: %t", late, abandoned)
}

// TestRecursionBomb lets a guest use up its stack, which is outside of its memory, again and again.
func TestRecursionBomb(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Wasm: reactor(1, nil, func(m *as.Module, _ imports) []byte {
		f := m.Next()
		m.Func("", as.Type{Results: []byte{as.I32}}, nil, as.Call(f), as.I32Const(1), as.I32Add)
		return cat(as.Call(f), as.Drop)
	})})
	for range 10 {
		_, err := r.Invoke(t.Context(), "f", event("body"))
		if plugins.KindOf(err) != plugins.KindCrash || !strings.Contains(err.Error(), "stack overflow") {
			t.Fatalf("error %v", err)
		}
	}
	eventually(t, func() bool { // some memory is only free once its finalizers have run
		runtime.GC()
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		t.Logf("%d MiB of heap are in use", after.HeapAlloc>>20)
		return after.HeapAlloc <= 200<<20
	})
}
