package filter

import (
	"bytes"
	"fmt"
	"strings"
)

// MaxPattern is how many bytes a pattern may have (AWS Lambda API reference, Filter).
const MaxPattern = 4096

// Pattern is a compiled filter pattern. It is safe for concurrent use.
type Pattern struct {
	source string
	root   *object
}

// Compile reads a pattern. Its error is an *Error that says where the mistake is.
func Compile(pattern []byte) (*Pattern, error) {
	if len(pattern) > MaxPattern {
		return nil, &Error{Code: CodeTooLong, Problem: fmt.Sprintf("it has %d bytes; at most %d are allowed", len(pattern), MaxPattern)}
	}
	// Conditions keep parts of the text.
	document := whole(bytes.Clone(pattern))
	if document == nil {
		return nil, &Error{Code: CodeNotJSON, Problem: "it is not JSON"}
	}
	root, err := compileObject("", document)
	if err != nil {
		return nil, err
	}
	root.decodeBody()
	return &Pattern{source: string(document), root: root}, nil
}

// String returns the pattern as it was given.
func (p *Pattern) String() string { return p.source }

// Match says whether a record, the JSON that AWS Lambda gives to functions, matches. What is not JSON does not.
func (p *Pattern) Match(record []byte) bool {
	document := whole(record)
	return document != nil && p.root.match(document, nil)
}

// Explain says in one sentence why a record does not match, and nothing if it does.
func (p *Pattern) Explain(record []byte) string {
	document := whole(record)
	if document == nil {
		return "the record is not JSON"
	}
	var t trace
	if p.root.match(document, &t) {
		return ""
	}
	return t.reason
}

// trace keeps why a match failed. A nil trace keeps nothing.
type trace struct {
	path   []string
	reason string
}

func (t *trace) enter(name string) {
	if t != nil {
		t.path = append(t.path, name)
	}
}

func (t *trace) leave() {
	if t != nil {
		t.path = t.path[:len(t.path)-1]
	}
}

// fail keeps a reason and returns false. The arguments are only looked at when somebody asked.
func (t *trace) fail(reason func() string) bool {
	if t == nil {
		return false
	}
	subject := "the record"
	if len(t.path) > 0 {
		subject = strings.Join(t.path, ".")
	}
	t.reason = subject + " " + reason()
	return false
}

// object is a pattern for an object: all fields have to match, and one of the alternatives if there are any.
type object struct {
	fields []field
	either []*object // "$or"
}

// field is what a member has to be: an object of fields, or one of a list of conditions.
type field struct {
	name string
	// Exactly one of these is set.
	object *object
	leaf   *leaf
	// body says that the member is the body of an SQS record: a string that may hold JSON.
	body bool
}

// decodeBody marks the record's body, in the pattern itself and in its alternatives.
func (o *object) decodeBody() {
	for i := range o.fields {
		o.fields[i].body = o.fields[i].name == "body"
	}
	for _, alternative := range o.either {
		alternative.decodeBody()
	}
}

// match says whether a value matches. Of a list with objects, one of them has to. Anything else has no members, which is
// what a pattern may ask for.
func (o *object) match(v value, t *trace) bool {
	switch {
	case v.isObject():
		return o.matchMembers(v, t)
	case !v.isArray():
		return o.matchMembers(nil, t)
	}
	matched, objects := false, 0
	v.elements(func(element value) bool {
		if element.isObject() {
			objects++
			matched = o.matchMembers(element, t)
		}
		return !matched
	})
	switch {
	case objects == 0:
		return o.matchMembers(nil, t)
	case !matched && objects > 1:
		return t.fail(func() string {
			return fmt.Sprintf("has no element that matches among %d; of the last: %s", objects, t.reason)
		})
	default:
		return matched
	}
}

// matchMembers matches an object, or nil for one that is not there.
func (o *object) matchMembers(v value, t *trace) bool {
	var room [8]value
	found := room[:0]
	for range o.fields {
		found = append(found, nil)
	}
	if v != nil {
		v.members(func(name []byte, member value) {
			for i := range o.fields {
				if o.fields[i].name == string(name) {
					found[i] = member // of members of one name the last one counts
				}
			}
		})
	}
	for i := range o.fields {
		f := &o.fields[i]
		t.enter(f.name)
		ok := f.match(found[i], t)
		t.leave()
		if !ok {
			return false
		}
	}
	if len(o.either) == 0 {
		return true
	}
	for _, alternative := range o.either {
		if alternative.matchMembers(v, t) {
			return true
		}
	}
	return t.fail(func() string {
		return fmt.Sprintf("matches none of the %d alternatives of $or; of the last: %s", len(o.either), t.reason)
	})
}

func (f *field) match(v value, t *trace) bool {
	if f.body && v.isString() {
		decoded := whole(v.text())
		structured := decoded.isObject() || decoded.isArray()
		switch {
		case f.object != nil && !structured:
			return t.fail(func() string { return "is plain text, and the pattern looks for JSON" })
		case f.object == nil && structured:
			return t.fail(func() string { return "is JSON, and the pattern looks for plain text" })
		case structured:
			v = decoded
		}
	}
	if f.object != nil {
		return f.object.match(v, t)
	}
	return f.leaf.match(v, t)
}

// shown is a value in an explanation.
func shown(v value) string {
	const most = 80
	if len(v) <= most {
		return string(v)
	}
	return strings.ToValidUTF8(string(v[:most]), "") + "…"
}
