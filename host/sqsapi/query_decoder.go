package sqsapi

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/queuelet/queuelet/host/queue"
)

// queryProtocol is the AWS query protocol: parameters as form fields, with lists and
// maps flattened to names like MessageAttribute.2.Value.DataType.
type queryProtocol struct {
	fields   []field
	elements int
	// outer and inner are the names of the list element, and of the element of a list
	// within it, that the field before this one belonged to.
	outer, inner []byte
	// mapKey is the name of the map entry that is being read.
	mapKey string
}

// action reads the form: the body of a POST, then the query string of the URL. The
// signature's own parameters in a presigned URL go the way of all unknown ones.
func (p *queryProtocol) action(x *exchange) (string, error) {
	p.fields = p.fields[:0]
	fields, err := appendFields(p.fields, x.body.Bytes())
	if err == nil {
		fields, err = appendFields(fields, []byte(x.request.URL.RawQuery))
	}
	p.fields = fields
	if err != nil {
		return "", err
	}
	for _, f := range fields {
		if string(f.name) == "Action" {
			return string(f.value), nil
		}
	}
	return "", errNoAction
}

// decode visits the fields in the order of their names, so that all fields of one
// list element follow each other, in the order of their numbers. Of fields with the
// same name the first one counts.
func (p *queryProtocol) decode(op *operation, x *exchange) error {
	slices.SortStableFunc(p.fields, func(a, b field) int { return compareNames(a.name, b.name) })
	p.outer, p.inner, p.elements = nil, nil, 0
	for i, f := range p.fields {
		if i > 0 && bytes.Equal(f.name, p.fields[i-1].name) {
			continue
		}
		head, rest, _ := bytes.Cut(f.name, []byte{'.'})
		to := op.parameter(&x.input, head)
		if err := p.assign(to, rest, f); err != nil {
			return err
		}
	}
	return nil
}

// assign stores the value of a field; rest is what follows the name of the parameter
// in the field's name.
func (p *queryProtocol) assign(to target, rest []byte, f field) error {
	switch to := to.(type) {
	case nil:
		return nil
	case *text:
		p.text(to, rest, f.value)
		return nil
	case *queue.OptionalInt:
		return p.integer(to, rest, f.value)
	}
	if len(rest) == 0 && len(f.value) == 0 {
		return nil // SDKs write an empty list so
	}
	return p.list(to, rest, f)
}

// list stores a field of one element of a list or map.
func (p *queryProtocol) list(to target, rest []byte, f field) error {
	switch to := to.(type) {
	case *[]string:
		fresh, _, err := p.element(&p.outer, rest, f)
		if fresh {
			*to = append(*to, string(f.value))
		}
		return err
	case *map[string]string:
		fresh, member, err := p.element(&p.outer, rest, f)
		if err != nil {
			return err
		}
		p.pair(to, fresh, member, f.value)
		return nil
	case *[]queue.AttributeInput:
		return p.attribute(to, &p.outer, rest, f)
	case *[]message:
		fresh, member, err := p.element(&p.outer, rest, f)
		if err != nil {
			return err
		}
		if fresh {
			*to = append(*to, message{})
			p.inner = nil
		}
		return p.entry((*to)[len(*to)-1].target, member, f)
	case *[]receipt:
		fresh, member, err := p.element(&p.outer, rest, f)
		if err != nil {
			return err
		}
		if fresh {
			*to = append(*to, receipt{})
		}
		return p.entry((*to)[len(*to)-1].target, member, f)
	default:
		return fmt.Errorf("decode a parameter: no rule for %T", to)
	}
}

// entry stores a field of a batch entry; member is its name within the entry.
func (p *queryProtocol) entry(lookup func(name []byte) target, member []byte, f field) error {
	head, rest, _ := bytes.Cut(member, []byte{'.'})
	switch to := lookup(head).(type) {
	case *text:
		p.text(to, rest, f.value)
	case *queue.OptionalInt:
		return p.integer(to, rest, f.value)
	case *[]queue.AttributeInput:
		if len(rest) > 0 {
			return p.attribute(to, &p.inner, rest, f)
		}
	}
	return nil
}

