package rewrite

import "unicode/utf8"

// reader walks over the bytes of a module. Its first error stays, and everything it returns after that is zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

// take passes n bytes.
func (r *reader) take(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)) {
		r.fail(malformed("it ends too early"))
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail(malformed("it ends too early"))
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

// u32 reads an unsigned number in LEB128.
func (r *reader) u32() uint32 {
	var v uint32
	for shift := 0; shift < 35; shift += 7 {
		c := r.byte()
		if shift == 28 && c > 0x0f {
			break
		}
		v |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.fail(malformed("a number is too long"))
	return 0
}

// i32 reads a signed number in LEB128.
func (r *reader) i32() int32 {
	var v int64
	for shift := 0; shift < 35; shift += 7 {
		c := r.byte()
		v |= int64(c&0x7f) << shift
		if c < 0x80 {
			if c&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			if v != int64(int32(v)) {
				break
			}
			return int32(v)
		}
	}
	r.fail(malformed("a number is too long"))
	return 0
}

// skip passes numbers in LEB128, signed or not.
func (r *reader) skip(numbers uint32) {
	for ; numbers > 0 && r.err == nil; numbers-- {
		size := 1
		for r.byte()&0x80 != 0 {
			if size++; size > 10 {
				r.fail(malformed("a number is too long"))
			}
		}
	}
}

// count reads the length of a vector whose elements take at least one byte each.
func (r *reader) count(what string, most uint32) uint32 {
	n := r.u32()
	switch {
	case uint64(n) > uint64(len(r.b)):
		r.fail(malformed("it has %d %s in %d bytes", n, what, len(r.b)))
		return 0
	case n > most:
		r.fail(tooBig("it has %d %s; at most %d are allowed", n, what, most))
		return 0
	}
	return n
}

func (r *reader) name() string {
	b := r.take(r.u32())
	if !utf8.Valid(b) {
		r.fail(malformed("a name is not UTF-8"))
	}
	return string(b)
}

// end asks that nothing is left.
func (r *reader) end(what string) {
	if r.err == nil && len(r.b) > 0 {
		r.fail(malformed("%d bytes are left over after the %s", len(r.b), what))
	}
}

func (r *reader) valueType() byte {
	switch t := r.byte(); t {
	case typeI32, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f: // i32, i64, f32, f64, v128, funcref, externref
		return t
	default:
		if r.err == nil {
			r.fail(unsupported("a value has type %#x", t))
		}
		return 0
	}
}

const typeI32 = 0x7f

// bounds are the limits of a table or a memory.
type bounds struct {
	min, max uint32
	limited  bool // max is there
}

func (r *reader) bounds() bounds {
	flags := r.byte()
	b := bounds{min: r.u32()}
	switch flags {
	case 0:
	case 1:
		b.max, b.limited = r.u32(), true
	default:
		if r.err == nil {
			r.fail(unsupported("a memory or table is shared or has 64-bit addresses (flags %#x)", flags))
		}
	}
	return b
}
