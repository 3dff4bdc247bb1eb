package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// place is where a value was given.
type place struct {
	line, column int
	origin       string // flag or variable, "" for the file
}

// decoder walks the syntax tree of a file and remembers the place of each value and
// every mistake.
type decoder struct {
	file   string
	folder string   // relative paths in the file start here
	lines  []string // of the file, secrets masked
	lookup func(string) (string, bool)
	places map[string]place
	errs   Errors
}

// reading consumes the value at a key.
type reading func(path string, n ast.Node)

// fail notes a mistake at the place of a key. The error may be a *complaint.
func (d *decoder) fail(code Code, key, value string, err error) {
	p := d.placeOf(key)
	e := &Error{
		Code: code, File: d.file, Key: key, Value: value, Reason: err.Error(),
		Line: p.line, Column: p.column, Origin: p.origin, Snippet: snippet(d.lines, p.line, p.column),
	}
	if c, ok := errors.AsType[*complaint](err); ok {
		e.Hint = c.hint
	}
	d.errs = append(d.errs, e)
}

// placeOf finds the place of a key or of the nearest thing around it.
func (d *decoder) placeOf(key string) place {
	for key != "" {
		if p, ok := d.places[key]; ok {
			return p
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return place{}
}

func (d *decoder) mark(path string, n ast.Node) {
	if t := n.GetToken(); t != nil && t.Position != nil {
		d.places[path] = place{line: t.Position.Line, column: max(1, t.Position.Column)}
	}
}

// document parses a file and hands its top node to read.
func (d *decoder) document(source string, read reading) {
	d.lines = masked(strings.Split(strings.ReplaceAll(source, "\r\n", "\n"), "\n"))
	tree, err := parser.ParseBytes([]byte(shield(source)), 0, parser.AllowDuplicateMapKey())
	if syntax, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		d.places["syntax"] = place{line: syntax.Token.Position.Line, column: max(1, syntax.Token.Position.Column)}
		d.fail(CodeSyntax, "syntax", "", complain("the file is not YAML: "+unshield(syntax.Message), ""))
		d.errs[len(d.errs)-1].Key = ""
		return
	}
	if err != nil {
		d.errs = append(d.errs, &Error{Code: CodeSyntax, File: d.file, Reason: "the file is not YAML"})
		return
	}
	var bodies []ast.Node
	for _, doc := range tree.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
	case 1:
		read("", bodies[0])
	default:
		d.mark("document", bodies[1])
		d.fail(CodeSyntax, "document", "", complain("the file has more than one document", "remove the line ---"))
		d.errs[len(d.errs)-1].Key = ""
	}
}

// object reads a mapping with the given keys. A key that is absent or null is not read.
func (d *decoder) object(path string, n ast.Node, keys map[string]reading) {
	pairs, ok := entries(n)
	if !ok {
		d.wrongKind(path, n, "keys and values")
		return
	}
	seen := make(map[string]bool, len(pairs))
	for _, pair := range pairs {
		name := pair.Key.String()
		if text, ok := pair.Key.(*ast.StringNode); ok {
			name = text.Value
		}
		name = unshield(name)
		at := join(path, name)
		read, known := keys[name]
		switch {
		case seen[name]:
			d.mark(at, pair.Key)
			d.fail(CodeDuplicate, at, "", complain("is given twice", "remove one of the two"))
		case !known:
			d.mark(at, pair.Key)
			d.fail(CodeUnknown, at, "", unknownKey(name, slices.Sorted(maps.Keys(keys))))
		case !null(pair.Value):
			d.mark(at, pair.Value)
			read(at, pair.Value)
		}
		seen[name] = true
	}
}

func unknownKey(name string, known []string) error {
	hint := "the keys here are " + strings.Join(known, ", ")
	if key, ok := nearest(name, known); ok {
		hint = fmt.Sprintf("did you mean %s?", key)
	}
	return complain("no such key", hint)
}

// list reads a sequence item by item.
func (d *decoder) list(each reading) reading {
	return func(path string, n ast.Node) {
		sequence, ok := n.(*ast.SequenceNode)
		if !ok {
			d.wrongKind(path, n, "a list")
			return
		}
		for i, item := range sequence.Values {
			at := fmt.Sprintf("%s[%d]", path, i)
			d.mark(at, item)
			if pairs, ok := entries(item); ok && len(pairs) > 0 {
				d.mark(at, pairs[0].Key)
			}
			each(at, item)
		}
	}
}

// texts reads a mapping of free keys, checked by name, to single values.
func (d *decoder) texts(at *map[string]string, name func(string) error) reading {
	return func(path string, n ast.Node) {
		pairs, ok := entries(n)
		if !ok {
			d.wrongKind(path, n, "keys and values")
			return
		}
		values := make(map[string]string, len(pairs))
		keys := make(map[string]reading, len(pairs))
		for _, pair := range pairs {
			key := unshield(pair.Key.GetToken().Value)
			keys[key] = func(path string, n ast.Node) {
				if err := name(key); err != nil {
					d.fail(CodeValue, path, "", err)
				}
				if text, ok := d.scalar(path, n); ok {
					values[key] = text
				}
			}
		}
		d.object(path, n, keys)
		*at = values
	}
}

// value reads a single value with set.
func (d *decoder) value(set func(string) error) reading {
	return func(path string, n ast.Node) {
		text, ok := d.scalar(path, n)
		if !ok {
			return
		}
		if err := set(text); err != nil {
			d.fail(CodeValue, path, text, err)
		}
	}
}

// text reads a single value as it is.
func (d *decoder) text(at *string, check func(string) error) reading {
	return d.value(func(text string) error {
		*at = text
		return check(text)
	})
}

// scalar returns a single value as it is written, placeholders expanded.
func (d *decoder) scalar(path string, n ast.Node) (string, bool) {
	var raw string
	switch n := n.(type) {
	case *ast.StringNode:
		raw = n.Value
	case *ast.LiteralNode:
		raw = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		// The text, not the number: an account id keeps its zeros.
		raw = n.GetToken().Value
	default:
		d.wrongKind(path, n, "a single value")
		return "", false
	}
	text, err := expand(raw, d.lookup)
	if err != nil {
		d.fail(CodeMissing, path, "", err)
		return "", false
	}
	return text, true
}

func (d *decoder) wrongKind(path string, n ast.Node, want string) {
	got := "something else"
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		got = "keys and values"
	case *ast.SequenceNode:
		got = "a list"
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		got = "an anchor, alias or tag, which this file has no use for"
	case *ast.StringNode, *ast.LiteralNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		got = "a single value"
	}
	d.fail(CodeType, path, "", complain(fmt.Sprintf("should be %s, but is %s", want, got), ""))
}

// null says whether a key has no value, which is as if it were absent.
func null(n ast.Node) bool {
	_, ok := n.(*ast.NullNode)
	return ok
}

// entries are the pairs of a mapping.
func entries(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
