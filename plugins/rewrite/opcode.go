package rewrite

import "slices"

// Opcodes this package writes or has to know.
const (
	opUnreachable        = 0x00
	opBlock              = 0x02
	opLoop               = 0x03
	opIf                 = 0x04
	opElse               = 0x05
	opEnd                = 0x0b
	opBr                 = 0x0c
	opBrIf               = 0x0d
	opBrTable            = 0x0e
	opReturn             = 0x0f
	opCall               = 0x10
	opCallIndirect       = 0x11
	opReturnCall         = 0x12
	opReturnCallIndirect = 0x13
	opDrop               = 0x1a
	opLocalGet           = 0x20
	opLocalSet           = 0x21
	opLocalTee           = 0x22
	opGlobalGet          = 0x23
	opGlobalSet          = 0x24
	opMemorySize         = 0x3f
	opMemoryGrow         = 0x40
	opI32Const           = 0x41
	opI64Const           = 0x42
	opF32Const           = 0x43
	opF64Const           = 0x44
	opI32LtS             = 0x48
	opI32GtU             = 0x4b
	opI32LeU             = 0x4d
	opI32GeS             = 0x4e
	opI64GtU             = 0x56
	opI32Add             = 0x6a
	opI32Sub             = 0x6b
	opI64Add             = 0x7c
	opI64Shl             = 0x86
	opI32Or              = 0x72
	opI64ExtendI32U      = 0xad
	opRefNull            = 0xd0
	opRefFunc            = 0xd2
	opBulk               = 0xfc // prefix
	opSIMD               = 0xfd // prefix

	bulkMemoryInit = 8
	bulkMemoryCopy = 10
	bulkMemoryFill = 11
	bulkTableInit  = 12
	bulkTableCopy  = 14
	bulkTableGrow  = 15
	bulkTableFill  = 17

	bulkDataDrop    = 9
	bulkElementDrop = 13
	bulkTableSize   = 16

	simdConst = 12

	blockEmpty = 0x40
)

// instruction is one instruction of a function.
type instruction struct {
	op    byte
	sub   uint32 // after opBulk and opSIMD
	index uint32 // of a label, function, type, local or global
	value int32  // of i32.const
	block int64  // the type of a block: an index if it is not negative
	more  []byte // the labels of br_table, in LEB128
	needs need
}

// need is what an instruction uses, so that it can be checked that the module has it.
type need byte

const (
	needsNothing  need = iota
	needsLocal         // index
	needsGlobal        // index
	needsFunction      // index
	needsType          // index
	needsBlock         // block, if it is an index
	needsLabel         // index
	needsLabels        // more
	needsMemory
)

// next reads an instruction.
func (r *reader) next() (in instruction) {
	in.op = r.byte()
	switch op := in.op; {
	case op >= opLocalGet && op <= opLocalTee:
		in.index, in.needs = r.u32(), needsLocal
	case op == opGlobalGet, op == opGlobalSet:
		in.index, in.needs = r.u32(), needsGlobal
	case op == opBlock, op == opLoop, op == opIf:
		in.block, in.needs = r.blockType(), needsBlock
	case op == opBr, op == opBrIf:
		in.index, in.needs = r.u32(), needsLabel
	case op == opCall, op == opReturnCall, op == opRefFunc:
		in.index, in.needs = r.u32(), needsFunction
	case op == opCallIndirect, op == opReturnCallIndirect:
		in.index, in.needs = r.u32(), needsType
		r.u32()
	case op == opBrTable:
		n := r.count("labels", maxBody)
		before := r.b
		r.skip(n + 1)
		in.more, in.needs = before[:len(before)-len(r.b)], needsLabels
	case op == opI32Const:
		in.value = r.i32()
	case op == 0x25, op == 0x26, op == opI64Const, op == opRefNull: // also table.get, table.set
		r.skip(1)
	case op == 0x1c: // select with types
		for range r.count("types of a select", maxParams) {
			r.valueType()
		}
	case op >= 0x28 && op <= 0x3e: // loads and stores
		in.needs = needsMemory
		r.skip(2)
	case op == opMemorySize, op == opMemoryGrow:
		in.needs = needsMemory
		r.skip(1)
	case op == opF32Const:
		r.take(4)
	case op == opF64Const:
		r.take(8)
	case op == opUnreachable, op == 0x01, op == opElse, op == opEnd, op == opReturn, op == opDrop, op == 0x1b,
		op >= 0x45 && op <= 0xc4, op == 0xd1: // without immediates
	case op == opBulk:
		in.sub = r.u32()
		in.needs = r.bulk(in.sub)
	case op == opSIMD:
		in.sub = r.simdOpcode()
		in.needs = r.simd(in.sub)
	default:
		if r.err == nil {
			r.fail(unsupported("a function has opcode %#x", op))
		}
	}
	return in
}

