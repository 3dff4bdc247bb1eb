package queue

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzMessageAttributes(f *testing.F) {
	f.Add("a", "String", []byte("x"), false, "b", "Binary", []byte{0xff}, true)
	f.Add("", "", []byte(nil), false, "AWS.x", "Number.int", []byte("1e5"), false)
	f.Add("a..b", "Binary.", []byte("x"), false, "a\xff", "Number", []byte("１"), false)
	f.Fuzz(func(t *testing.T,
		name1, type1 string, value1 []byte, binary1 bool, name2, type2 string, value2 []byte, binary2 bool,
	) {
		input := []AttributeInput{fuzzAttribute(name1, type1, value1, binary1), fuzzAttribute(name2, type2, value2, binary2)}
		attributes, err := checkAttributes(userAttribute, input)
		if err != nil {
			return
		}
		if len(attributes) != 2 || attributes[0].Name >= attributes[1].Name {
			t.Errorf("%+v is not sorted by name", attributes)
		}
		for _, a := range attributes {
			if len(a.Name) > 256 || !utf8.ValidString(a.Name) || strings.ContainsAny(a.Name, " !\"§(?\x00") {
				t.Errorf("the name %q is accepted", a.Name)
			}
			if base, _, _ := strings.Cut(a.DataType, "."); base != "String" && base != "Number" && base != "Binary" {
				t.Errorf("the type %q is accepted", a.DataType)
			}
			if len(a.Value) == 0 || !strings.HasPrefix(a.DataType, "Binary") && !utf8.Valid(a.Value) {
				t.Errorf("the value %q of type %s is accepted", a.Value, a.DataType)
			}
		}
		if AttributesDigest(attributes) == AttributesDigest(attributes[:1]) {
			t.Error("the digest leaves an attribute out")
		}
	})
}

func fuzzAttribute(name, dataType string, value []byte, binary bool) AttributeInput {
	in := AttributeInput{Name: name, DataType: dataType, BinarySet: binary, StringSet: !binary}
	if binary {
		in.BinaryValue = value
	} else {
		in.StringValue = value
	}
	return in
}
