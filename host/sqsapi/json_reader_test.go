package sqsapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// anything reads a value of any kind the way encoding/json does.
func (r *jsonReader) anything() (any, error) {
	switch r.kind() {
	case jsonNull:
		return nil, r.literal()
	case jsonTrue:
		return true, r.literal()
	case jsonFalse:
		return false, r.literal()
	case jsonNumber:
		digits, err := r.number()
		return json.Number(digits), err
	case jsonString:
		text, err := r.text()
		return strings.ReplaceAll(string(text), string(noCharacter), string(utf8.RuneError)), err
	case jsonList:
		list := []any{}
		err := r.elements(func() error {
			element, err := r.anything()
			list = append(list, element)
			return err
		})
		return list, err
	case jsonObject:
		object := map[string]any{}
		err := r.members(func(name []byte) error {
			value, err := r.anything()
			object[strings.ReplaceAll(string(name), string(noCharacter), string(utf8.RuneError))] = value
			return err
		})
		return object, err
	case jsonNone:
	}
	return nil, r.fail("expected a value")
}

func jsonSeeds() []string {
	return []string{
		`{}`, `[]`, `""`, `0`, `-0.5e+10`, `null`, `true`, `false`, ` { "a" : [ 1 , 2 ] , "a" : { } } `, "\t[\r\n]",
		`"é漢😀"`, `"\u00e9\u6f22\ud83d\ude00"`, `"\"\\\/\b\f\n\r\t"`, `"\ud800"`, `"\ud800\ud800"`, `"\udc00\ud800x"`, `"\ud83dé"`,
		`"\ud83d\n"`, `"\u00"`, `"\x"`, `"\`, `"`, `"abc`, "\"\x01\"", "\"\xff\"", "\"\\n\xff\"", "\"\\u00e9\x80\"", `01`, `1.`, `.5`, `1e`, `-`, `+1`, `nul`,
		`[1,]`, `[,1]`, `[1 2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{a:1}`, `{"a":1 "b":2}`, `[`, `{`, `[}`, `{"a":1]`, `1 2`, `tru`, `truex`,
		strings.Repeat("[", 40), strings.Repeat("[", 32) + strings.Repeat("]", 32), strings.Repeat(`{"a":`, 31) + "1" + strings.Repeat("}", 31),
		`{"QueueUrl":"http://localhost:3001/000000000000/orders","MessageBody":"{\"a\":[1,2]}","MessageAttributes":{"a":{"DataType":"String","StringValue":"x"}}}`,
	}
}

// The reader and encoding/json agree on what is JSON and what it means. They differ in
// three ways: the reader refuses what is not UTF-8 and what nests too deeply, and half
// a surrogate pair has another stand-in.
func FuzzJSONReader(f *testing.F) {
	for _, seed := range jsonSeeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		valid := json.Valid(data) && utf8.Valid(data)
		reader := jsonReader{data: bytes.Clone(data)}
		got, err := reader.anything()
		if err == nil {
			err = reader.end()
		}
		if syntax, ok := errors.AsType[*jsonSyntaxError](err); ok && syntax.reason == "nested too deeply" {
			return
		}
		if valid != (err == nil) {
			t.Fatalf("%q is valid JSON: %t, the reader says %v", data, valid, err)
		}
		skipper := jsonReader{data: bytes.Clone(data)}
		skipped := skipper.skip()
		if skipped == nil {
			skipped = skipper.end()
		}
		if (skipped == nil) != (err == nil) {
			t.Fatalf("%q: read %v, skipped %v", data, err, skipped)
		}
		if !valid {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		var want any
		if err := decoder.Decode(&want); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		want = withoutNoCharacter(want)
		if !reflect.DeepEqual(got, want) { // cmp.Diff takes exponential time for deep values
			t.Fatalf("%q reads as %v, want %v", data, got, want)
		}
	})
}

// withoutNoCharacter applies to what encoding/json read what anything applies to what
// the reader did.
func withoutNoCharacter(value any) any {
	switch value := value.(type) {
	case string:
		return strings.ReplaceAll(value, string(noCharacter), string(utf8.RuneError))
	case []any:
		for i := range value {
			value[i] = withoutNoCharacter(value[i])
		}
	case map[string]any:
		for name, member := range value {
			delete(value, name)
			value[strings.ReplaceAll(name, string(noCharacter), string(utf8.RuneError))] = withoutNoCharacter(member)
		}
	}
	return value
}

// A string without escapes is a part of the buffer and not a copy.
func TestJSONTextIsNotCopied(t *testing.T) {
	t.Parallel()
	data := []byte(`"plain" "esc\u0061ped"`)
	reader := jsonReader{data: data}
	for _, want := range []string{"plain", "escaped"} {
		if reader.kind() != jsonString {
			t.Fatal("no string")
		}
		start := reader.pos + 1
		got, err := reader.text()
		if err != nil || string(got) != want || &got[0] != &data[start] || cap(got) != len(got) {
			t.Errorf("got %q with capacity %d, error %v", got, cap(got), err)
		}
	}
}

// Whatever is written as a JSON string reads back, with U+FFFD for what is not UTF-8.
func FuzzJSONString(f *testing.F) {
	for _, seed := range []string{"", "plain", "é漢😀", "\"\\\r\n\t\b\x00\x1f\x7f", "a\xffb\xc3", "\u2028<&>\ufffd\uffff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		written := appendJSONString(nil, text)
		var got string
		if err := json.Unmarshal(written, &got); err != nil {
			t.Fatalf("%q: %v", written, err)
		}
		if want := string([]rune(string(text))); got != want {
			t.Errorf("%q reads back as %q", text, got)
		}
	})
}
