package assemble

// Instructions without immediates. The names are those of the text format.
var (
	Unreachable = []byte{0x00}
	Return      = []byte{0x0f}
	Drop        = []byte{0x1a}
	MemorySize  = []byte{0x3f, 0}
	MemoryGrow  = []byte{0x40, 0}
	MemoryCopy  = []byte{0xfc, 10, 0, 0}
	MemoryFill  = []byte{0xfc, 11, 0}
	TableGrow   = []byte{0xfc, 15, 0}
	TableFill   = []byte{0xfc, 17, 0}
	RefNull     = []byte{0xd0, 0x70}
	I32Eqz      = []byte{0x45}
	I32LtU      = []byte{0x49}
	I32Add      = []byte{0x6a}
	I32Sub      = []byte{0x6b}
	I32Mul      = []byte{0x6c}
	I32Xor      = []byte{0x73}
	I32Rotl     = []byte{0x77}
	I32Load     = []byte{0x28, 2, 0}
	I32Load8U   = []byte{0x2d, 0, 0}
	I32Store    = []byte{0x36, 2, 0}
	I32Store8   = []byte{0x3a, 0, 0}
)

// I32Const is i32.const.
func I32Const(v int32) []byte { return append([]byte{0x41}, signed(int64(v))...) }

// I64Const is i64.const.
func I64Const(v int64) []byte { return append([]byte{0x42}, signed(v)...) }

// Get is local.get.
func Get(local uint32) []byte { return append([]byte{0x20}, u(local)...) }

// Set is local.set.
func Set(local uint32) []byte { return append([]byte{0x21}, u(local)...) }

// Tee is local.tee.
func Tee(local uint32) []byte { return append([]byte{0x22}, u(local)...) }

// GlobalGet is global.get.
func GlobalGet(global uint32) []byte { return append([]byte{0x23}, u(global)...) }

// GlobalSet is global.set.
func GlobalSet(global uint32) []byte { return append([]byte{0x24}, u(global)...) }

// Call is call.
func Call(function uint32) []byte { return append([]byte{0x10}, u(function)...) }

// ReturnCall is return_call.
func ReturnCall(function uint32) []byte { return append([]byte{0x12}, u(function)...) }

// CallIndirect is call_indirect on table 0.
func CallIndirect(typeIndex uint32) []byte { return append(append([]byte{0x11}, u(typeIndex)...), 0) }

// Block is a block without results.
func Block(code ...[]byte) []byte { return nest(0x02, code) }

// Loop is a loop without results.
func Loop(code ...[]byte) []byte { return nest(0x03, code) }

// If is an if without results.
func If(code ...[]byte) []byte { return nest(0x04, code) }

// IfElse is an if with an else, without results.
func IfElse(then, otherwise []byte) []byte {
	return join([]byte{0x04, 0x40}, then, []byte{0x05}, otherwise, []byte{0x0b})
}

// Br is br.
func Br(label uint32) []byte { return append([]byte{0x0c}, u(label)...) }

// BrIf is br_if.
func BrIf(label uint32) []byte { return append([]byte{0x0d}, u(label)...) }

// BrTable is br_table; the last label is the default.
func BrTable(labels ...uint32) []byte {
	out := append([]byte{0x0e}, u(uint32(len(labels)-1))...)
	for _, l := range labels {
		out = append(out, u(l)...)
	}
	return out
}

func nest(op byte, code [][]byte) []byte {
	return join([]byte{op, 0x40}, join(code...), []byte{0x0b})
}

func signed(v int64) (out []byte) {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(out, c)
		}
		out = append(out, c|0x80)
	}
}
