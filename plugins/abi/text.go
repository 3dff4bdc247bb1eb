package abi

import (
	"math/bits"
	"unicode/utf8"
)

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

// plainLength is how many bytes at the beginning of a text stand for themselves. It looks at sixteen at a time: most texts are
// long, and little in them has to be written differently.
func plainLength[T string | []byte](text T) int {
	n := 0
	for ; len(text)-n >= 16; n += 16 {
		first, second := odd(word(text[n:n+8])), odd(word(text[n+8:n+16]))
		switch {
		case first|second == 0:
		case first != 0:
			return n + bits.TrailingZeros64(first)/8
		default:
			return n + 8 + bits.TrailingZeros64(second)/8
		}
	}
	for n < len(text) && text[n] < utf8.RuneSelf && plain[text[n]] {
		n++
	}
	return n
}

// word reads eight bytes.
func word[T string | []byte](t T) uint64 {
	_ = t[7]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}

// odd returns 0 if each of the eight bytes stands for itself, and otherwise a word whose lowest bit is in the first that does
// not.
func odd(word uint64) uint64 {
	const (
		each  = 0x0101010101010101 // a byte in each of the eight
		high  = 0x80 * each
		slash = '\\' * each
	)
	// A byte less than another becomes negative by subtraction, and one that is equal is less than one after exclusive or.
	// Exclusive or with two makes a space of the quote, and leaves what is less than a space so; the space itself becomes a
	// quote. What is not ASCII is negative already.
	controlsAndQuotes := (word ^ 2*each) - (' '+1)*each
	slashes := (word ^ slash) - each
	return (word | controlsAndQuotes | slashes) & high
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
