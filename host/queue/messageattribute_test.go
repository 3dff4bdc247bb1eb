package queue_test

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/queue"
)

func stringAttribute(name, value string) queue.AttributeInput {
	return textAttribute(name, "String", value)
}

func textAttribute(name, dataType, value string) queue.AttributeInput {
	return queue.AttributeInput{Name: name, DataType: dataType, StringValue: []byte(value), StringSet: true}
}

func binaryAttribute(name, dataType, value string) queue.AttributeInput {
	return queue.AttributeInput{Name: name, DataType: dataType, BinaryValue: []byte(value), BinarySet: true}
}

// The sums were recorded from AWS, except for the mixed one, which three independent
// implementations agree on.
func TestAttributeDigests(t *testing.T) {
	t.Parallel()
	const traceParent = "\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
	tests := []struct {
		label      string
		attributes []queue.AttributeInput
		want       string
	}{
		{
			"number",
			[]queue.AttributeInput{textAttribute("timestamp", "Number", "1493147359900")},
			"235c5c510d26fb653d073faed50ae77c",
		},
		{"string", []queue.AttributeInput{stringAttribute("Hello", "There")}, "a311262e065454b75da111d535b8dacd"},
		{
			"sorted by name",
			[]queue.AttributeInput{stringAttribute("Hello", "There"), stringAttribute("General", "Kenobi")},
			"fca026605781cb4126a1e9044df24232",
		},
		{"three", []queue.AttributeInput{
			stringAttribute("Help.Me", "Me"), stringAttribute("Hello", "There"), stringAttribute("General", "Kenobi"),
		}, "4c360f3fdafd970e05fae2f149d997f5"},
		{"short", []queue.AttributeInput{stringAttribute("k", "x")}, "a45daa70926828a2f0a1db3418e6feb4"},
		{
			"binary",
			[]queue.AttributeInput{binaryAttribute("attr1", "Binary", "traceparent"+traceParent)},
			"8cbe4db156db8a94db8b801b7addb984",
		},
		{"mixed", []queue.AttributeInput{
			stringAttribute("city", "Zürich"), textAttribute("n", "Number", "42.50"), textAttribute("c", "Number.custom", "7"),
			binaryAttribute("blob", "Binary", "\x00\x01\xfe\xff"), binaryAttribute("blob.png", "Binary.png", "\x89PNG"),
		}, "7caff7334b562320c70e6f7c12dab79c"},
	}
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			in := message("x")
			in.Attributes = test.attributes
			result := send(t, s, key, in)
			wantEqual(t, hex.EncodeToString(result.AttributesMD5[:]), test.want)
		})
	}
}

func TestSystemAttribute(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	in := message("x")
	in.SystemAttributes = []queue.AttributeInput{stringAttribute("AWSTraceHeader", trace)}
	in.TraceHeader = "Root=of-the-http-header"
	result := send(t, s, key, in)
	wantEqual(t, hex.EncodeToString(result.SystemAttributesMD5[:]), "5ae4d5d7636402d80f4eb6d213245a88")
	if result.HasAttributes || !result.HasSystemAttributes {
		t.Errorf("%+v", result)
	}
	wantEqual(t, receiveOne(t, s, key).TraceHeader, trace)
}

func TestTraceHeaderThatCannotBeShown(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	in := message("x")
	in.TraceHeader = "Root=\xff"
	send(t, s, key, in)
	wantEqual(t, receiveOne(t, s, key).TraceHeader, "")
}

