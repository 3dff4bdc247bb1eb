package rewrite_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/queuelet/queuelet/plugins/rewrite"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// misread are modules that wazero reads differently from their specification, or whose labels could come to be others. A
// guest that this package reads differently from wazero could loop without being counted.
var misread = map[string]func(m *as.Module){
	"label beyond all blocks": func(m *as.Module) {
		m.Func("run", none, nil, as.Loop(as.Br(0xffffffff)))
	},
	"label of br_table beyond all blocks": func(m *as.Module) {
		m.Func("run", none, nil, as.Loop(as.I32Const(0), as.BrTable(0xfffffffe, 0)))
	},
	"condition and a label beyond all blocks": func(m *as.Module) {
		m.Func("run", none, nil, as.Loop(as.I32Const(1), as.BrIf(0xffffffff), as.Br(0)))
	},
	"br_table cut off": func(m *as.Module) {
		m.Func("run", none, nil, []byte{0x0e})
	},
	"SIMD opcode of another length": func(m *as.Module) { // i64x2.mul, unreachable, end, loop for wazero
		m.Memory(1, -1)
		m.Func("run", none, nil, as.Block(as.Br(0), []byte{0xfd, 0xd5, 0, 0x0b, 0x03, 0x40}, as.Br(0)))
	},
	"block of a type of references": func(m *as.Module) {
		m.Func("run", none, nil, as.Loop([]byte{0x02, 0x63, 0x02, 0x01}, as.Br(1), []byte{0x0b}))
	},
	"block of a negative index": func(m *as.Module) {
		m.Func("run", none, nil, as.Loop([]byte{0x02, 0xc0, 0x40}, as.Br(1), []byte{0x0b}))
	},
}

func TestWhatWazeroReadsDifferentlyIsRefused(t *testing.T) {
	for name, write := range misread {
		m := &as.Module{}
		write(m)
		refuse(t, name, m.Bytes())
	}
	// Elements of a type of references, which wazero reads as a number and more elements.
	m := &as.Module{}
	m.Table(3, -1)
	m.Elements(m.Func("run", none, nil))
	elements := []byte{9, 7, 1, 0, 0x41, 0, 0x0b, 1, 0}
	wasm := m.Bytes()
	if !bytes.Contains(wasm, elements) {
		t.Fatalf("no element section in %x", wasm)
	}
	for _, kind := range []byte{0x63, 0x64, 0x7f} {
		others := []byte{9, 12, 1, 6, 0, 0x41, 0, 0x0b, kind, 1, 0xd2, 0, 0x0b, 0x0b}
		refuse(t, "elements of a type of references", bytes.Replace(wasm, elements, others, 1))
	}
}

func refuse(t *testing.T, name string, wasm []byte) {
	t.Helper()
	m, err := rewrite.Parse(wasm)
	if err == nil {
		_, err = m.Stoppable()
	}
	if _, ok := errors.AsType[*rewrite.Error](err); !ok {
		t.Errorf("%s: %v, want it refused", name, err)
	}
}

// A module whose looks, and not its own branches, would take the compiler hours.
func TestEffortOfWhatIsAdded(t *testing.T) {
	m := &as.Module{}
	long := m.Func("", none, []byte{as.I32}, some(1400))
	m.Func("run", none, nil, repeat(100_000, as.Call(long)))
	refuse(t, "many calls with looks behind them", m.Bytes())
}

// Labels of loops with parameters take values even if the loop has no results.
func TestBranchWithValuesOutOfAQuietLoop(t *testing.T) {
	m := &as.Module{}
	m.Memory(1, -1)
	pair := m.TypeIndex(as.Type{Params: []byte{as.I32}})
	f := m.Func("", none, nil)
	m.Func("run", as.Type{Params: []byte{as.I32, as.I32}, Results: []byte{as.I32}}, nil,
		as.I32Const(1), []byte{0x03, byte(pair)}, as.Drop, as.Call(f),
		as.Loop(as.I32Const(1), as.I32Const(0), as.BrIf(1), as.Drop), []byte{0x0b}, as.Get(0))
	compare(t, wazero.NewRuntimeConfig(), m.Bytes())
}
