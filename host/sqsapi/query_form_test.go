package sqsapi

import (
	"bytes"
	"encoding/xml"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The form parser and net/url agree, except that a semicolon is text here, and that
// what is not UTF-8 becomes one character that is none.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"", "a", "=", "&", "a=b", "a=b&a=c", "a=b=c", "a=%41%e9%C3%A9+%2B", "%41=b", "a=%", "a=%4", "a=%zz", "a=%4z", "+=+", "a;b=c", "a=\xff%ff\xfe", "=x&&y=",
		"Action=SendMessage&MessageBody=a%20b&MessageAttribute.1.Name=x",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, form []byte) {
		if bytes.ContainsRune(form, ';') {
			return
		}
		want, wantErr := url.ParseQuery(string(form))
		fields, err := appendFields(nil, bytes.Clone(form))
		if (wantErr == nil) != (err == nil) {
			t.Fatalf("%q: net/url says %v, the parser %v", form, wantErr, err)
		}
		if err != nil {
			return
		}
		got := url.Values{}
		for _, field := range fields {
			got.Add(string(field.name), string(field.value))
		}
		valid := url.Values{}
		for name, values := range want {
			for _, value := range values {
				valid.Add(strings.ToValidUTF8(name, string(noCharacter)), strings.ToValidUTF8(value, string(noCharacter)))
			}
		}
		// Names that differ only in what is not UTF-8 have become one; their values have
		// no order in a map.
		if utf8.Valid(form) && utf8.ValidString(strings.Join(names(want), "")) {
			if diff := cmp.Diff(valid, got); diff != "" {
				t.Errorf("%q (-net/url +parser):\n%s", form, diff)
			}
		} else if len(valid) != len(got) {
			t.Errorf("%q: %d names, want %d", form, len(got), len(valid))
		}
	})
}

func names(values url.Values) []string {
	var all []string
	for name := range values {
		all = append(all, name)
	}
	return all
}

func TestFormIsBounded(t *testing.T) {
	t.Parallel()
	_, err := appendFields(nil, bytes.Repeat([]byte("a&"), maxFields))
	if err != nil {
		t.Errorf("the most there may be: %v", err)
	}
	if _, err = appendFields(nil, bytes.Repeat([]byte("a&"), maxFields+1)); err == nil {
		t.Error("one more: no error")
	}
}

// Whatever is written as character data reads back, with U+FFFD for what XML cannot
// hold.
func FuzzXMLText(f *testing.F) {
	for _, seed := range []string{"", "plain", "é漢😀", "<a href=\"x\">&amp;</a>", "\r\n\t", "\x00\x08\x1f\x7f\u0085", "a\xffb\xc3", "\ufffd\ufffe\uffff]]>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		document := append(appendXMLText([]byte("<e>"), text), "</e>"...)
		var got string
		if err := xml.Unmarshal(document, &got); err != nil {
			t.Fatalf("%q: %v", document, err)
		}
		want := strings.Map(func(char rune) rune {
			if char < ' ' && !strings.ContainsRune("\t\n\r", char) || char == '\ufffe' || char == '\uffff' {
				return utf8.RuneError
			}
			return char
		}, string(text))
		if got != want {
			t.Errorf("%q reads back as %q, want %q", text, got, want)
		}
	})
}
