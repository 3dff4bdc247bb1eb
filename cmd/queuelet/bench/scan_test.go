package bench

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func collect(text, name string) []string {
	var all []string
	for value := range values([]byte(text), name) {
		all = append(all, string(value))
	}
	return all
}

func TestValues(t *testing.T) {
	for text, want := range map[string][]string{
		`{"Body":"a","x":[{"Body":"b"},{"Body" : "c"}]}`:     {"a", "b", "c"},
		`{"Body":"say \"Body\":\"no\"","y":1}`:               {`say \"Body\":\"no\"`},
		`{"x":"Body","Body":"yes"}`:                          {"yes"},
		`{"Body":null,"Body":{"Body":"in"},"Body":["Body"]}`: {"in"},
		`{"Body":"ends in a backslash \\","Body":"next"}`:    {`ends in a backslash \\`, "next"},
		`{"MD5OfBody":"no","Body":""}`:                       {""},
		`{"Body":"never ends`:                                nil,
		`{"Body`:                                             nil,
		`{"Body"`:                                            nil,
		`{"Body":`:                                           nil,
		`{"Body":"a\`:                                        nil,
		"":                                                   nil,
		`{"Body":"\"Body\":\"","Body":"after a body of its own\""}`: {`\"Body\":\"`, `after a body of its own\"`},
	} {
		if diff := cmp.Diff(want, collect(text, `"Body"`)); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestHas(t *testing.T) {
	for text, want := range map[string]bool{
		`{"Failed":[{"SenderFault":true}]}`: true,
		`{"SenderFault" : false}`:           true,
		`{"x":"SenderFault"}`:               false,
		`{"x":"\"SenderFault\":"}`:          false,
		`{"Failed":[]}`:                     false,
		`{"a \"SenderFault":true}`:          false,
	} {
		if got := has([]byte(text), `"SenderFault"`); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// FuzzValues compares with encoding/json on whatever is JSON.
func FuzzValues(f *testing.F) {
	f.Add(`{"Messages":[{"Body":"a\"Body\":\"b","ReceiptHandle":"x"},{"Body":"c"}]}`)
	f.Add(`{"Body":"\\","x":"Body","Body":5}`)
	f.Add(`[{"Body":"\u0041"},"Body",{"Body":null}]`)
	f.Fuzz(func(t *testing.T, text string) {
		got := collect(text, `"Body"`)
		var document any
		if json.Unmarshal([]byte(text), &document) != nil {
			return
		}
		// Only what survives being written by encoding/json has one spelling: that of keys.
		again, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		want := bodies(nil, document)
		if string(again) != text {
			got = collect(string(again), `"Body"`)
		}
		var decoded []string
		for _, value := range got {
			var s string
			if err := json.Unmarshal([]byte(`"`+value+`"`), &s); err != nil {
				t.Fatalf("%q is no string of JSON: %v", value, err)
			}
			decoded = append(decoded, s)
		}
		slices.Sort(want)
		slices.Sort(decoded)
		if diff := cmp.Diff(want, decoded); diff != "" {
			t.Errorf("%s: %s", again, diff)
		}
	})
}

// bodies appends all strings in members named Body.
func bodies(to []string, document any) []string {
	switch v := document.(type) {
	case []any:
		for _, element := range v {
			to = bodies(to, element)
		}
	case map[string]any:
		for name, member := range v {
			if body, ok := member.(string); ok && name == "Body" {
				to = append(to, body)
			}
			to = bodies(to, member)
		}
	}
	return to
}
