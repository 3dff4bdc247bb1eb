package filter

import (
	"bytes"
	"encoding/json"
)

// value is the text of one JSON value, known to be valid and without space around it. nil stands for a value that is
// not there.
type value []byte

// whole makes a value of a document, or nil if it is not JSON.
func whole(document []byte) value {
	if !json.Valid(document) {
		return nil
	}
	return bytes.Trim(document, space)
}

const space = " \t\r\n"

func (v value) isObject() bool { return len(v) > 0 && v[0] == '{' }
func (v value) isArray() bool  { return len(v) > 0 && v[0] == '[' }
func (v value) isString() bool { return len(v) > 0 && v[0] == '"' }

func (v value) isNumber() bool {
	return len(v) > 0 && (v[0] == '-' || '0' <= v[0] && v[0] <= '9')
}

// text is what a string says.
func (v value) text() []byte {
	inner := v[1 : len(v)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var decoded string
	if json.Unmarshal(v, &decoded) != nil {
		return inner // cannot happen: it is valid
	}
	return []byte(decoded)
}

// members calls each for the members of an object, in order.
func (v value) members(each func(name []byte, member value)) {
	for at := skipSpace(v, 1); v[at] != '}'; {
		end := skip(v, at)
		name := v[at:end].text()
		at = skipSpace(v, skipSpace(v, end)+1) // the colon
		end = skip(v, at)
		each(name, v[at:end])
		at = next(v, end)
	}
}

// elements calls each for the elements of an array, in order, until it returns false.
func (v value) elements(each func(element value) bool) {
	for at := skipSpace(v, 1); v[at] != ']'; {
		end := skip(v, at)
		if !each(v[at:end]) {
			return
		}
		at = next(v, end)
	}
}

// list returns the elements of an array.
func (v value) list() []value {
	var all []value
	v.elements(func(element value) bool {
		all = append(all, element)
		return true
	})
	return all
}

// next goes from the end of a member or an element to the following one, or to the closing bracket.
func next(v value, at int) int {
	at = skipSpace(v, at)
	if v[at] == ',' {
		at = skipSpace(v, at+1)
	}
	return at
}

func skipSpace(v value, at int) int {
	for v[at] == ' ' || v[at] == '\t' || v[at] == '\r' || v[at] == '\n' {
		at++
	}
	return at
}

// skip returns the end of the value that begins at at. It does not recurse: a document may be nested as deep as it likes.
func skip(v value, at int) int {
	depth := 0
	for {
		switch v[at] {
		case '"':
			at = skipString(v, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			depth--
			at++
		case ' ', '\t', '\r', '\n', ',', ':':
			at++
			continue
		default:
			at = skipWord(v, at)
		}
		if depth == 0 {
			return at
		}
	}
}

func skipString(v value, at int) int {
	for at++; v[at] != '"'; at++ {
		if v[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// skipWord passes a number, true, false or null.
func skipWord(v value, at int) int {
	for at < len(v) {
		switch v[at] {
		case ' ', '\t', '\r', '\n', ',', ':', '}', ']':
			return at
		}
		at++
	}
	return at
}
