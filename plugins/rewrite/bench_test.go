package rewrite_test

import (
	"context"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/queuelet/queuelet/plugins/rewrite"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

var counted = as.Type{Params: []byte{as.I32}, Results: []byte{as.I32}}

// The locals of what computes: how often, and two of its own.
const (
	times = iota
	at
	sum
)

// repeated is a loop that runs its body as often as the local times says, counting in the local at.
func repeated(body ...[]byte) []byte {
	return as.Loop(cat(body...), cat(as.Get(at), as.I32Const(1), as.I32Add, as.Tee(at), as.Get(times), as.I32LtU, as.BrIf(0)))
}

// computing are loops of the kinds that handlers consist of. The function to call is "run"; it takes how often.
var computing = map[string]func(m *as.Module){
	"hash numbers": func(m *as.Module) {
		m.Func("run", counted, []byte{as.I32, as.I32},
			repeated(as.Get(sum), as.Get(at), as.I32Xor, as.I32Const(0x01000193), as.I32Mul, as.Set(sum)), as.Get(sum))
	},
	"hash a text": func(m *as.Module) {
		m.Memory(1, -1)
		m.Func("run", counted, []byte{as.I32, as.I32},
			repeated(as.Get(sum), as.Get(at), as.I32Const(0xffff), i32And, as.I32Load8U, as.I32Xor, as.I32Const(0x01000193), as.I32Mul,
				as.Set(sum)), as.Get(sum))
	},
	"find the end of a text": func(m *as.Module) {
		m.Memory(1, -1)
		m.Func("run", counted, []byte{as.I32, as.I32}, as.Loop(
			// Without its conditions this is how C looks for a quote: a load, two comparisons and a step.
			as.Block(
				as.Get(at), as.I32Const(0xffff), i32And, as.I32Load8U, as.Tee(sum), as.I32Const('"'), i32Eq, as.BrIf(0),
				as.Get(sum), as.I32Const('\\'), i32Eq, as.BrIf(0),
				as.Get(at), as.I32Const(1), as.I32Add, as.Tee(at), as.Get(times), as.I32LtU, as.BrIf(1))), as.Get(at))
	},
	"multiply matrices": func(m *as.Module) {
		const size = 32 // the matrices lie behind each other
		m.Memory(1, -1)
		row, column, k := uint32(3), uint32(4), uint32(5)
		cell := func(matrix int32, y, x uint32) []byte {
			return cat(as.Get(y), as.I32Const(size), as.I32Mul, as.Get(x), as.I32Add, as.I32Const(2), i32Shl,
				as.I32Const(matrix*size*size*4), as.I32Add)
		}
		to := func(end int32, local uint32, body ...[]byte) []byte {
			return cat(as.I32Const(0), as.Set(local), as.Loop(cat(body...), as.Get(local), as.I32Const(1), as.I32Add, as.Tee(local),
				as.I32Const(end), as.I32LtU, as.BrIf(0)))
		}
		m.Func("run", counted, []byte{as.I32, as.I32, as.I32, as.I32, as.I32}, as.Loop(
			to(size, row, to(size, column,
				as.I32Const(0), as.Set(sum),
				to(size, k, cell(0, row, k), as.I32Load, cell(1, k, column), as.I32Load, as.I32Mul, as.Get(sum), as.I32Add, as.Set(sum)),
				cell(2, row, column), as.Get(sum), as.I32Store)),
			as.Get(at), as.I32Const(size*size*size), as.I32Add, as.Tee(at), as.Get(times), as.I32LtU, as.BrIf(0)), as.Get(sum))
	},
	"many short loops": func(m *as.Module) {
		short := uint32(3)
		m.Func("run", counted, []byte{as.I32, as.I32, as.I32}, repeated(
			as.I32Const(4), as.Set(short),
			as.Loop(as.Get(sum), as.Get(short), as.I32Xor, as.I32Const(0x01000193), as.I32Mul, as.Set(sum),
				as.Get(short), as.I32Const(1), as.I32Sub, as.Tee(short), as.BrIf(0))), as.Get(sum))
	},
	"call in a loop": func(m *as.Module) {
		f := m.Func("", as.Type{Params: []byte{as.I32, as.I32}, Results: []byte{as.I32}}, nil,
			as.Get(0), as.Get(1), as.I32Xor, as.I32Const(0x01000193), as.I32Mul)
		m.Func("run", counted, []byte{as.I32, as.I32}, repeated(as.Get(sum), as.Get(at), as.Call(f), as.Set(sum)), as.Get(sum))
	},
	"fibonacci": func(m *as.Module) { // of 20, about 22,000 calls
		f := m.Func("", counted, nil,
			as.Get(0), as.I32Const(2), as.I32LtU, as.If(as.Get(0), as.Return),
			as.Get(0), as.I32Const(1), as.I32Sub, as.Call(m.Next()), as.Get(0), as.I32Const(2), as.I32Sub, as.Call(m.Next()), as.I32Add)
		m.Func("run", counted, []byte{as.I32, as.I32}, as.Loop(as.I32Const(20), as.Call(f), as.Set(sum),
			as.Get(at), as.I32Const(22_000), as.I32Add, as.Tee(at), as.Get(times), as.I32LtU, as.BrIf(0)), as.Get(sum))
	},
}

// Instructions that only this file uses.
var (
	i32Eq  = []byte{0x46}
	i32And = []byte{0x71}
	i32Shl = []byte{0x74}
)

// BenchmarkStoppable prices the looks at the stop flag: how much longer a module takes with them than without, at the best of
// many short runs in turn, so that what the machine does besides counts little.
func BenchmarkStoppable(b *testing.B) {
	for name, write := range computing {
		b.Run(name, func(b *testing.B) {
			m := &as.Module{}
			write(m)
			with := instantiate(b, m.Bytes()).ExportedFunction("run")
			without := instantiatePlain(b, m.Bytes())
			fastest := func(f api.Function, before time.Duration) time.Duration {
				const turns = 500_000
				began := time.Now()
				if _, err := f.Call(b.Context(), turns); err != nil {
					b.Fatal(err)
				}
				return min(before, time.Since(began))
			}
			plain, stoppable := time.Hour, time.Hour
			for range 20 {
				fastest(without, plain)
			}
			for b.Loop() {
				plain, stoppable = fastest(without, plain), fastest(with, stoppable)
			}
			b.ReportMetric(float64(plain.Nanoseconds())/500_000, "ns/turn")
			b.ReportMetric(float64(stoppable)/float64(plain), "times-plain")
		})
	}
}

// instantiatePlain makes an instance of a module as it is.
func instantiatePlain(tb testing.TB, wasm []byte) api.Function {
	tb.Helper()
	ctx := context.Background()
	if _, err := rewrite.Parse(wasm); err != nil {
		tb.Fatal(err)
	}
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(features).WithDebugInfoEnabled(false))
	tb.Cleanup(func() { _ = r.Close(ctx) })
	mod, err := r.Instantiate(ctx, wasm)
	if err != nil {
		tb.Fatal(err)
	}
	return mod.ExportedFunction("run")
}