func (p *queryProtocol) text(to *text, rest, value []byte) {
	if len(rest) == 0 {
		*to = text{value: value, set: true}
	}
}

func (p *queryProtocol) integer(to *queue.OptionalInt, rest, value []byte) error {
	if len(rest) > 0 {
		return nil
	}
	n, err := strconv.Atoi(string(value))
	if err != nil {
		return malformedInput("STRING_VALUE can not be converted to an Integer")
	}
	*to = queue.OptionalInt{Value: n, Set: true}
	return nil
}

// pair stores the Name (of a tag: Key) or the Value of one entry of a map.
func (p *queryProtocol) pair(to *map[string]string, fresh bool, member, value []byte) {
	if *to == nil {
		*to = map[string]string{}
	}
	switch string(member) {
	case "Name", "Key":
		p.mapKey = string(value)
		if _, ok := (*to)[p.mapKey]; !ok {
			(*to)[p.mapKey] = ""
		}
	case "Value":
		if fresh { // there is no name to this value
			p.mapKey = ""
		}
		(*to)[p.mapKey] = string(value)
	}
}

// attribute stores one field of a message attribute.
func (p *queryProtocol) attribute(to *[]queue.AttributeInput, element *[]byte, rest []byte, f field) error {
	fresh, member, err := p.element(element, rest, f)
	if err != nil {
		return err
	}
	if fresh {
		*to = append(*to, queue.AttributeInput{})
	}
	attribute := &(*to)[len(*to)-1]
	if string(member) == "Name" {
		attribute.Name = string(f.value)
		return nil
	}
	member, ok := bytes.CutPrefix(member, []byte("Value."))
	if !ok {
		return nil
	}
	switch string(member) {
	case "DataType":
		attribute.DataType = dataType(f.value)
	case "StringValue":
		attribute.StringValue, attribute.StringSet = f.value, true
	case "BinaryValue":
		binary, err := decodeBase64(f.value)
		if err != nil {
			return err
		}
		attribute.BinaryValue, attribute.BinarySet = binary, true
	default:
		attribute.ListSet = attribute.ListSet ||
			bytes.HasPrefix(member, []byte("StringListValue")) || bytes.HasPrefix(member, []byte("BinaryListValue"))
	}
	return nil
}

// element splits what follows the name of a list into the number of an element and
// the rest, and tells whether the element is another than that of the field before.
// A list of one may come without a number.
func (p *queryProtocol) element(last *[]byte, rest []byte, f field) (fresh bool, member []byte, err error) {
	number, member, _ := bytes.Cut(rest, []byte{'.'})
	if !isNumber(number) {
		member = rest
	}
	name := f.name[:len(f.name)-len(member)]
	if len(*last) > 0 && bytes.Equal(*last, name) {
		return false, member, nil
	}
	*last = name
	p.elements++
	if p.elements > maxElements {
		return false, nil, errTooManyElements
	}
	return true, member, nil
}

// compareNames orders dotted names segment by segment, numbers by value.
func compareNames(a, b []byte) int {
	for len(a) > 0 && len(b) > 0 {
		var segmentA, segmentB []byte
		segmentA, a, _ = bytes.Cut(a, []byte{'.'})
		segmentB, b, _ = bytes.Cut(b, []byte{'.'})
		if c := compareSegments(segmentA, segmentB); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

func compareSegments(a, b []byte) int {
	if isNumber(a) && isNumber(b) {
		return cmp.Or(
			cmp.Compare(len(bytes.TrimLeft(a, "0")), len(bytes.TrimLeft(b, "0"))),
			bytes.Compare(bytes.TrimLeft(a, "0"), bytes.TrimLeft(b, "0")),
		)
	}
	return bytes.Compare(a, b)
}

func isNumber(s []byte) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) > 0
}
