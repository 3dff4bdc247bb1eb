package rewrite_test

import (
	"slices"

	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// generator makes modules out of bytes: each byte decides something. The modules are valid, and end by themselves: every
// turn of a loop and every call costs fuel, and when it is used up all loops end.
type generator struct {
	data  []byte
	m     *as.Module
	fuel  uint32 // global
	first uint32 // function
	loops []bool // the open blocks, outermost first: whether each is a loop
}

const (
	genFunctions = 4
	genLocals    = 4 // two parameters among them
	genPages     = 40
)

var genType = as.Type{Params: []byte{as.I32, as.I32}, Results: []byte{as.I32}}

// generate makes a module that exports "run", which takes two numbers and returns one.
func generate(data []byte) []byte {
	g := &generator{data: data, m: &as.Module{}}
	g.m.Memory(genPages, genPages+4)
	g.m.Table(genFunctions, -1)
	g.fuel = g.m.Global(2000)
	g.first = g.m.Next()
	for f := range genFunctions {
		name := ""
		if f == 0 {
			name = "run"
		}
		g.m.Func(name, genType, []byte{as.I32, as.I32}, g.statements(6), g.value(2))
	}
	g.m.Elements(g.first, g.first+1, g.first+2, g.first+3)
	return g.m.Bytes()
}

// next is a decision between n ways; 0 when there is nothing left to decide.
func (g *generator) next(n int) int {
	if len(g.data) == 0 {
		return 0
	}
	b := g.data[0]
	g.data = g.data[1:]
	return int(b) % n
}

// spend takes fuel, and leaves on the stack whether there is any left.
func (g *generator) spend(units int32) []byte {
	return cat(as.GlobalGet(g.fuel), as.I32Const(units), as.I32Sub, as.GlobalSet(g.fuel),
		as.GlobalGet(g.fuel), as.I32Const(0), []byte{0x4a}) // i32.gt_s
}

func (g *generator) statements(most int) (code []byte) {
	for range g.next(most) + 1 {
		code = append(code, g.statement()...)
	}
	return code
}

// nested is statements in blocks.
func (g *generator) nested(loops ...bool) []byte {
	outside := g.loops
	defer func() { g.loops = outside }()
	g.loops = append(g.loops, loops...)
	return g.statements(4)
}

// label is one to branch to forwards, from inside another block.
func (g *generator) label() uint32 {
	for label := uint32(g.next(len(g.loops) + 1)); label > 0; label-- {
		if !g.loops[len(g.loops)-int(label)] {
			return label
		}
	}
	return 0
}

func (g *generator) local() uint32 { return uint32(g.next(genLocals)) }

func (g *generator) statement() []byte {
	if len(g.data) == 0 || len(g.loops) > 6 {
		return g.set(1)
	}
	switch g.next(20) {
	case 0, 1:
		return g.set(3)
	case 2:
		return cat(g.value(2), as.IfElse(g.nested(false), g.nested(false)))
	case 3:
		return cat(g.value(2), as.If(g.nested(false)))
	case 4:
		return as.Loop(g.nested(true), g.value(2), as.If(g.spend(1), as.BrIf(1)))
	case 5:
		return as.Block(g.nested(false), g.value(2), as.BrIf(g.label()), g.nested(false))
	case 6:
		return as.Block(as.Block(g.nested(false, false), g.value(2), as.BrTable(0, 1, 0)), g.nested(false))
	case 7: // any function, also itself
		return cat(g.spend(10), as.If(g.value(2), g.value(2), as.Call(g.first+uint32(g.next(genFunctions))), as.Set(g.local())))
	case 8:
		return cat(g.spend(10), as.If(g.value(2), g.value(2), g.value(1), as.I32Const(3), []byte{0x71}, // i32.and
			as.CallIndirect(g.m.TypeIndex(genType)), as.Set(g.local())))
	case 9:
		return cat(g.address(), g.value(2), as.I32Store)
	case 10: // of up to 4 MiB, and mostly too long
		return cat(g.spend(200), as.If(g.address(), g.value(1), g.length(), as.MemoryFill))
	case 11:
		return cat(g.spend(200), as.If(g.address(), g.address(), g.length(), as.MemoryCopy))
	case 12:
		return cat(as.I32Const(int32(g.next(3))), as.MemoryGrow, as.Set(g.local()))
	case 13:
		return g.dispatch()
	case 14: // out of all loops, and of the function
		return cat(g.value(2), as.If(g.value(1), as.Return))
	case 15: // out of several blocks at once, or of none
		return as.Block(g.nested(false), g.value(2), as.BrTable(g.label(), 0, g.label()))
	case 16: // small, so that it is unrolled, with a way out and two to the next turn
		return as.Block(as.Loop(g.set(1), g.value(1), as.BrIf(1), g.set(1), g.value(1), as.If(g.spend(1), as.BrIf(1)),
			g.set(1), g.spend(1), as.BrIf(0)))
	case 17: // with a result, also from within
		const i32 = 0x7f
		loop := cat([]byte{0x03, i32}, g.set(1), g.value(1), g.value(1), as.BrIf(1),
			g.value(1), as.If(g.spend(1), as.BrIf(1)), g.spend(1), as.BrIf(1), []byte{0x0b})
		return cat([]byte{0x02, i32}, loop, []byte{0x0b}, as.Set(g.local()))
	case 18: // quiet, and left for the one around it, which is not
		return as.Loop(g.nested(true), as.Loop(g.set(1), g.value(1), as.If(g.spend(1), as.BrIf(2)), g.value(1), as.If(g.spend(1), as.BrIf(1))))
	default:
		return cat(g.spend(20), as.If(as.RefNull, as.I32Const(int32(g.next(200))), as.TableGrow, as.Set(g.local())))
	}
}

// dispatch is code in the manner of Go: a loop that goes on at the end of one of its blocks, whichever a local says.
func (g *generator) dispatch() []byte {
	outside, local := g.loops, g.local()
	defer func() { g.loops = outside }()
	part := func(blocks uint32) []byte {
		g.loops = append(slices.Clone(outside), true, false, false, false)[:len(outside)+1+int(blocks)]
		return cat(g.statements(2), g.value(1), as.If(g.spend(50), as.If(
			as.I32Const(int32(g.next(5))), as.Set(local), as.Br(blocks+2))))
	}
	return as.Loop(as.Block(as.Block(as.Block(as.Get(local), as.BrTable(0, 1, 2, uint32(g.next(3)))), part(2)), part(1)), part(0))
}

// address is one in the memory, as far as words go.
func (g *generator) address() []byte {
	return cat(g.value(1), as.I32Const(genPages<<16-8), []byte{0x70}) // i32.rem_u
}

func (g *generator) length() []byte {
	switch g.next(4) {
	case 0:
		return as.I32Const(int32(g.next(256)))
	case 1:
		return as.I32Const(int32(g.next(256)) << 12)
	default:
		return cat(g.value(1), as.I32Const(3<<20), []byte{0x70})
	}
}

// value is an expression of some depth.
func (g *generator) value(depth int) []byte {
	if depth == 0 || len(g.data) == 0 {
		return as.Get(g.local())
	}
	switch g.next(8) {
	case 0, 1:
		return as.Get(g.local())
	case 2:
		return as.I32Const(int32(int8(g.next(256))) << g.next(24))
	case 3:
		return cat(g.address(), as.I32Load)
	case 4:
		return cat(g.value(depth-1), g.value(depth-1), []byte{0x6d}) // i32.div_s, which may trap
	default:
		ops := [][]byte{as.I32Add, as.I32Sub, as.I32Mul, as.I32Xor, as.I32Rotl, as.I32LtU}
		return cat(g.value(depth-1), g.value(depth-1), ops[g.next(len(ops))])
	}
}

func (g *generator) set(depth int) []byte { return cat(g.value(depth), as.Set(g.local())) }