// cost is how many bytes an instruction counts for that has a size: about its time, in what others of a byte take.
func (in *instruction) cost(size int) int {
	switch op := in.op; {
	case op == opRefFunc, op == opMemoryGrow: // for which wazero goes to Go
		return size + importCost
	case in.needs == needsMemory:
		return size + loadCost
	case op >= 0x6d && op <= 0x70, op >= 0x7f && op <= 0x82, // integers
		op == 0x91, op == 0x95, op == 0x9f, op == 0xa3: // roots and quotients of floats
		return size + divideCost
	default:
		return size
	}
}

// isBulk says whether an instruction takes as long as an operand says.
func (in *instruction) isBulk() bool {
	if in.op != opBulk {
		return false
	}
	switch in.sub {
	case bulkMemoryInit, bulkMemoryCopy, bulkMemoryFill, bulkTableInit, bulkTableCopy, bulkTableGrow, bulkTableFill:
		return true
	default:
		return false
	}
}

// calls says whether an instruction leaves the function for a while, as far as wazero's machine code is concerned.
func (in *instruction) calls() bool {
	switch in.op {
	case opCall, opCallIndirect, opReturnCall, opReturnCallIndirect, opMemoryGrow:
		return true
	default:
		return in.isBulk()
	}
}

// table returns the labels of a br_table.
func (in *instruction) table() (labels []uint32, err error) {
	r := reader{b: in.more}
	for len(r.b) > 0 {
		labels = append(labels, r.u32())
	}
	return labels, r.err
}

// blockType reads a block's type: an index of a type, or something negative. Types of references to a type are not
// supported: they are longer.
func (r *reader) blockType() int64 {
	if len(r.b) > 0 && r.b[0]&0xc0 == 0x40 { // one byte, negative
		if r.b[0] == blockEmpty {
			return int64(r.byte()) - 0x80
		}
		return int64(r.valueType()) - 0x80
	}
	before := r.b
	index := r.u32()
	if size := len(before) - len(r.b); r.err == nil && before[size-1]&0x40 != 0 { // a sign
		r.fail(unsupported("a block has the type of index %#x", before[:size]))
	}
	return int64(index)
}

func (r *reader) bulk(sub uint32) need {
	switch sub {
	case 0, 1, 2, 3, 4, 5, 6, 7: // conversions
	case bulkMemoryFill:
		r.skip(1)
		return needsMemory
	case bulkDataDrop, bulkTableGrow, bulkTableFill, bulkTableSize, bulkElementDrop:
		r.skip(1)
	case bulkMemoryInit, bulkMemoryCopy:
		r.skip(2)
		return needsMemory
	case bulkTableInit, bulkTableCopy:
		r.skip(2)
	default:
		r.fail(unsupported("a function has opcode 0xfc %d", sub))
	}
	return needsNothing
}

// simdOpcode reads a number of up to 255. It has one form only, for wazero looks at its first byte, and takes the second one
// that it may have for a nop.
func (r *reader) simdOpcode() uint32 {
	sub := r.byte()
	if sub >= 0x80 && r.byte() != 1 {
		r.fail(unsupported("a function has a SIMD opcode in an unusual form"))
	}
	return uint32(sub)
}

func (r *reader) simd(sub uint32) need {
	switch {
	case sub <= 11, sub == 92, sub == 93: // loads and stores
		r.skip(2)
		return needsMemory
	case sub >= 84 && sub <= 91: // loads and stores of lanes
		r.skip(2)
		r.byte()
		return needsMemory
	case sub == simdConst, sub == 13: // 13 is i8x16.shuffle
		r.take(16)
	case sub >= 21 && sub <= 34: // lanes
		r.byte()
	case sub <= 255:
	default:
		r.fail(unsupported("a function has opcode 0xfd %d", sub))
	}
	return needsNothing
}

// has says whether the module, and a function with so many locals and blocks open, have what an instruction uses.
func (m *Module) has(in *instruction, locals, open uint32) error {
	var count uint32
	index := in.index
	switch in.needs {
	case needsNothing:
		return nil
	case needsLocal:
		count = locals
	case needsGlobal:
		count = m.globals
	case needsFunction:
		count = m.functionCount()
	case needsType:
		count = uint32(len(m.types))
	case needsBlock:
		if in.block < 0 {
			return nil
		}
		index, count = uint32(in.block), uint32(len(m.types))
	case needsLabel:
		count = open + 1 // the function is one too
	case needsLabels:
		labels, err := in.table()
		if err != nil {
			return err
		}
		index, count = slices.Max(labels), open+1
	case needsMemory:
		index, count = 0, m.memories
	}
	if index >= count {
		return malformed("opcode %#x uses index %d of %d", in.op, index, count)
	}
	return nil
}
