package rewrite

import "strconv"

// GlobalExport begins the names under which a stoppable module exports its mutable globals; numbers from 0 on follow.
const GlobalExport = reserved + "g"

// CountExport is the name of the global that a stoppable module counts in, an i32: the bytes of code left until it leaves. It
// is Stride after each, unless the host sets it to something else, which it may do while the module is away.
const CountExport = reserved + "count"

// mutable is one of the module's own globals that can change.
type mutable struct {
	index uint32
	value byte // its type
}

const opTableSet = 0x26

// readGlobals passes the module's own globals.
func (m *Module) readGlobals(r *reader) {
	for range r.count("globals", maxGlobals) {
		value := r.valueType()
		if r.byte() != 0 {
			m.mutables = append(m.mutables, mutable{m.globals, value})
		}
		m.globals++
		m.constant(r)
	}
}

// exportedGlobals are export entries for all mutable globals of the module, and for the count, which is the one behind them.
func (m *Module) exportedGlobals() (n uint32, entries []byte) {
	for at, g := range m.mutables {
		entries = appendBytes(entries, []byte(GlobalExport+strconv.Itoa(at)))
		entries = appendU32(append(entries, byte(KindGlobal)), g.index)
	}
	entries = appendBytes(entries, []byte(CountExport))
	return uint32(len(m.mutables)) + 1, appendU32(append(entries, byte(KindGlobal)), m.globals)
}

// Restorable says whether all that a running instance of the module changes is in its memory and in globals that are
// numbers, so that a host can put it back to an earlier state. The error says what else there is.
func (m *Module) Restorable() error {
	for _, g := range m.mutables {
		switch g.value {
		case typeI32, 0x7e, 0x7d, 0x7c: // i64, f32, f64
		default:
			return unsupported("it has a mutable global that is no number")
		}
	}
	for _, body := range m.bodies() {
		r := reader{b: body}
		readLocals(&r)
		for len(r.b) > 0 {
			if in := r.next(); in.changesOther() {
				return unsupported("it changes its tables or drops segments while it runs")
			}
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// changesOther says whether an instruction changes what is neither memory nor a global.
func (in *instruction) changesOther() bool {
	if in.op != opBulk {
		return in.op == opTableSet
	}
	switch in.sub {
	case bulkTableInit, bulkTableCopy, bulkTableGrow, bulkTableFill, bulkDataDrop, bulkElementDrop:
		return true
	default:
		return false
	}
}
