package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/queuelet/queuelet/host/filter"
)

// patterns reads a list of filter patterns. Each is an object, or a text that is one in
// JSON, as it is copied from elsewhere.
func (d *decoder) patterns(at *[]string) reading {
	list := d.list(func(path string, n ast.Node) {
		before := len(d.errs)
		var text string
		if _, isObject := entries(n); isObject {
			text = d.toJSON(path, n)
		} else {
			text, _ = d.scalar(path, n)
		}
		if len(d.errs) > before {
			return
		}
		if _, err := filter.Compile([]byte(text)); err != nil {
			d.badPattern(path, err)
			return
		}
		*at = append(*at, text)
	})
	return func(path string, n ast.Node) {
		list(path, n)
		if sequence, ok := n.(*ast.SequenceNode); ok && len(sequence.Values) > maximumFilters {
			d.fail(CodeValue, path, "", complain(fmt.Sprintf("has %d patterns, and at most %d are possible",
				len(sequence.Values), maximumFilters), "put several values into one pattern"))
		}
	}
}

// badPattern reports what is wrong with a pattern, at the key inside of it where that is
// known.
func (d *decoder) badPattern(path string, err error) {
	wrong, ok := errors.AsType[*filter.Error](err)
	if !ok {
		d.fail(CodeValue, path, "", err)
		return
	}
	if wrong.Path != "" {
		path = join(path, wrong.Path)
	}
	d.fail(CodeValue, path, "", complain("is no filter pattern: "+wrong.Problem, ""))
}

// toJSON writes a value as JSON, and notes the place of everything in it.
func (d *decoder) toJSON(path string, n ast.Node) string {
	d.mark(path, n)
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		pairs, _ := entries(n)
		members := make([]string, len(pairs))
		for i, pair := range pairs {
			name := unshield(pair.Key.GetToken().Value)
			members[i] = quoted(name) + ":" + d.toJSON(join(path, name), pair.Value)
		}
		return "{" + strings.Join(members, ",") + "}"
	case *ast.SequenceNode:
		elements := make([]string, len(n.Values))
		for i, element := range n.Values {
			elements[i] = d.toJSON(fmt.Sprintf("%s[%d]", path, i), element)
		}
		return "[" + strings.Join(elements, ",") + "]"
	case *ast.NullNode:
		return "null"
	case *ast.BoolNode:
		return n.GetToken().Value
	case *ast.IntegerNode, *ast.FloatNode:
		number := n.GetToken().Value
		if !json.Valid([]byte(number)) {
			d.fail(CodeValue, path, number, complain("is not a number as JSON has it", "write it in decimal digits, or in quotes as a text"))
		}
		return number
	default:
		text, _ := d.scalar(path, n)
		return quoted(text)
	}
}

// quoted writes a text as JSON.
func quoted(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return `""` // cannot happen: every text can be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}
