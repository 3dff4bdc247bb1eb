package abi

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep JSON may nest.
const maxDepth = 500

// SyntaxError says where JSON is not what it should be.
type SyntaxError struct {
	Offset int    // bytes before the place
	Want   string // what should have been there
}

func (e *SyntaxError) Error() string {
	return "invalid JSON at byte " + strconv.Itoa(e.Offset) + ": want " + e.Want
}

// scanner reads JSON (RFC 8259) from front to back. Its first error stays, and every method is harmless after it.
type scanner struct {
	b   []byte
	i   int
	err error
}

func (s *scanner) fail(want string) {
	if s.err == nil {
		s.err = &SyntaxError{Offset: s.i, Want: want}
	}
	s.i = len(s.b)
}

// peek returns the next byte that is not white space, without passing it; 0 at the end.
func (s *scanner) peek() byte {
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// accept passes one byte if it comes next.
func (s *scanner) accept(c byte) bool {
	if s.peek() != c || s.i >= len(s.b) {
		return false
	}
	s.i++
	return true
}

// end asks that nothing follows.
func (s *scanner) end() {
	if s.peek() != 0 || s.i < len(s.b) {
		s.fail("end of text")
	}
}

// literal passes a word such as null.
func (s *scanner) literal(word string) bool {
	s.peek()
	if len(s.b)-s.i < len(word) || string(s.b[s.i:s.i+len(word)]) != word {
		return false
	}
	s.i += len(word)
	return true
}

// object calls member for each member of an object, with its decoded name; member has to pass the value.
func (s *scanner) object(member func(name []byte)) {
	if !s.accept('{') {
		s.fail("an object")
		return
	}
	if s.accept('}') {
		return
	}
	for s.err == nil {
		name := s.text()
		if !s.accept(':') {
			s.fail("':'")
			return
		}
		member(name)
		if s.accept('}') {
			return
		}
		if !s.accept(',') {
			s.fail("',' or '}'")
		}
	}
}

// array calls element before each element of an array; element has to pass it.
func (s *scanner) array(element func()) {
	if !s.accept('[') {
		s.fail("an array")
		return
	}
	if s.accept(']') {
		return
	}
	for s.err == nil {
		element()
		if s.accept(']') {
			return
		}
		if !s.accept(',') {
			s.fail("',' or ']'")
		}
	}
}

// text passes a string and returns its value, which may be a part of the input: it is for reading only.
func (s *scanner) text() []byte {
	if !s.accept('"') {
		s.fail("a string")
		return nil
	}
	start := s.i
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			value := s.b[start:s.i]
			s.i++
			if utf8.Valid(value) {
				return value
			}
			return appendValid(nil, value)
		case c == '\\':
			return s.escaped(appendValid(make([]byte, 0, s.stringSize(start)), s.b[start:s.i]))
		case c < ' ':
			s.fail("no control character in a string")
			return nil
		}
	}
	s.fail("'\"'")
	return nil
}

// stringSize is no less than the length of a string that begins at start and goes on, unless it is not a string.
func (s *scanner) stringSize(start int) int {
	for end := s.i; end < len(s.b); end++ {
		switch s.b[end] {
		case '"':
			return end - start
		case '\\':
			end++
		}
	}
	return 0
}

// escaped goes on with a string that has escapes; value is what comes before the first.
func (s *scanner) escaped(value []byte) []byte {
	for done := s.i; s.i < len(s.b); { // s.b[done:s.i] is still to be appended
		switch c := s.b[s.i]; {
		case c == '"':
			value = appendValid(value, s.b[done:s.i])
			s.i++
			return value
		case c == '\\':
			value = appendValid(value, s.b[done:s.i])
			s.i++
			value = s.escape(value)
			done = s.i
		case c < ' ':
			s.fail("no control character in a string")
			return nil
		default:
			s.i++
		}
	}
	s.fail("'\"'")
	return nil
}

// appendValid appends text with U+FFFD in place of bytes that are not UTF-8.
func appendValid(dst, text []byte) []byte {
	if utf8.Valid(text) {
		return append(dst, text...)
	}
	for _, r := range string(text) {
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// escape appends what the escape after a backslash stands for.
func (s *scanner) escape(value []byte) []byte {
	if s.i >= len(s.b) {
		return value
	}
	c := s.b[s.i]
	s.i++
	switch c {
	case '"', '\\', '/':
		return append(value, c)
	case 'b':
		return append(value, '\b')
	case 'f':
		return append(value, '\f')
	case 'n':
		return append(value, '\n')
	case 'r':
		return append(value, '\r')
	case 't':
		return append(value, '\t')
	case 'u':
		return utf8.AppendRune(value, s.unicode())
	default:
		s.i--
		s.fail("an escape")
		return nil
	}
}

// unicode passes the digits of a \u escape and, where they are the first half of a pair, the second half.
func (s *scanner) unicode() rune {
	r := s.hex()
	if !utf16.IsSurrogate(r) {
		return r
	}
	if len(s.b)-s.i >= 6 && s.b[s.i] == '\\' && s.b[s.i+1] == 'u' {
		at := s.i
		s.i += 2
		if pair := utf16.DecodeRune(r, s.hex()); pair != utf8.RuneError || s.err != nil {
			return pair
		}
		s.i = at
	}
	return utf8.RuneError
}

func (s *scanner) hex() rune {
	if len(s.b)-s.i < 4 {
		s.fail("four hexadecimal digits")
		return 0
	}
	var r rune
	for _, c := range s.b[s.i : s.i+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			s.fail("four hexadecimal digits")
			return 0
		}
	}
	s.i += 4
	return r
}

// number passes a number and returns its text.
func (s *scanner) number() []byte {
	s.peek()
	start := s.i
	s.skipByte('-')
	if !s.skipByte('0') && s.digits() == 0 {
		s.fail("a value")
		return nil
	}
	if s.skipByte('.') && s.digits() == 0 {
		s.fail("a digit")
		return nil
	}
	if s.skipByte('e') || s.skipByte('E') {
		if !s.skipByte('+') {
			s.skipByte('-')
		}
		if s.digits() == 0 {
			s.fail("a digit")
			return nil
		}
	}
	return s.b[start:s.i]
}

func (s *scanner) skipByte(c byte) bool {
	if s.i >= len(s.b) || s.b[s.i] != c {
		return false
	}
	s.i++
	return true
}

func (s *scanner) digits() (n int) {
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
		n++
	}
	return n
}

// skip passes any value.
func (s *scanner) skip() { s.skipTo(maxDepth) }

func (s *scanner) skipTo(depth int) {
	if depth == 0 {
		s.fail("less nesting")
		return
	}
	switch s.peek() {
	case '{':
		s.object(func([]byte) { s.skipTo(depth - 1) })
	case '[':
		s.array(func() { s.skipTo(depth - 1) })
	case '"':
		s.text()
	case 't':
		s.word("true")
	case 'f':
		s.word("false")
	case 'n':
		s.word("null")
	default:
		s.number()
	}
}

func (s *scanner) word(word string) {
	if !s.literal(word) {
		s.fail("a value")
	}
}
