package rewrite

// Functions that a stoppable module gets, in the order of their indexes.
const (
	helperLeave = iota // leave for Go
	helperFill         // memory.fill in pieces
	helperCopy         // memory.copy in pieces
	helperCount
)

// Types of the helpers, in the order of their indexes: [] -> [], and [i32 i32 i32] -> [].
const (
	helperTypeNone = iota
	helperTypeBulk
)

var helperTypes = []byte{0x60, 0, 0, 0x60, 3, typeI32, typeI32, typeI32, 0}

// pieceSize is the longest stretch that a bulk instruction works on without a look; largePiece is that of the helpers.
const (
	pieceSize   = 64 << 10
	largePiece  = 1 << 20
	elementSize = 8 // bytes of an element of a table
)

func (w *writer) helperFunctions() []byte {
	none, bulk := appendU32(nil, w.types+helperTypeNone), appendU32(nil, w.types+helperTypeBulk)
	return append(append(append([]byte(nil), none...), bulk...), bulk...)
}

func (w *writer) call(out []byte, helper uint32) []byte {
	return appendU32(append(out, opCall), w.helpers+helper)
}

func (w *writer) helperBodies() [helperCount][]byte {
	leave := appendU32(append(appendI32([]byte{0, opI32Const}, Stride), opGlobalSet), w.count)
	leave = append(appendI32(append(leave, opI32Const), maxMemoryPage), opMemorySize, 0, opI32Sub)
	leave = append(leave, opMemoryGrow, 0, opDrop, opEnd)
	return [helperCount][]byte{leave, w.fill(), w.copyMemory()}
}

// Parameters of the bulk helpers.
const (
	localTo   = 0
	localFrom = 1 // of a copy; the value of a fill
	localSize = 2
)

// fill is (to, value, size): memory.fill in pieces.
//
// A range that ends outside of the memory traps in the instruction itself, before anything is written.
func (w *writer) fill() []byte {
	op := []byte{opBulk, bulkMemoryFill, 0}
	out := append([]byte{0}, outside(localTo)...)
	out = append(append(append(out, opIf, blockEmpty), arguments()...), op...)
	out = append(out, opReturn, opEnd)
	out = w.pieces(out)
	out = append(append(out, opLocalGet, localTo, opLocalGet, localFrom), piece()...)
	out = append(out, op...)
	out = advance(out, localTo, opI32Add)
	out = advance(out, localSize, opI32Sub)
	out = append(out, opBr, 1, opEnd, opEnd)
	return append(append(append(out, arguments()...), op...), opEnd)
}

// copyMemory is (to, from, size): memory.copy in pieces, from the end if it copies upwards.
func (w *writer) copyMemory() []byte {
	op := []byte{opBulk, bulkMemoryCopy, 0, 0}
	out := append([]byte{0}, outside(localTo)...)
	out = append(append(out, outside(localFrom)...), opI32Or)
	out = append(append(append(out, opIf, blockEmpty), arguments()...), op...)
	out = append(out, opReturn, opEnd)
	out = w.pieces(out)
	out = append(out, opLocalGet, localTo, opLocalGet, localFrom, opI32LeU, opIf, blockEmpty)
	out = append(append(out, opLocalGet, localTo, opLocalGet, localFrom), piece()...)
	out = append(out, op...)
	out = advance(out, localTo, opI32Add)
	out = advance(out, localFrom, opI32Add)
	out = advance(out, localSize, opI32Sub)
	out = append(out, opElse)
	out = advance(out, localSize, opI32Sub)
	out = append(out, opLocalGet, localTo, opLocalGet, localSize, opI32Add)
	out = append(out, opLocalGet, localFrom, opLocalGet, localSize, opI32Add)
	out = append(append(out, piece()...), op...)
	out = append(out, opEnd, opBr, 1, opEnd, opEnd)
	return append(append(append(out, arguments()...), op...), opEnd)
}

// pieces opens a loop whose body runs, after a leave, while more than a piece is left. Two ends close it.
func (w *writer) pieces(out []byte) []byte {
	out = append(out, opLoop, blockEmpty, opLocalGet, localSize)
	out = append(append(out, piece()...), opI32GtU, opIf, blockEmpty)
	return w.call(out, helperLeave)
}

func piece() []byte { return appendI32([]byte{opI32Const}, largePiece) }

func arguments() []byte {
	return []byte{opLocalGet, localTo, opLocalGet, localFrom, opLocalGet, localSize}
}

// advance adds a piece to a local, or takes it off.
func advance(out []byte, local, op byte) []byte {
	return append(append(append(out, opLocalGet, local), piece()...), op, opLocalSet, local)
}

// outside is whether the range of localSize bytes that starts at a local ends after the memory.
func outside(local byte) []byte {
	return []byte{
		opLocalGet, local, opI64ExtendI32U, opLocalGet, localSize, opI64ExtendI32U, opI64Add,
		opMemorySize, 0, opI64ExtendI32U, opI64Const, 16, opI64Shl, opI64GtU,
	}
}
