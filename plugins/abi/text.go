package abi

import "unicode/utf8"

// AppendString appends a text as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func AppendString[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	done := 0 // text[:done] is written
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, text[done:i]...), "\uFFFD"...)
				done = i + 1
			}
			i += size
		case plain[c]:
			i += plainLength(text[i:])
		default:
			dst = appendEscaped(append(dst, text[done:i]...), c)
			i++
			done = i
		}
	}
	return append(append(dst, text[done:]...), '"')
}

// plain marks the bytes that stand for themselves in a JSON string.
var plain = func() (table [utf8.RuneSelf]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// plainLength is how many bytes at the beginning of a text stand for themselves. It looks at eight at a time: most texts are
// long, and little in them has to be written differently.
func plainLength[T string | []byte](text T) int {
	const (
		each  = 0x0101010101010101 // a byte in each of the eight
		high  = 0x80 * each
		quote = '"' * each
		slash = '\\' * each
		space = ' ' * each
	)
	n := 0
	for ; len(text)-n >= 8; n += 8 {
		t := text[n : n+8]
		word := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		// A byte less than another becomes negative by subtraction, and one that is equal is less than one after exclusive or.
		quotes, slashes := word^quote, word^slash
		if (word|(word-space)&^word|(quotes-each)&^quotes|(slashes-each)&^slashes)&high != 0 {
			break
		}
	}
	for n < len(text) && text[n] < utf8.RuneSelf && plain[text[n]] {
		n++
	}
	return n
}

const hexDigits = "0123456789abcdef"

func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}
