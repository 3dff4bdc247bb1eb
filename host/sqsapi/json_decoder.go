package sqsapi

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/queuelet/queuelet/host/queue"
)

// jsonDecoder fills an input from the body of an AWS JSON request. Null means that a
// value was left out; members the operation does not have are skipped.
type jsonDecoder struct {
	reader   jsonReader
	elements int
}

// decode reads body, which it changes, into in.
func (d *jsonDecoder) decode(op *operation, body []byte, in *input) error {
	d.reader = jsonReader{data: body}
	d.elements = 0
	if d.reader.kind() == jsonNone && d.reader.pos == len(body) {
		return nil // an operation without parameters may come without a body
	}
	err := d.object(func(name []byte) target { return op.parameter(in, name) })
	if err == nil {
		err = d.reader.end()
	}
	if syntax, ok := errors.AsType[*jsonSyntaxError](err); ok {
		return malformedInput("The request body is not valid JSON: " + syntax.Error() + ".")
	}
	return err
}

// object reads a structure whose members go where lookup says.
func (d *jsonDecoder) object(lookup func(name []byte) target) error {
	if err := d.expect(jsonObject); err != nil {
		return err
	}
	return d.reader.members(func(name []byte) error {
		return d.value(lookup(name))
	})
}

func (d *jsonDecoder) value(to target) error {
	if d.reader.kind() == jsonNull {
		return d.reader.literal()
	}
	switch to := to.(type) {
	case nil:
		return d.reader.skip()
	case *text:
		return d.text(to)
	case *queue.OptionalInt:
		return d.integer(to)
	case *[]string:
		return d.strings(to)
	case *map[string]string:
		return d.stringMap(to)
	case *[]queue.AttributeInput:
		return d.attributes(to)
	case *[]message:
		*to = (*to)[:0]
		return d.list(func() error {
			*to = append(*to, message{})
			return d.object((*to)[len(*to)-1].target)
		})
	case *[]receipt:
		*to = (*to)[:0]
		return d.list(func() error {
			*to = append(*to, receipt{})
			return d.object((*to)[len(*to)-1].target)
		})
	default:
		return fmt.Errorf("decode a parameter: no rule for %T", to)
	}
}

func (d *jsonDecoder) text(to *text) error {
	if err := d.expect(jsonString); err != nil {
		return err
	}
	value, err := d.reader.text()
	if err != nil {
		return err
	}
	*to = text{value: value, set: true}
	return nil
}

func (d *jsonDecoder) integer(to *queue.OptionalInt) error {
	if err := d.expect(jsonNumber); err != nil {
		return err
	}
	value, err := d.reader.integer()
	if err != nil {
		return err
	}
	*to = queue.OptionalInt{Value: value, Set: true}
	return nil
}

func (d *jsonDecoder) strings(to *[]string) error {
	*to = []string{}
	return d.list(func() error {
		var element text
		err := d.value(&element)
		if element.set {
			*to = append(*to, element.String())
		}
		return err
	})
}

// list reads a list; element consumes one element each time it is called.
func (d *jsonDecoder) list(element func() error) error {
	if err := d.expect(jsonList); err != nil {
		return err
	}
	return d.reader.elements(func() error {
		if err := d.count(); err != nil {
			return err
		}
		return element()
	})
}

// stringMap reads a map of strings. AWS names a list in the place of such a string by
// the class it wanted.
func (d *jsonDecoder) stringMap(to *map[string]string) error {
	*to = map[string]string{}
	if err := d.expect(jsonObject); err != nil {
		return err
	}
	return d.reader.members(func(name []byte) error {
		if err := d.count(); err != nil {
			return err
		}
		if d.reader.kind() == jsonList {
			return malformedInput(unrecognizedCollection)
		}
		var value text
		err := d.value(&value)
		if value.set {
			(*to)[string(name)] = value.String()
		}
		return err
	})
}

