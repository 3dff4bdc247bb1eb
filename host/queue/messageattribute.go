package queue

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxMessageAttributes = 10
	maxAttributeName     = 256 // bytes
	maxAttributeType     = 256 // bytes

	attributeTypeString = "String"
	attributeTypeNumber = "Number"
	attributeTypeBinary = "Binary"

	traceHeaderAttribute = "AWSTraceHeader"
)

// attributeKind is the word by which AWS's texts tell message attributes of the
// user from those of the system.
type attributeKind string

const (
	userAttribute   attributeKind = "user"
	systemAttribute attributeKind = "system"
)

// checkAttributes checks the message attributes of a send and returns them sorted by
// name. Their values share memory with the input.
func checkAttributes(kind attributeKind, input []AttributeInput) ([]MessageAttribute, error) {
	if len(input) == 0 {
		return nil, nil
	}
	if len(input) > maxMessageAttributes {
		return nil, refuse(CodeInvalidParameterValue,
			"Number of message attributes [%d] exceeds the allowed maximum [%d].", len(input), maxMessageAttributes)
	}
	attributes := make([]MessageAttribute, 0, len(input))
	for i := range input {
		if err := checkAttributeName(kind, input[i].Name); err != nil {
			return nil, err
		}
		attribute, err := checkAttributeValue(kind, &input[i])
		if err != nil {
			return nil, err
		}
		at, found := slices.BinarySearchFunc(attributes, attribute.Name, func(a MessageAttribute, name string) int {
			return strings.Compare(a.Name, name)
		})
		if found {
			return nil, refuse(CodeInvalidParameterValue,
				"Message (%s) attribute name '%s' already exists.", kind, attribute.Name)
		}
		attributes = slices.Insert(attributes, at, attribute)
	}
	return attributes, nil
}

// checkSystemAttributes returns the trace header, the only system attribute that can
// be sent, as a list of at most one.
func checkSystemAttributes(input []AttributeInput) ([]MessageAttribute, error) {
	for i := range input {
		if name := input[i].Name; name != traceHeaderAttribute {
			return nil, refuse(CodeInvalidParameterValue, "Message system attribute name '%s' is invalid.", name)
		}
	}
	attributes, err := checkAttributes(systemAttribute, input)
	if err != nil || len(attributes) == 0 {
		return nil, err
	}
	if attributes[0].DataType != attributeTypeString {
		return nil, invalidAttributeType(systemAttribute, traceHeaderAttribute)
	}
	return attributes, nil
}

func checkAttributeName(kind attributeKind, name string) error {
	switch {
	case len(name) > maxAttributeName:
		return refuse(CodeInvalidParameterValue,
			"Message (%s) attribute name must be shorter than %d bytes.", kind, maxAttributeName)
	case !validAttributeName(name):
		return refuse(CodeInvalidParameterValue, "The message attribute name '%s' is invalid. "+
			"Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters.", name)
	case reservedAttributeName(name):
		return refuse(CodeInvalidParameterValue, "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. "+
			"These strings are reserved for internal use.")
	case name[0] == '.':
		return refuse(CodeInvalidParameterValue, "Message (%s) attribute name must not begin with character '.'.", kind)
	case name[len(name)-1] == '.':
		return refuse(CodeInvalidParameterValue, "Message (%s) attribute name must not end with character '.'.", kind)
	case strings.Contains(name, ".."):
		return refuse(CodeInvalidParameterValue, "Message (%s) attribute name must not have successive '.' characters.", kind)
	default:
		return nil
	}
}

// validAttributeName accepts letters and digits of every script: the documentation
// speaks of ASCII only, but AWS takes "attr.1øßä".
func validAttributeName(name string) bool {
	for i, r := range name {
		if r == utf8.RuneError && !strings.HasPrefix(name[i:], string(utf8.RuneError)) {
			return false
		}
		if r != '_' && r != '-' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return name != ""
}

func reservedAttributeName(name string) bool {
	return hasPrefixFold(name, "AWS.") || hasPrefixFold(name, "Amazon.")
}

func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

func checkAttributeValue(kind attributeKind, in *AttributeInput) (MessageAttribute, error) {
	if in.ListSet {
		return MessageAttribute{}, refuse(CodeUnsupportedOperation,
			"Message attribute list values in SendMessage operation are not supported.")
	}
	if in.DataType == "" {
		return MessageAttribute{}, refuse(CodeInvalidParameterValue,
			"The message (%s) attribute '%s' must contain a non-empty message attribute type.", kind, in.Name)
	}
	base, label, custom := strings.Cut(in.DataType, ".")
	if len(in.DataType) > maxAttributeType || custom && label == "" {
		return MessageAttribute{}, invalidAttributeType(kind, in.Name)
	}
	field, value := attributeTypeString, in.StringValue
	switch base {
	case attributeTypeString, attributeTypeNumber:
		if in.BinarySet {
			return MessageAttribute{}, wrongAttributeField(kind, in, field)
		}
	case attributeTypeBinary:
		if in.StringSet {
			return MessageAttribute{}, wrongAttributeField(kind, in, attributeTypeBinary)
		}
		field, value = attributeTypeBinary, in.BinaryValue
	default:
		return MessageAttribute{}, invalidAttributeType(kind, in.Name)
	}
	if len(value) == 0 {
		return MessageAttribute{}, refuse(CodeInvalidParameterValue,
			"Message (%s) attribute '%s' must contain a non-empty value of type '%s'.", kind, in.Name, field)
	}
	if field == attributeTypeString && !validCharacters(value) {
		return MessageAttribute{}, refuse(CodeInvalidParameterValue, messageCharacters)
	}
	if base == attributeTypeNumber && !validNumber(value) {
		return MessageAttribute{}, refuse(CodeInvalidParameterValue,
			"Can't cast the value of message (%s) attribute '%s' to a number.", kind, in.Name)
	}
	return MessageAttribute{Name: in.Name, DataType: in.DataType, Value: value}, nil
}

func invalidAttributeType(kind attributeKind, name string) *Error {
	return refuse(CodeInvalidParameterValue, "The type of message (%s) attribute '%s' is invalid. "+
		"You must use only the following supported type prefixes: Binary, Number, String.", kind, name)
}

func wrongAttributeField(kind attributeKind, in *AttributeInput, field string) *Error {
	return refuse(CodeInvalidParameterValue,
		"Message (%s) attribute '%s' with type '%s' must use field '%s'.", kind, in.Name, in.DataType, field)
}
