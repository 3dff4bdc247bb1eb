package natsapi

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/queue"
)

// Headers of messages that are sent and of those on a tap; see the package's documentation.
const (
	HeaderAttribute         = "Sqs-Attribute-"
	HeaderType              = "Sqs-Type-"
	HeaderEncoding          = "Sqs-Encoding-"
	HeaderDelay             = "Sqs-Delay-Seconds"
	HeaderGroup             = "Sqs-Message-Group-Id"
	HeaderDedupID           = "Sqs-Message-Deduplication-Id"
	HeaderTrace             = "Sqs-Trace-Header"
	HeaderMessageID         = "Sqs-Message-Id"
	HeaderSequence          = "Sqs-Sequence"
	HeaderSent              = "Sqs-Sent-Timestamp"
	HeaderSender            = "Sqs-Sender-Id"
	HeaderDepth             = "Sqs-Function-Depth"
	HeaderAttributesOmitted = "Sqs-Attributes-Omitted"

	headerPrefix = "Sqs-"

	typeString = "String"
	typeBinary = "Binary"
	base64Text = "base64"

	traceAttribute = "AWSTraceHeader"

	// maxHeaders is more than any message can need: its attributes with three headers each,
	// and some of the client's own.
	maxHeaders = 128
)

// sendInput reads the parameters of SendMessage from a request. What they may be is the
// domain's to say; here it is refused what has no meaning.
func sendInput(h nats.Header, body []byte) (*queue.SendMessageInput, error) {
	in := &queue.SendMessageInput{Body: body, BodySet: true}
	for key, values := range h {
		var err error
		switch {
		case len(key) < len(headerPrefix) || !strings.EqualFold(key[:len(headerPrefix)], headerPrefix):
			continue
		case hasPrefixFold(key, HeaderAttribute):
			err = addAttributes(in, h, key[len(HeaderAttribute):], values)
		case hasPrefixFold(key, HeaderType), hasPrefixFold(key, HeaderEncoding):
			err = belongsToAttribute(h, key)
		default:
			err = addParameter(in, key, values)
		}
		if err != nil {
			return nil, err
		}
	}
	return in, nil
}

// addParameter sets a parameter that has a header of its own.
func addParameter(in *queue.SendMessageInput, key string, values []string) error {
	if len(values) != 1 {
		return invalid("Header %s must be there once.", key)
	}
	value := values[0]
	switch {
	case strings.EqualFold(key, HeaderDelay):
		seconds, err := strconv.Atoi(value)
		if err != nil {
			return invalid("Value %s for header %s is invalid. Reason: Must be an integer.", shorten(value), key)
		}
		in.DelaySeconds = queue.OptionalInt{Value: seconds, Set: true}
	case strings.EqualFold(key, HeaderGroup):
		in.GroupID, in.GroupIDSet = value, true
	case strings.EqualFold(key, HeaderDedupID):
		in.DedupID, in.DedupIDSet = value, true
	case strings.EqualFold(key, HeaderTrace):
		in.SystemAttributes = append(in.SystemAttributes, queue.AttributeInput{
			Name: traceAttribute, DataType: typeString, StringValue: []byte(value), StringSet: true,
		})
	case strings.EqualFold(key, HeaderMessageID), strings.EqualFold(key, HeaderSequence),
		strings.EqualFold(key, HeaderSent), strings.EqualFold(key, HeaderAttributesOmitted),
		strings.EqualFold(key, HeaderSender), strings.EqualFold(key, HeaderDepth):
		// Only a tap shows them.
	default:
		return invalid("Header %s is unknown.", shorten(key))
	}
	return nil
}

// addAttributes adds the message attribute whose name the header key gives. Several values
// are several attributes of one name, which the domain refuses.
func addAttributes(in *queue.SendMessageInput, h nats.Header, key string, values []string) error {
	name, err := url.PathUnescape(key)
	if err != nil {
		return invalid("The message attribute name '%s' is invalid: it is not percent-encoded.", shorten(key))
	}
	dataType, encoding := typeString, value(h, HeaderEncoding, key)
	if given := value(h, HeaderType, key); given != "" {
		dataType = given
	}
	for _, text := range values {
		attribute := queue.AttributeInput{Name: name, DataType: dataType}
		content := []byte(text)
		switch {
		case encoding == base64Text:
			if content, err = base64.StdEncoding.DecodeString(text); err != nil {
				return invalid("The value of message attribute '%s' is not base64.", shorten(name))
			}
		case encoding != "":
			return invalid("The encoding of message attribute '%s' must be %s.", shorten(name), base64Text)
		case strings.HasPrefix(dataType, typeBinary):
			return invalid("The value of message attribute '%s' with type '%s' must be %s: say so in header %s%s.",
				shorten(name), shorten(dataType), base64Text, HeaderEncoding, shorten(key))
		}
		if strings.HasPrefix(dataType, typeBinary) {
			attribute.BinaryValue, attribute.BinarySet = content, true
		} else {
			attribute.StringValue, attribute.StringSet = content, true
		}
		in.Attributes = append(in.Attributes, attribute)
	}
	return nil
}

// belongsToAttribute checks that a type or an encoding is that of an attribute.
func belongsToAttribute(h nats.Header, key string) error {
	name := key[len(HeaderType):]
	if hasPrefixFold(key, HeaderEncoding) {
		name = key[len(HeaderEncoding):]
	}
	for other := range h {
		if hasPrefixFold(other, HeaderAttribute) && other[len(HeaderAttribute):] == name {
			return nil
		}
	}
	return invalid("Header %s is without %s%s.", shorten(key), HeaderAttribute, shorten(name))
}

// value returns what a header says about the attribute of that name. The case of the name
// matters, that of the prefix does not.
func value(h nats.Header, prefix, name string) string {
	if values := h[prefix+name]; len(values) > 0 {
		return values[0]
	}
	for key, values := range h {
		if len(values) > 0 && hasPrefixFold(key, prefix) && key[len(prefix):] == name {
			return values[0]
		}
	}
	return ""
}

func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// shorten keeps what a client sent from making an error long.
func shorten(text string) string {
	const most = 100
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

func invalid(format string, args ...any) *queue.Error {
	return &queue.Error{Code: queue.CodeInvalidParameterValue, Message: fmt.Sprintf(format, args...)}
}
