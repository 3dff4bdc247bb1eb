package filter

import (
	"bytes"
	"fmt"
)

// either is the operator among the names of fields.
const either = "$or"

func mistake(path, format string, args ...any) *Error {
	return &Error{Code: CodeSyntax, Path: path, Problem: fmt.Sprintf(format, args...)}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// compileObject reads a pattern for an object. Its depth is bounded by the length of a pattern.
func compileObject(path string, v value) (*object, error) {
	if !v.isObject() {
		return nil, mistake(path, "%s is not an object", shown(v))
	}
	var o object
	var failed error
	seen := map[string]bool{}
	v.members(func(raw []byte, member value) {
		name := string(raw)
		if failed != nil {
			return
		}
		if seen[name] {
			failed = mistake(join(path, name), "it is there twice")
			return
		}
		seen[name] = true
		failed = o.add(path, name, member)
	})
	switch {
	case failed != nil:
		return nil, failed
	case len(seen) == 0:
		return nil, mistake(path, "an empty object matches nothing; name a field")
	default:
		return &o, nil
	}
}

// add compiles one member of a pattern.
func (o *object) add(path, name string, member value) error {
	at := join(path, name)
	if name == either {
		alternatives, err := compileAlternatives(path, at, member)
		o.either = alternatives
		return err
	}
	f := field{name: name}
	var err error
	switch {
	case member.isObject():
		f.object, err = compileObject(at, member)
	case member.isArray():
		f.leaf, err = compileLeaf(at, member)
	default:
		err = mistake(at, "%s stands alone; write a list: [%s]", shown(member), shown(member))
	}
	o.fields = append(o.fields, f)
	return err
}

func compileAlternatives(path, at string, v value) ([]*object, error) {
	if !v.isArray() {
		return nil, mistake(at, "it takes a list of objects")
	}
	var all []*object
	for _, element := range v.list() {
		alternative, err := compileObject(path, element)
		if err != nil {
			return nil, err
		}
		all = append(all, alternative)
	}
	if len(all) == 0 {
		return nil, mistake(at, "the list is empty")
	}
	return all, nil
}

func compileLeaf(path string, v value) (*leaf, error) {
	l := &leaf{source: shown(v)}
	for _, element := range v.list() {
		switch {
		case element.isArray():
			return nil, mistake(path, "%s is a list inside of a list", shown(element))
		case element.isObject():
			if err := l.addOperator(path, element); err != nil {
				return nil, err
			}
		default:
			l.conditions = append(l.conditions, equal(element))
		}
	}
	if len(l.conditions) == 0 && !l.absent {
		return nil, mistake(path, "an empty list matches nothing; give a value")
	}
	return l, nil
}

// operator returns the only member of an operator object.
func operator(path string, v value) (name string, operand value, err error) {
	count := 0
	v.members(func(raw []byte, member value) {
		name, operand = string(raw), member
		count++
	})
	if count != 1 {
		return "", nil, mistake(path, "%s needs exactly one operator", shown(v))
	}
	return name, operand, nil
}

func (l *leaf) addOperator(path string, v value) error {
	name, operand, err := operator(path, v)
	if err != nil {
		return err
	}
	if name == "exists" {
		switch string(operand) {
		case "true":
			l.conditions = append(l.conditions, anyValue)
		case "false":
			l.absent = true
		default:
			return mistake(path, `"exists" takes true or false`)
		}
		return nil
	}
	holds, err := compileCondition(path, name, operand)
	l.conditions = append(l.conditions, holds)
	return err
}

func compileCondition(path, name string, operand value) (condition, error) {
	switch name {
	case "numeric":
		return compileNumeric(path, operand)
	case "anything-but":
		return compileAnythingBut(path, operand)
	case "prefix", "suffix", ignoreCase:
		return compileText(path, name, operand)
	default:
		return nil, mistake(path, "there is no operator %q; known are %s, prefix, suffix, numeric, exists, anything-but", name, ignoreCase)
	}
}

const ignoreCase = "equals-ignore-case"

// compileText reads the operators on strings.
func compileText(path, name string, operand value) (condition, error) {
	fold := false
	if operand.isObject() && name != ignoreCase {
		inner, text, err := operator(path, operand)
		if err != nil {
			return nil, err
		}
		if inner != ignoreCase {
			return nil, mistake(path, "%q takes a string or {%q: string}", name, ignoreCase)
		}
		fold, operand = true, text
	}
	if !operand.isString() {
		return nil, mistake(path, "%q takes a string, not %s", name, shown(operand))
	}
	want := operand.text()
	switch {
	case name == ignoreCase:
		return equalFold(string(want)), nil
	case name == "prefix" && fold:
		return texts(want, hasPrefixFold), nil
	case name == "prefix":
		return texts(want, bytes.HasPrefix), nil
	case fold:
		return texts(want, hasSuffixFold), nil
	default:
		return texts(want, bytes.HasSuffix), nil
	}
}

func compileNumeric(path string, operand value) (condition, error) {
	var parts []value
	if operand.isArray() {
		parts = operand.list()
	}
	if len(parts) == 0 || len(parts)%2 != 0 {
		return nil, mistake(path, `"numeric" takes pairs of a comparison and a number, as in [">", 10, "<=", 20]`)
	}
	var all []condition
	for i := 0; i < len(parts); i += 2 {
		accept := comparison(parts[i])
		if accept == nil {
			return nil, mistake(path, `"numeric" compares with =, <, <=, > or >=, not with %s`, shown(parts[i]))
		}
		if !parts[i+1].isNumber() {
			return nil, mistake(path, `"numeric" compares with a number, not with %s`, shown(parts[i+1]))
		}
		all = append(all, compared(parts[i+1], accept))
	}
	return allOf(all), nil
}

func comparison(v value) func(order int) bool {
	switch string(v) {
	case `"="`:
		return func(order int) bool { return order == 0 }
	case `"<"`:
		return func(order int) bool { return order < 0 }
	case `"<="`:
		return func(order int) bool { return order <= 0 }
	case `">"`:
		return func(order int) bool { return order > 0 }
	case `">="`:
		return func(order int) bool { return order >= 0 }
	default:
		return nil
	}
}

// compileAnythingBut reads a value, a list of values, or an operator on strings with one or a list of them.
func compileAnythingBut(path string, operand value) (condition, error) {
	compileOne := func(v value) (condition, error) {
		if !v.isString() && !v.isNumber() {
			return nil, mistake(path, `"anything-but" takes strings and numbers, not %s`, shown(v))
		}
		return equal(v), nil
	}
	if operand.isObject() {
		name, inner, err := operator(path, operand)
		if err != nil {
			return nil, err
		}
		if name != "prefix" && name != "suffix" && name != ignoreCase {
			return nil, mistake(path, `"anything-but" has no operator %q; known are %s, prefix, suffix`, name, ignoreCase)
		}
		operand = inner
		compileOne = func(v value) (condition, error) { return compileText(path, name, v) }
	}
	refused := []value{operand}
	if operand.isArray() {
		refused = operand.list()
	}
	if len(refused) == 0 {
		return nil, mistake(path, `the list of "anything-but" is empty`)
	}
	var all []condition
	for _, v := range refused {
		one, err := compileOne(v)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return noneOf(all), nil
}
