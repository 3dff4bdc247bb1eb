package rewrite_test

import (
	"testing"

	"github.com/queuelet/queuelet/plugins/rewrite"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// counted are modules whose function "run" executes about so many bytes of code a turn, as often as it is told.
var countedCode = map[string]struct {
	bytes int
	write func(m *as.Module)
}{
	"straight code before a call of a function that looks": {8000, func(m *as.Module) {
		f := m.Next()
		m.Func("", none, nil, as.Return, as.Call(f))
		m.Func("run", counted, []byte{as.I32, as.I32}, repeated(some(1340), as.Call(f)), as.Get(sum))
	}},
	"a long function that calls itself": {8000, func(m *as.Module) {
		f := m.Next()
		m.Func("", none, []byte{as.I32}, some(1340), as.Get(0), as.If(as.Call(f)))
		m.Func("run", counted, []byte{as.I32, as.I32}, repeated(as.Call(f)), as.Get(sum))
	}},
	"tail calls one after the other": {20 * 8000, func(m *as.Module) {
		f := m.Func("", none, []byte{as.I32}, some(1340))
		for range 19 {
			f = m.Func("", none, []byte{as.I32}, some(1340), as.ReturnCall(f))
		}
		m.Func("run", counted, []byte{as.I32, as.I32}, repeated(as.Call(f)), as.Get(sum))
	}},
	"calls through a table": {480, func(m *as.Module) {
		m.Table(1, 1)
		m.Elements(m.Func("", none, []byte{as.I32}, some(80)))
		through := m.Func("", none, nil, as.I32Const(0), as.CallIndirect(m.TypeIndex(none)))
		m.Func("run", counted, []byte{as.I32, as.I32}, repeated(as.Call(through)), as.Get(sum))
	}},
	"a loop in a loop, left from within": {30, func(m *as.Module) {
		f := m.Func("", none, nil)
		m.Func("run", counted, []byte{as.I32, as.I32}, as.Loop(as.Call(f), as.Loop(
			as.Get(at), as.I32Const(1), as.I32Add, as.Tee(at), as.Get(times), as.I32LtU, as.BrIf(1))), as.Get(sum))
	}},
	"a small loop": {20, func(m *as.Module) {
		m.Func("run", counted, []byte{as.I32, as.I32}, repeated(as.Get(sum), as.I32Const(1), as.I32Add, as.Set(sum)), as.Get(sum))
	}},
	"references of functions": {50, func(m *as.Module) { // for each of which wazero goes to Go
		m.Elements(m.Func("", none, nil))
		m.Table(1, 1)
		m.Func("run", counted, []byte{as.I32, as.I32}, repeated([]byte{0xd2, 0}, as.Drop), as.Get(sum))
	}},
}

// TestAllCodeIsCounted runs code and asks that it has left for the host as often as there were strides in it, or more.
func TestAllCodeIsCounted(t *testing.T) {
	for name, code := range countedCode {
		m := &as.Module{}
		code.write(m)
		mod := instantiate(t, m.Bytes())
		turns := 10*rewrite.Stride/code.bytes + 1
		if _, err := mod.ExportedFunction("run").Call(t.Context(), uint64(turns)); err != nil {
			t.Fatal(err)
		}
		if mod.memory.asked < 5 {
			t.Errorf("%s: left %d times in %d turns of %d bytes, want some 10", name, mod.memory.asked, turns, code.bytes)
		}
	}
}
