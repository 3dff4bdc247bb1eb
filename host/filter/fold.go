package filter

import (
	"unicode"
	"unicode/utf8"
)

// sameFold says whether two characters are equal without regard to case (Unicode's simple folding).
func sameFold(a, b rune) bool {
	if a == b {
		return true
	}
	for r := unicode.SimpleFold(a); r != a; r = unicode.SimpleFold(r) {
		if r == b {
			return true
		}
	}
	return false
}

func hasPrefixFold(text, prefix []byte) bool {
	for len(prefix) > 0 {
		want, size := utf8.DecodeRune(prefix)
		got, width := utf8.DecodeRune(text)
		if width == 0 || !sameFold(got, want) {
			return false
		}
		prefix, text = prefix[size:], text[width:]
	}
	return true
}

func hasSuffixFold(text, suffix []byte) bool {
	for len(suffix) > 0 {
		want, size := utf8.DecodeLastRune(suffix)
		got, width := utf8.DecodeLastRune(text)
		if width == 0 || !sameFold(got, want) {
			return false
		}
		suffix, text = suffix[:len(suffix)-size], text[:len(text)-width]
	}
	return true
}
