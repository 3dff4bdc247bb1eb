package rewrite_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins/rewrite"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

func cat(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func repeat(n int, code []byte) (out []byte) {
	for range n {
		out = append(out, code...)
	}
	return out
}

var none = as.Type{}

// some is work without a loop or a call, of 6 bytes for each time.
func some(times int) []byte { return repeat(times, cat(as.Get(0), as.Get(0), as.Drop, as.Drop)) }

// endless are the shapes in which a guest can go on for ever, or nearly. The function to call is "run".
var endless = map[string]func(m *as.Module){
	"loop": func(m *as.Module) {
		m.Func("run", none, nil, as.Loop(as.Br(0)))
	},
	"loop with parameters": func(m *as.Module) {
		pair := m.TypeIndex(as.Type{Params: []byte{as.I32}, Results: []byte{as.I32}})
		m.Func("run", none, nil, as.I32Const(1), cat([]byte{0x03, byte(pair)}, as.Br(0), []byte{0x0b}), as.Drop)
	},
	"loop by br_table": func(m *as.Module) {
		m.Func("run", none, nil, as.Loop(as.Block(as.I32Const(1), as.BrTable(0, 1, 0))))
	},
	"loop around short loops": func(m *as.Module) { // each too short to report
		m.Func("run", none, []byte{as.I32}, as.Loop(
			as.I32Const(0), as.Set(0),
			as.Loop(as.Get(0), as.I32Const(1), as.I32Add, as.Tee(0), as.I32Const(9), as.I32LtU, as.BrIf(0)),
			as.Br(0)))
	},
	"loop left for one around it": func(m *as.Module) { // which the one around has to count
		f := m.Func("", none, nil)
		m.Func("run", none, []byte{as.I32}, as.Loop(as.Call(f), as.Loop(as.Get(0), as.BrIf(0), as.Br(1))))
	},
	"loop left for one around it by br_table": func(m *as.Module) {
		f := m.Func("", none, nil)
		m.Func("run", none, []byte{as.I32}, as.Loop(as.Call(f), as.Loop(as.Get(0), as.BrTable(1, 0, 1))))
	},
	"loop left for one around it on a condition": func(m *as.Module) {
		f := m.Func("", none, nil)
		m.Func("run", none, []byte{as.I32}, as.Loop(as.Call(f), as.Loop(as.I32Const(1), as.BrIf(1), as.Br(0))))
	},
	"loop with a result left for one around it": func(m *as.Module) {
		f := m.Func("", none, nil)
		m.Func("run", none, []byte{as.I32}, as.Loop(as.Call(f), as.Block(as.Loop(as.I32Const(1), as.BrIf(1), as.Br(0))), as.Br(0)))
	},
	"calls without a loop": func(m *as.Module) { // 2^60
		f := m.Next()
		m.Func("", as.Type{Params: []byte{as.I32}}, nil,
			cat(as.Get(0), as.If(
				as.Get(0), as.I32Const(1), as.I32Sub, as.Call(f),
				as.Get(0), as.I32Const(1), as.I32Sub, as.Call(f))))
		m.Func("run", none, nil, as.I32Const(60), as.Call(f))
	},
	"calls without recursion": func(m *as.Module) { // 64 functions that call the next one twice
		f := m.Func("", none, nil)
		for range 64 {
			f = m.Func("", none, nil, as.Call(f), as.Call(f))
		}
		m.Func("run", none, nil, as.Call(f))
	},
	"calls through a table": func(m *as.Module) {
		m.Table(1, 1)
		t := m.TypeIndex(as.Type{Params: []byte{as.I32}})
		call := cat(as.Get(0), as.I32Const(1), as.I32Sub, as.I32Const(0), as.CallIndirect(t))
		f := m.Func("", as.Type{Params: []byte{as.I32}}, nil, cat(as.Get(0), as.If(call, call)))
		m.Elements(f)
		m.Func("run", none, nil, as.I32Const(60), as.Call(f))
	},
	"tail calls": func(m *as.Module) {
		m.Func("run", none, nil, as.ReturnCall(m.Next()))
	},
	"tail calls in turn": func(m *as.Module) {
		f := m.Next()
		m.Func("run", none, nil, as.ReturnCall(f+1))
		m.Func("", none, nil, as.ReturnCall(f))
	},
	"long code in a loop": func(m *as.Module) {
		m.Func("run", none, []byte{as.I32}, as.Loop(some(100_000), as.Br(0)))
	},
	"long code that jumps over its looks": func(m *as.Module) {
		part := as.Block(as.I32Const(1), as.BrIf(0), some(300))
		m.Func("run", none, []byte{as.I32}, as.Loop(repeat(200, cat(some(150), part)), as.Br(0)))
	},
	"fill": func(m *as.Module) {
		m.Memory(2048, -1)
		fill := cat(as.I32Const(0), as.I32Const(1), as.Get(0), as.MemoryFill)
		m.Func("run", none, []byte{as.I32}, as.I32Const(128<<20), as.Set(0), repeat(2000, fill))
	},
	"fill of a constant length": func(m *as.Module) {
		m.Memory(2048, -1)
		m.Func("run", none, nil, repeat(2000, cat(as.I32Const(0), as.I32Const(1), as.I32Const(128<<20), as.MemoryFill)))
	},
	"copy": func(m *as.Module) {
		m.Memory(2048, -1)
		down := cat(as.I32Const(0), as.I32Const(1), as.Get(0), as.MemoryCopy)
		up := cat(as.I32Const(1), as.I32Const(0), as.Get(0), as.MemoryCopy)
		m.Func("run", none, []byte{as.I32}, as.I32Const(128<<20-1), as.Set(0), repeat(1000, cat(down, up)))
	},
	"table": func(m *as.Module) {
		m.Table(1<<20, -1)
		fill := cat(as.I32Const(0), as.RefNull, as.Get(0), as.TableFill)
		m.Func("run", none, []byte{as.I32}, as.I32Const(1<<20), as.Set(0), repeat(1000, fill))
	},
	"start function": func(m *as.Module) {
		m.Start(m.Func("", none, nil, as.Loop(as.Br(0))))
	},
}

func endlessModule(name string) []byte {
	m := &as.Module{}
	endless[name](m)
	return m.Bytes()
}

// TestStop stops each shape, with and without a memory, and asks that it ends soon after it was told to.
func TestStop(t *testing.T) {
	if testing.Short() {
		t.Skip("under the race detector it fills gigabytes slowly, and has nothing to find")
	}
	for name := range endless {
		t.Run(name, func(t *testing.T) {
			wasm := endlessModule(name)
			const enough = 100 * time.Millisecond
			took := time.Duration(0)
			for range 5 { // other programs may be in the way
				if took = stop(t, wasm); took <= enough {
					return
				}
			}
			t.Errorf("ended %v after it was told to", took)
		})
	}
}

// stop runs a module, stops it and returns how long that took.
func stop(t *testing.T, wasm []byte) time.Duration {
	t.Helper()
	mod := instantiate(t, wasm)
	run := mod.ExportedFunction("run")
	if run == nil {
		run = mod.ExportedFunction(rewrite.StartExport)
	}
	told := make(chan time.Time, 1)
	time.AfterFunc(20*time.Millisecond, func() {
		told <- time.Now()
		mod.memory.stop.Store(true)
	})
	if _, err := run.Call(t.Context()); !errors.Is(err, errStopped) {
		t.Fatalf("ended by itself: %v", err)
	}
	return time.Since(<-told)
}

// TestYield asks that other goroutines run, and garbage is collected, while every processor computes in a guest.
func TestYield(t *testing.T) {
	for range 4 {
		mod := instantiate(t, endlessModule("loop"))
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = mod.ExportedFunction("run").Call(context.Background())
		}()
		defer func() {
			mod.memory.stop.Store(true)
			<-done
		}()
	}
	const enough = 100 * time.Millisecond
	took := make([]time.Duration, 9)
	for range 5 { // other programs may be in the way
		for n := range took {
			before := time.Now()
			time.Sleep(time.Millisecond)
			runtime.GC()
			took[n] = time.Since(before)
		}
		slices.Sort(took)
		if took[len(took)/2] <= enough {
			return
		}
	}
	t.Errorf("sleeping 1 ms and collecting garbage took %v", took)
}

// TestLimits asks that tables do not grow for ever.
func TestLimits(t *testing.T) {
	m := &as.Module{}
	m.Table(0, -1)
	m.Func("run", as.Type{Params: []byte{as.I32}, Results: []byte{as.I32}}, nil, as.RefNull, as.Get(0), as.TableGrow)
	mod := instantiate(t, m.Bytes())
	for _, step := range []struct {
		grow uint64
		want int32
	}{{rewrite.MaxTableSize, 0}, {1, -1}} {
		got, err := mod.ExportedFunction("run").Call(t.Context(), step.grow)
		if err != nil || int32(got[0]) != step.want {
			t.Errorf("table.grow %d: %v %v, want %d", step.grow, got, err, step.want)
		}
	}
}
