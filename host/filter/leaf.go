package filter

import (
	"bytes"
	"strings"
)

// leaf is a list of conditions, of which one has to hold.
type leaf struct {
	source     string
	conditions []condition
	// absent says that the value may be missing: {"exists": false}.
	absent bool
}

// condition says whether a value that is neither an object nor an array holds.
type condition func(v value) bool

// match says whether a value holds. Lists are looked into. Conditions are about single values, so where there is an
// object or an empty list, there is nothing for them.
func (l *leaf) match(v value, t *trace) bool {
	if v == nil || v.isObject() {
		if l.absent {
			return true
		}
		return t.fail(func() string {
			if v == nil {
				return "is missing, and the pattern wants " + l.source
			}
			return "is an object, and the pattern wants " + l.source
		})
	}
	if matched, found := l.holds(v); matched || !found && l.absent {
		return true
	}
	return t.fail(func() string { return "is " + shown(v) + ", and the pattern wants " + l.source })
}

// holds says whether a condition holds for the value or one of its elements, and whether there was anything to look at.
func (l *leaf) holds(v value) (matched, found bool) {
	switch {
	case v.isArray():
		v.elements(func(element value) bool {
			ok, some := l.holds(element)
			matched, found = ok, found || some
			return !ok
		})
		return matched, found
	case v.isObject():
		return false, false
	}
	for _, holds := range l.conditions {
		if holds(v) {
			return true, true
		}
	}
	return false, true
}

func anyValue(value) bool { return true }

// equal holds for one string, number, boolean or null.
func equal(want value) condition {
	switch {
	case want.isString():
		text := want.text()
		return func(v value) bool { return v.isString() && bytes.Equal(v.text(), text) }
	case want.isNumber():
		return compared(want, func(order int) bool { return order == 0 })
	default:
		return func(v value) bool { return bytes.Equal(v, want) }
	}
}

// compared holds for the numbers whose order to want, -1, 0 or 1, is accepted.
func compared(want value, accept func(order int) bool) condition {
	limit := parseNumber(want, nil)
	return func(v value) bool {
		var room [32]byte
		return v.isNumber() && accept(parseNumber(v, room[:]).compare(limit))
	}
}

func equalFold(want string) condition {
	return func(v value) bool { return v.isString() && strings.EqualFold(string(v.text()), want) }
}

// texts holds for strings that the test accepts together with want.
func texts(want []byte, test func(text, want []byte) bool) condition {
	return func(v value) bool { return v.isString() && test(v.text(), want) }
}

// allOf holds where all conditions do.
func allOf(all []condition) condition {
	return func(v value) bool {
		for _, holds := range all {
			if !holds(v) {
				return false
			}
		}
		return true
	}
}

// noneOf holds where no condition does.
func noneOf(all []condition) condition {
	return func(v value) bool {
		for _, holds := range all {
			if holds(v) {
				return false
			}
		}
		return true
	}
}