func TestReceivedAttributes(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q", "VisibilityTimeout", "0")
	in := message("x")
	in.Attributes = []queue.AttributeInput{
		stringAttribute("Help.Me", "Me"), stringAttribute("Hello", "There"), stringAttribute("General", "Kenobi"),
	}
	send(t, s, key, in)
	const (
		all   = "4c360f3fdafd970e05fae2f149d997f5"
		hel   = "83fee93c1bcd8b9a5a923ffacdc636c7"
		hello = "a311262e065454b75da111d535b8dacd"
		none  = ""
	)
	tests := []struct {
		asked []string
		want  string
	}{
		{nil, none},
		{[]string{}, none},
		{[]string{"All"}, all},
		{[]string{"*"}, all},
		{[]string{".*"}, all},
		{[]string{"General", "All"}, all},
		{[]string{"General", "Hello", "Help.Me"}, all},
		{[]string{"Hello"}, hello},
		{[]string{"hello"}, none},
		{[]string{"Hel.*"}, hel},
		{[]string{"Hel*"}, none},
		{[]string{"Hel"}, none},
		{[]string{"Help.*", "Hello"}, hel},
		{[]string{"AWS.", "..foo", "Nobody"}, none},
		{[]string{"AWS.", "Hello"}, hello},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.asked), func(t *testing.T) {
			t.Parallel()
			got := receive(t, s, key, queue.ReceiveMessageInput{MessageAttributeNames: test.asked})[0]
			digest := ""
			if len(got.Selected) > 0 {
				digest = hex.EncodeToString(got.AttributesMD5[:])
			}
			wantEqual(t, digest, test.want)
		})
	}
}

func TestMessageAttributeErrors(t *testing.T) {
	t.Parallel()
	const (
		reserved = "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. " +
			"These strings are reserved for internal use."
		field = "Message (user) attribute 'X' with type "
	)
	nameText := func(name string) string {
		return "The message attribute name '" + name + "' is invalid. " +
			"Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters."
	}
	const typeText = "The type of message (user) attribute 'X' is invalid. " +
		"You must use only the following supported type prefixes: Binary, Number, String."
	empty := func(dataType string) string {
		return "Message (user) attribute 'X' must contain a non-empty value of type '" + dataType + "'."
	}
	list := stringAttribute("X", "")
	list.ListSet = true
	both := stringAttribute("X", "v")
	both.BinaryValue, both.BinarySet = []byte("v"), true
	long := strings.Repeat("a", 257)
	tests := []struct {
		in   queue.AttributeInput
		text string // "" when it is accepted
	}{
		{stringAttribute("attr.1øßä", "v"), ""},
		{stringAttribute("a-b_c.9", "v"), ""},
		{stringAttribute(strings.Repeat("a", 256), "v"), ""},
		{stringAttribute(long, "v"), "Message (user) attribute name must be shorter than 256 bytes."},
		{stringAttribute("", "v"), nameText("")},
		{stringAttribute("a!", "v"), nameText("a!")},
		{stringAttribute(`"`, "v"), nameText(`"`)},
		{stringAttribute("a b", "v"), nameText("a b")},
		{stringAttribute("§", "v"), nameText("§")},
		{stringAttribute("(", "v"), nameText("(")},
		{stringAttribute("a?", "v"), nameText("a?")},
		{stringAttribute("a\xff", "v"), nameText("a\xff")},
		{stringAttribute("AWS.x", "v"), reserved},
		{stringAttribute("aws.x", "v"), reserved},
		{stringAttribute("Amazon.x", "v"), reserved},
		{stringAttribute("aMAZON.x", "v"), reserved},
		{stringAttribute("AWSx", "v"), ""},
		{stringAttribute("Amazonx", "v"), ""},
		{stringAttribute(".a", "v"), "Message (user) attribute name must not begin with character '.'."},
		{stringAttribute("a.", "v"), "Message (user) attribute name must not end with character '.'."},
		{stringAttribute("a..b", "v"), "Message (user) attribute name must not have successive '.' characters."},
		{textAttribute("X", "", "v"), "The message (user) attribute 'X' must contain a non-empty message attribute type."},
		{textAttribute("X", "Text", "v"), typeText},
		{textAttribute("X", "string", "v"), typeText},
		{textAttribute("X", "Strings", "v"), typeText},
		{textAttribute("X", "String.", "v"), typeText},
		{textAttribute("X", "String."+strings.Repeat("x", 249), "v"), ""},
		{textAttribute("X", "String."+strings.Repeat("x", 250), "v"), typeText},
		{textAttribute("X", "String.a.b", "v"), ""},
		{textAttribute("X", "String", ""), empty("String")},
		{textAttribute("X", "Number", ""), empty("String")},
		{queue.AttributeInput{Name: "X", DataType: "String"}, empty("String")},
		{queue.AttributeInput{Name: "X", DataType: "Binary"}, empty("Binary")},
		{binaryAttribute("X", "Binary", ""), empty("Binary")},
		{binaryAttribute("X", "String", "v"), field + "'String' must use field 'String'."},
		{binaryAttribute("X", "Number.x", "1"), field + "'Number.x' must use field 'String'."},
		{textAttribute("X", "Binary", "v"), field + "'Binary' must use field 'Binary'."},
		{both, field + "'String' must use field 'String'."},
		{binaryAttribute("X", "Binary.png", "\x00\xff"), ""},
		{textAttribute("X", "Number", "-12.5e3"), ""},
		{textAttribute("X", "Number", "one"), "Can't cast the value of message (user) attribute 'X' to a number."},
		{textAttribute("X", "Number.int", "1 "), "Can't cast the value of message (user) attribute 'X' to a number."},
		{textAttribute("X", "String", "a\x01"), charactersText},
	}
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	for _, test := range tests {
		t.Run(fmt.Sprintf("%.20q %.20s %.5q", test.in.Name, test.in.DataType, test.in.StringValue), func(t *testing.T) {
			t.Parallel()
			in := message("x")
			in.Attributes = []queue.AttributeInput{test.in}
			_, err := s.SendMessage(t.Context(), caller(), key, &in)
			if test.text == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, queue.CodeInvalidParameterValue, test.text)
		})
	}
	in := message("x")
	in.Attributes = []queue.AttributeInput{list}
	_, err := s.SendMessage(t.Context(), caller(), key, &in)
	wantError(t, err, queue.CodeUnsupportedOperation,
		"Message attribute list values in SendMessage operation are not supported.")
}

