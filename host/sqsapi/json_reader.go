package sqsapi

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep the values of a request may nest. The deepest legal
// request, a batch with message attributes, nests five levels.
const maxDepth = 32

// jsonKind is the kind of the value that comes next.
type jsonKind uint8

const (
	jsonNone jsonKind = iota // not the start of a value
	jsonNull
	jsonFalse
	jsonTrue
	jsonNumber
	jsonString
	jsonList
	jsonObject
)

// jsonReader reads one JSON text (RFC 8259) token by token out of a buffer that it
// owns: strings are unescaped in place and handed out as parts of that buffer, so
// that a message's body is never copied. Input that is not JSON, or not UTF-8, ends in
// a [*jsonSyntaxError].
type jsonReader struct {
	data  []byte
	pos   int
	depth int
}

// jsonSyntaxError says where a text stops being JSON.
type jsonSyntaxError struct {
	offset int
	reason string
}

func (e *jsonSyntaxError) Error() string {
	return e.reason + " at byte " + strconv.Itoa(e.offset)
}

func (r *jsonReader) fail(reason string) error {
	return &jsonSyntaxError{offset: r.pos, reason: reason}
}

func (r *jsonReader) skipSpace() {
	for r.pos < len(r.data) {
		switch r.data[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// kind tells what comes next without consuming it.
func (r *jsonReader) kind() jsonKind {
	r.skipSpace()
	if r.pos == len(r.data) {
		return jsonNone
	}
	switch c := r.data[r.pos]; c {
	case '"':
		return jsonString
	case '{':
		return jsonObject
	case '[':
		return jsonList
	case 'n':
		return jsonNull
	case 't':
		return jsonTrue
	case 'f':
		return jsonFalse
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return jsonNumber
	default:
		return jsonNone
	}
}

// members calls visit for each member of the object that comes next. visit must
// consume the member's value; name is valid for as long as the buffer is.
func (r *jsonReader) members(visit func(name []byte) error) error {
	return r.sequence('{', '}', func() error {
		if r.kind() != jsonString {
			return r.fail("expected the name of a member")
		}
		name, err := r.text()
		if err != nil {
			return err
		}
		r.skipSpace()
		if r.pos == len(r.data) || r.data[r.pos] != ':' {
			return r.fail("expected a colon")
		}
		r.pos++
		return visit(name)
	})
}

// elements calls visit for each element of the list that comes next. visit must
// consume the element.
func (r *jsonReader) elements(visit func() error) error {
	return r.sequence('[', ']', visit)
}

func (r *jsonReader) sequence(opening, closing byte, visit func() error) error {
	r.skipSpace()
	if r.pos == len(r.data) || r.data[r.pos] != opening {
		return r.fail("expected " + strconv.QuoteRune(rune(opening)))
	}
	if r.depth == maxDepth {
		return r.fail("nested too deeply")
	}
	r.depth++
	r.pos++
	for first := true; ; first = false {
		r.skipSpace()
		if r.pos == len(r.data) {
			return r.fail("unexpected end")
		}
		switch c := r.data[r.pos]; {
		case c == closing:
			r.pos++
			r.depth--
			return nil
		case first:
		case c == ',':
			r.pos++
		default:
			return r.fail("expected a comma or " + strconv.QuoteRune(rune(closing)))
		}
		if err := visit(); err != nil {
			return err
		}
	}
}

// skip consumes a value of any kind.
func (r *jsonReader) skip() error {
	switch r.kind() {
	case jsonNull, jsonFalse, jsonTrue:
		return r.literal()
	case jsonNumber:
		_, err := r.number()
		return err
	case jsonString:
		_, err := r.text()
		return err
	case jsonList:
		return r.elements(r.skip)
	case jsonObject:
		return r.members(func([]byte) error { return r.skip() })
	case jsonNone:
	}
	return r.fail("expected a value")
}

// literal consumes null, true or false.
func (r *jsonReader) literal() error {
	for _, word := range [...]string{"null", "true", "false"} {
		if end := r.pos + len(word); end <= len(r.data) && string(r.data[r.pos:end]) == word {
			r.pos = end
			return nil
		}
	}
	return r.fail("expected a value")
}

// number consumes a number and returns its text.
func (r *jsonReader) number() ([]byte, error) {
	start := r.pos
	if r.pos < len(r.data) && r.data[r.pos] == '-' {
		r.pos++
	}
	if r.pos < len(r.data) && r.data[r.pos] == '0' {
		r.pos++
	} else if !r.digits() {
		return nil, r.fail("expected a digit")
	}
	if r.pos < len(r.data) && r.data[r.pos] == '.' {
		r.pos++
		if !r.digits() {
			return nil, r.fail("expected a digit")
		}
	}
	if r.pos < len(r.data) && (r.data[r.pos] == 'e' || r.data[r.pos] == 'E') {
		r.pos++
		if r.pos < len(r.data) && (r.data[r.pos] == '+' || r.data[r.pos] == '-') {
			r.pos++
		}
		if !r.digits() {
			return nil, r.fail("expected a digit")
		}
	}
	return r.data[start:r.pos], nil
}

func (r *jsonReader) digits() bool {
	start := r.pos
	for r.pos < len(r.data) && '0' <= r.data[r.pos] && r.data[r.pos] <= '9' {
		r.pos++
	}
	return r.pos > start
}

// integer consumes a number. As AWS does, it drops a fraction; what does not fit is
// answered as the nearest that does, which no parameter allows either.
func (r *jsonReader) integer() (int, error) {
	digits, err := r.number()
	if err != nil {
		return 0, err
	}
	if n, err := strconv.Atoi(string(digits)); err == nil {
		return n, nil
	}
	f, _ := strconv.ParseFloat(string(digits), 64) // an overflow is ±Inf, and bounded below
	switch {
	case f >= math.MaxInt32:
		return math.MaxInt32, nil
	case f <= math.MinInt32:
		return math.MinInt32, nil
	default:
		return int(f), nil
	}
}

// plainJSON tells whether a byte stands for itself in a JSON string and is ASCII.
func plainJSON(c byte) bool {
	return c-' ' < utf8.RuneSelf-' ' && c != '"' && c != '\\'
}

// text consumes a string and returns it unescaped: a part of the buffer.
func (r *jsonReader) text() ([]byte, error) {
	data, start := r.data, r.pos+1 // after the quote
	ascii := true
	for i := start; i < len(data); i++ {
		c := data[i]
		if plainJSON(c) {
			continue
		}
		r.pos = i
		switch {
		case c == '"':
			s := data[start:i:i]
			if !ascii && !utf8.Valid(s) {
				return nil, r.fail("string that is not UTF-8")
			}
			r.pos++
			return s, nil
		case c == '\\':
			return r.escapedText(start)
		case c < ' ':
			return nil, r.fail("control character in a string")
		}
		ascii = false
	}
	r.pos = len(data)
	return nil, r.fail("unexpected end of a string")
}

// escapedText goes on where text met the first backslash. What is written back never
// overtakes what is read: every escape is longer than what it stands for.
func (r *jsonReader) escapedText(start int) ([]byte, error) {
	end := r.pos
	for r.pos < len(r.data) {
		c := r.data[r.pos]
		switch {
		case c == '"':
			s := r.data[start:end:end]
			if !utf8.Valid(s) {
				return nil, r.fail("string that is not UTF-8")
			}
			r.pos++
			return s, nil
		case c < ' ':
			return nil, r.fail("control character in a string")
		case c != '\\':
			r.data[end] = c
			end++
			r.pos++
			continue
		}
		char, err := r.escape()
		if err != nil {
			return nil, err
		}
		end = len(utf8.AppendRune(r.data[:end], char))
	}
	return nil, r.fail("unexpected end of a string")
}

// noCharacter stands for an escape that is half a surrogate pair. Neither is a
// character, and SQS refuses messages with either in the same words.
const noCharacter = '\uffff'

// escape consumes one escape sequence, or two that make a surrogate pair.
func (r *jsonReader) escape() (rune, error) {
	if r.pos+1 == len(r.data) {
		return 0, r.fail("unexpected end of a string")
	}
	c := r.data[r.pos+1]
	if c == 'u' {
		return r.unicodeEscape()
	}
	var char rune
	switch c {
	case '"', '\\', '/':
		char = rune(c)
	case 'b':
		char = '\b'
	case 'f':
		char = '\f'
	case 'n':
		char = '\n'
	case 'r':
		char = '\r'
	case 't':
		char = '\t'
	default:
		return 0, r.fail("unknown escape sequence")
	}
	r.pos += 2
	return char, nil
}

func (r *jsonReader) unicodeEscape() (rune, error) {
	char, ok := hexEscape(r.data[r.pos:])
	if !ok {
		return 0, r.fail("incomplete \\u escape sequence")
	}
	r.pos += hexEscapeSize
	if !utf16.IsSurrogate(char) {
		return char, nil
	}
	if low, ok := hexEscape(r.data[r.pos:]); ok {
		if pair := utf16.DecodeRune(char, low); pair != utf8.RuneError {
			r.pos += hexEscapeSize
			return pair, nil
		}
	}
	return noCharacter, nil
}

const hexEscapeSize = len(`\u0000`)

// hexEscape decodes \uXXXX at the start of s.
func hexEscape(s []byte) (rune, bool) {
	if len(s) < hexEscapeSize || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var char rune
	for _, c := range s[2:hexEscapeSize] {
		digit, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		char = char<<4 | rune(digit)
	}
	return char, true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	default:
		return 0, false
	}
}

// end checks that nothing but white space follows the value that was read.
func (r *jsonReader) end() error {
	r.skipSpace()
	if r.pos < len(r.data) {
		return r.fail("unexpected data after the value")
	}
	return nil
}
