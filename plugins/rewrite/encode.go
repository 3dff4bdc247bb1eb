package rewrite

import "encoding/binary"

func appendU32(dst []byte, v uint32) []byte { return binary.AppendUvarint(dst, uint64(v)) }

func appendI32(dst []byte, v int32) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(dst, c)
		}
		dst = append(dst, c|0x80)
	}
}

// appendBytes appends b after its length.
func appendBytes(dst, b []byte) []byte { return append(appendU32(dst, uint32(len(b))), b...) }

// vector is the vector body with more elements behind its own. A nil body is an empty vector.
func vector(body []byte, more uint32, elements []byte) []byte {
	r := reader{b: body}
	n := uint32(0)
	if len(body) > 0 {
		n = r.u32()
	}
	return append(append(appendU32(nil, n+more), r.b...), elements...)
}
