package bench

import (
	"bytes"
	"iter"
)

// values yields the string values of all members of that name, in JSON of any depth.
// They are as they stand, with their escapes. name comes with its quotes.
//
// A name with its quotes cannot stand inside a string, because quotes in there are
// escaped; where no colon follows, it is a value.
func values(text []byte, name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for {
			var found bool
			if text, found = after(text, name); !found {
				return
			}
			value, ok := memberString(text)
			if ok && !yield(value) {
				return
			}
			text = text[len(value):]
		}
	}
}

// after returns what follows the next such name.
func after(text []byte, name string) ([]byte, bool) {
	for {
		at := bytes.Index(text, []byte(name))
		if at < 0 {
			return nil, false
		}
		escaped := at > 0 && text[at-1] == '\\' // the end of a longer name
		text = text[at+len(name):]
		if !escaped {
			return text, true
		}
	}
}

// memberString reads ": "value"" and returns what is between the quotes.
func memberString(text []byte) ([]byte, bool) {
	text = skipBlanks(text)
	if len(text) == 0 || text[0] != ':' {
		return nil, false
	}
	text = skipBlanks(text[1:])
	if len(text) == 0 || text[0] != '"' {
		return nil, false
	}
	text = text[1:]
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[:i], true
		}
	}
	return nil, false
}

func skipBlanks(text []byte) []byte { return bytes.TrimLeft(text, " \t\r\n") }

func count(text []byte, name string) int {
	n := 0
	for range values(text, name) {
		n++
	}
	return n
}

// first returns the first such value, "" when there is none.
func first(text []byte, name string) string {
	for value := range values(text, name) {
		return string(value)
	}
	return ""
}

// has says whether there is a member of that name, with whatever value.
func has(text []byte, name string) bool {
	for {
		var found bool
		if text, found = after(text, name); !found {
			return false
		}
		if rest := skipBlanks(text); len(rest) > 0 && rest[0] == ':' {
			return true
		}
	}
}
