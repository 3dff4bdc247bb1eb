package rewrite

// constant passes a constant expression.
func (m *Module) constant(r *reader) {
	for r.err == nil {
		switch op := r.byte(); op {
		case opEnd:
			return
		case opI32Const, opI64Const, opRefNull:
			r.skip(1)
		case opGlobalGet:
			below(r, "global", r.u32(), m.globals)
		case opRefFunc:
			m.take(r, r.u32())
		case opF32Const:
			r.take(4)
		case opF64Const:
			r.take(8)
		case opSIMD:
			if r.u32() != simdConst && r.err == nil {
				r.fail(unsupported("a constant expression has a SIMD instruction"))
			}
			r.take(16)
		case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add, sub, mul
		default:
			if r.err == nil {
				r.fail(unsupported("a constant expression has opcode %#x", op))
			}
		}
	}
}

func (m *Module) readElements(r *reader) {
	flags := r.u32()
	if flags > 7 {
		r.fail(malformed("an element segment has flags %#x", flags))
		return
	}
	passive, explicit, expressions := flags&1 != 0, flags&2 != 0, flags&4 != 0
	if !passive {
		if explicit {
			r.u32()
		}
		m.constant(r)
	}
	if passive || explicit {
		switch kind := r.byte(); {
		case r.err != nil, !expressions && kind == 0, expressions && (kind == 0x70 || kind == 0x6f): // funcref, externref
		default:
			r.fail(unsupported("an element segment has elements of kind %#x", kind))
		}
	}
	for range r.count("elements", 1<<24) {
		if expressions {
			m.constant(r)
		} else {
			m.take(r, r.u32())
		}
	}
}

// take notes that a function may get into a table.
func (m *Module) take(r *reader, function uint32) {
	if below(r, "function", function, m.functionCount()); r.err == nil && function >= m.imported {
		m.taken[function-m.imported] = true
	}
}

func (m *Module) readData(r *reader) {
	switch flags := r.u32(); flags {
	case 0:
		below(r, "memory", 0, m.memories)
		m.constant(r)
	case 1:
	case 2:
		below(r, "memory", r.u32(), m.memories)
		m.constant(r)
	default:
		r.fail(malformed("a data segment has flags %#x", flags))
	}
	r.take(r.u32())
}
