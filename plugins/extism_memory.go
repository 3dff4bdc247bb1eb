package plugins

import (
	"cmp"
	"slices"
)

// Sizes of a kernel.
const (
	kernelUnit  = 16      // bytes that blocks are aligned to, and that the smallest takes
	kernelPiece = 4 << 10 // bytes that it grows by at least
	kernelKept  = 1 << 20 // bytes a kernel keeps from one invocation to the next
	maxVars     = 1 << 20 // bytes of an instance's variables, names included, as Extism has it
	varOverhead = 64      // bytes that a variable counts for besides its name and value
)

// kernel is the memory that an Extism guest and its host share: blocks that the guest reaches through host functions only,
// by 64-bit offsets. Offset 0 means none. It belongs to the instance's goroutine.
//
// Extism's own is a WebAssembly module next to the guest. Here it is a slice, whose size counts for the guest's memory.
//
// Source: https://github.com/extism/proposals/blob/main/EIP-007-extism-runtime-kernel.md
type kernel struct {
	memory *memory // what the kernel takes is claimed there
	b      []byte
	blocks []block // in the order of their offsets; the last one is not free

	input  block
	output block
	answer []byte // what was in output when the guest set it
	errors block
	cause  []byte // what was in errors, at most maxFailure bytes; nil if there is no error

	vars  map[string][]byte
	inUse int64 // bytes of vars

	status  int    // of the last HTTP response
	headers []byte // of the last HTTP response, as JSON
}

// block is a range of the kernel.
type block struct {
	offset, size uint32
	free         bool
}

func (b block) end() uint32 { return b.offset + max(b.size+kernelUnit-1, kernelUnit)&^(kernelUnit-1) }

// alloc makes a block of zeros and returns its offset, 0 if there is no room.
func (k *kernel) alloc(size uint64) uint64 {
	last := uint32(kernelUnit)
	if len(k.blocks) > 0 {
		last = k.blocks[len(k.blocks)-1].end()
	}
	if size == 0 || size >= MaxMemory-uint64(last) {
		return 0
	}
	b := block{offset: last, size: uint32(size)}
	if !k.extend(int64(b.end())) {
		return 0
	}
	clear(k.b[b.offset:b.end()])
	k.blocks = append(k.blocks, b)
	return uint64(b.offset)
}

// extend makes the kernel at least size bytes long, if the guest may have them.
func (k *kernel) extend(size int64) bool {
	if size <= int64(len(k.b)) {
		return true
	}
	length := int64(len(k.b))
	least := max(size-length, kernelPiece)
	for more := max(length, least); more >= least; more /= 2 { // as much as there is, for each time copies all
		if k.memory.claim(more) {
			k.b = append(make([]byte, 0, length+more), k.b...)[:length+more]
			return true
		}
	}
	return false
}

// release frees the block at an offset. Freed blocks are used again once all behind them are free too.
func (k *kernel) release(offset uint64) {
	at, ok := k.find(offset)
	if !ok {
		return
	}
	k.blocks[at].free = true
	for n := len(k.blocks); n > 0 && k.blocks[n-1].free; n-- {
		k.blocks = k.blocks[:n-1]
	}
}

// length is the size of the block at an offset, 0 if there is none.
func (k *kernel) length(offset uint64) uint64 {
	at, ok := k.find(offset)
	if !ok {
		return 0
	}
	return uint64(k.blocks[at].size)
}

func (k *kernel) find(offset uint64) (int, bool) {
	at, ok := slices.BinarySearchFunc(k.blocks, offset, func(b block, offset uint64) int {
		return cmp.Compare(uint64(b.offset), offset)
	})
	return at, ok && !k.blocks[at].free
}

// at returns the bytes of a range, and false if it is not inside of the kernel.
func (k *kernel) at(offset, size uint64) ([]byte, bool) {
	all := uint64(len(k.b))
	if offset > all || size > all-offset {
		return nil, false
	}
	return k.b[offset : offset+size : offset+size], true
}

// put makes a block with a content and returns its offset, 0 if it is empty or there is no room.
func (k *kernel) put(content []byte) uint64 {
	offset := k.alloc(uint64(len(content)))
	if offset != 0 {
		copy(k.b[offset:], content)
	}
	return offset
}

// text returns what is in the block at an offset.
func (k *kernel) text(offset uint64) []byte {
	b, _ := k.at(offset, k.length(offset))
	return b
}

// take makes room for an event, without which there is no invocation.
func (k *kernel) take(b *batch) bool {
	size := b.readEvent(nil)
	if size == 0 {
		return true
	}
	offset := k.alloc(uint64(size))
	if offset == 0 {
		return false
	}
	k.input = block{offset: uint32(offset), size: uint32(size)}
	b.readEvent(k.b[offset:][:size])
	return true
}

// reset forgets everything but the variables.
func (k *kernel) reset() {
	if len(k.b) > kernelKept {
		k.memory.unclaim(int64(len(k.b)))
		k.b = nil
	}
	k.blocks, k.input, k.output, k.errors = k.blocks[:0], block{}, block{}, block{}
	k.answer, k.cause = nil, nil
	k.status, k.headers = 0, nil
}

// forget forgets the variables.
func (k *kernel) forget() {
	k.memory.unclaim(k.inUse)
	k.vars, k.inUse = nil, 0
}

// setVar keeps a copy of a value, or drops the variable if value is nil. It fails when there is no room.
func (k *kernel) setVar(name string, value []byte) bool {
	before := int64(0)
	if old, ok := k.vars[name]; ok {
		before = int64(len(name)+len(old)) + varOverhead
	}
	after := int64(0)
	if value != nil {
		after = int64(len(name)+len(value)) + varOverhead
	}
	if k.inUse-before+after > maxVars || after > before && !k.memory.claim(after-before) {
		return false
	}
	if after < before {
		k.memory.unclaim(before - after)
	}
	k.inUse += after - before
	if value == nil {
		delete(k.vars, name)
		return true
	}
	if k.vars == nil {
		k.vars = map[string][]byte{}
	}
	k.vars[name] = slices.Clone(value)
	return true
}
