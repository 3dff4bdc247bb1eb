package queue

import (
	"encoding/binary"
	"unicode/utf8"
)

// messageCharacters names what a message may consist of, in AWS's words.
const messageCharacters = "Invalid characters found. Valid unicode characters are " +
	"#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"

// validCharacters tells whether text is UTF-8 of the characters that XML 1.0 allows,
// which is what SQS accepts in a body and in a string attribute.
func validCharacters(text []byte) bool {
	const (
		ones = 0x0101010101010101
		high = 0x80 * ones
	)
	for len(text) > 0 {
		// Eight printable ASCII characters at once: no byte has its high bit set and
		// none is below a blank (subtracting 0x20 borrows into the high bit).
		for len(text) >= 8 {
			word := binary.LittleEndian.Uint64(text)
			if (word|(word-0x20*ones))&high != 0 {
				break
			}
			text = text[8:]
		}
		if len(text) == 0 {
			return true
		}
		if c := text[0]; c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
				return false
			}
			text = text[1:]
			continue
		}
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
			return false
		}
		text = text[size:]
	}
	return true
}

// validToken tells whether text is 1 to 128 letters, digits and ASCII punctuation,
// without blanks: the form of MessageGroupId, MessageDeduplicationId and
// ReceiveRequestAttemptId.
func validToken(text string) bool {
	if text == "" || len(text) > 128 {
		return false
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= 0x7f {
			return false
		}
	}
	return true
}

func invalidToken(parameter, value string) *Error {
	return invalidParameter(parameter, value,
		parameter+" can only include alphanumeric and punctuation characters. 1 to 128 in length.")
}

// validName tells whether text is 1 to 80 letters, digits, hyphens and underscores:
// the form of queue names without suffix, batch entry ids and permission labels.
func validName(text string) bool {
	if text == "" || len(text) > 80 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