func TestNumberOfMessageAttributes(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	in := message("x")
	for i := range 10 {
		in.Attributes = append(in.Attributes, stringAttribute(strconv.Itoa(i), "v"))
	}
	send(t, s, key, in)
	in.Attributes = append(in.Attributes, stringAttribute("more", "v"))
	_, err := s.SendMessage(t.Context(), caller(), key, &in)
	wantError(t, err, queue.CodeInvalidParameterValue,
		"Number of message attributes [11] exceeds the allowed maximum [10].")

	in.Attributes = []queue.AttributeInput{stringAttribute("a", "1"), stringAttribute("a", "2")}
	_, err = s.SendMessage(t.Context(), caller(), key, &in)
	wantError(t, err, queue.CodeInvalidParameterValue, "Message (user) attribute name 'a' already exists.")
}

func TestSystemAttributeErrors(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	tests := []struct {
		in   queue.AttributeInput
		text string
	}{
		{stringAttribute("Other", "v"), "Message system attribute name 'Other' is invalid."},
		{
			stringAttribute("AWSTraceHeader", ""),
			"Message (system) attribute 'AWSTraceHeader' must contain a non-empty value of type 'String'.",
		},
		{textAttribute("AWSTraceHeader", "Number", "1"), "The type of message (system) attribute 'AWSTraceHeader' is invalid. " +
			"You must use only the following supported type prefixes: Binary, Number, String."},
		{
			binaryAttribute("AWSTraceHeader", "String", "v"),
			"Message (system) attribute 'AWSTraceHeader' with type 'String' must use field 'String'.",
		},
	}
	for _, test := range tests {
		in := message("x")
		in.SystemAttributes = []queue.AttributeInput{test.in}
		_, err := s.SendMessage(t.Context(), caller(), key, &in)
		wantError(t, err, queue.CodeInvalidParameterValue, test.text)
	}
}