func (d *jsonDecoder) attributes(to *[]queue.AttributeInput) error {
	*to = (*to)[:0]
	if err := d.expect(jsonObject); err != nil {
		return err
	}
	return d.reader.members(func(name []byte) error {
		if err := d.count(); err != nil {
			return err
		}
		if d.reader.kind() == jsonNull {
			return d.reader.literal()
		}
		attribute := queue.AttributeInput{Name: string(name)}
		err := d.attribute(&attribute)
		*to = append(*to, attribute)
		return err
	})
}

func (d *jsonDecoder) attribute(to *queue.AttributeInput) error {
	if err := d.expect(jsonObject); err != nil {
		return err
	}
	return d.reader.members(func(name []byte) error {
		var value text
		switch string(name) {
		case "DataType":
			err := d.value(&value)
			to.DataType = dataType(value.value)
			return err
		case "StringValue":
			err := d.value(&value)
			to.StringValue, to.StringSet = value.value, value.set
			return err
		case "BinaryValue":
			if err := d.value(&value); err != nil || !value.set {
				return err
			}
			binary, err := decodeBase64(value.value)
			to.BinaryValue, to.BinarySet = binary, true
			return err
		case "StringListValues", "BinaryListValues":
			return d.listValues(to)
		default:
			return d.reader.skip()
		}
	})
}

// listValues notes that list values were sent, which SQS knows but refuses.
func (d *jsonDecoder) listValues(to *queue.AttributeInput) error {
	if d.reader.kind() == jsonNull {
		return d.reader.literal()
	}
	if err := d.expect(jsonList); err != nil {
		return err
	}
	to.ListSet = true
	return d.reader.skip()
}

// count counts one more element of a list or map.
func (d *jsonDecoder) count() error {
	d.elements++
	if d.elements > maxElements {
		return errTooManyElements
	}
	return nil
}

// dataType is string(name) without a copy for the names of the three types.
func dataType(name []byte) string {
	switch string(name) {
	case "String":
		return "String"
	case "Number":
		return "Number"
	case "Binary":
		return "Binary"
	default:
		return string(name)
	}
}

// decodeBase64 decodes a blob into the buffer it came in: a decoder never writes ahead
// of what it has read.
func decodeBase64(value []byte) ([]byte, error) {
	n, err := base64.StdEncoding.Decode(value, value)
	if err != nil {
		return nil, malformedInput("The value of a binary attribute is not valid Base64: " + err.Error() + ".")
	}
	return value[:n:n], nil
}

const unrecognizedCollection = "Unrecognized collection type class java.lang.String"

// expect returns AWS's error when the next value is not of the kind wanted.
func (d *jsonDecoder) expect(want jsonKind) error {
	got := d.reader.kind()
	if got == want {
		return nil
	}
	switch got {
	case jsonNone:
		return d.reader.fail("expected a value")
	case jsonObject:
		return malformedInput("Start of structure or map found where not expected.")
	case jsonList:
		return malformedInput("Start of list found where not expected")
	case jsonNull, jsonFalse, jsonTrue, jsonNumber, jsonString:
	}
	switch want {
	case jsonString:
		return malformedInput(valueName(got) + " can not be converted to a String")
	case jsonNumber:
		return malformedInput(valueName(got) + " can not be converted to an Integer")
	case jsonList, jsonObject, jsonNone, jsonNull, jsonFalse, jsonTrue:
	}
	return malformedInput(unrecognizedCollection)
}

// valueName is AWS's name for a scalar of the wrong type.
func valueName(kind jsonKind) string {
	switch kind {
	case jsonTrue:
		return "TRUE_VALUE"
	case jsonFalse:
		return "FALSE_VALUE"
	case jsonNumber:
		return "NUMBER_VALUE"
	case jsonNull:
		return "NULL_VALUE"
	case jsonString, jsonNone, jsonList, jsonObject:
	}
	return "STRING_VALUE"
}
