package queuelet_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/plugintest"
)

// readers are the folders of functions that read the body of a record as JSON with the SDK of a language, and name what they
// have read as the record that failed.
var readers = map[string]string{
	"assemblyscript": "assemblyscript/testdata/reader",
	"c":              "c/testdata/reader",
	"rust":           "rust/testdata/reader",
}

var bodies = []string{
	`{}`, `[]`, `""`, `0`, `-1`, `null`, `true`, `false`,
	`{"order":7,"quantity":-1}`,
	` { "a" : [ 1 , -2 , { } , [ ] , "x" , null , true ] , "b" : { "c" : { "d" : "e" } } } `,
	`{"a":{"order":1},"order":2}`,
	`["\" \\ \/ \b \f \n \r \t","\u00e9\u20ac\ud83d\ude00","é€😀","\u0000","\ud83d","\ude00\ud83d","\ud83d\u0041"]`,
	`["]","}","[","{",",",":","\\","\\\"]"]`,
	`[9223372036854775807,-9223372036854775808,9223372036854775808,1.5,-1e3,1E+2]`,
	`{"":""}`, `[[[[[[[[[[1]]]]]]]]]]`,
	// What is none.
	``, ` `, `{`, `[`, `"`, `"\`, `"\u`, `"\u12`, `"\ud83d\u`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{1:2}`, `{a:1}`,
	`[1`, `[1,`, `[,]`, `[1 2]`, `]`, `}`, `:`, `,`, `tru`, "\x00", "[\x00]", "{\"\x00\":\x00}", `[}`, `{]`, `-`, `--1`, `nullnull`,
}

// read gives a body to a reader and compares what it says with what encoding/json reads. A body that is no JSON may be read
// as anything, but must not bring the function down.
func read(t *testing.T, f *plugintest.Function, body string) {
	t.Helper()
	outcome := f.Invoke(body)
	if kind := plugins.KindOf(outcome.Err); kind == plugins.KindCrash || kind == plugins.KindTimeout {
		t.Fatalf("%q: %v", body, outcome.Err)
	}
	var want, got any
	if json.Unmarshal([]byte(body), &want) != nil {
		return
	}
	var response abi.Response
	if err := json.Unmarshal(outcome.Result.Response, &response); err != nil || len(response.BatchItemFailures) != 1 {
		t.Fatalf("%q: response %q, error %v, %v", body, outcome.Result.Response, err, outcome.Err)
	}
	text := response.BatchItemFailures[0].ItemIdentifier
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%q: %q is no JSON: %v", body, text, err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%q (-encoding/json +SDK):\n%s", body, d)
	}
}

// TestReaders has them read bodies that are JSON, and many that are nearly so.
func TestReaders(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds functions")
	}
	for language, dir := range readers {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			f := plugintest.Load(t, buildExample(t, dir))
			for _, body := range bodies {
				read(t, f, body)
			}
			random := rand.New(rand.NewPCG(1, 2))
			for range 5000 {
				read(t, f, mutate(random, bodies[random.IntN(len(bodies))]))
			}
		})
	}
}

// mutate cuts, doubles, swaps and replaces parts of a body.
func mutate(random *rand.Rand, body string) string {
	b := []byte(body)
	for range 1 + random.IntN(4) {
		at, other := random.IntN(len(b)+1), random.IntN(len(b)+1)
		from, to := min(at, other), max(at, other)
		switch random.IntN(4) {
		case 0:
			b = slices.Delete(b, from, to)
		case 1:
			b = slices.Insert(b, at, slices.Clone(b[from:to])...)
		case 2:
			b = append(b, bodies[random.IntN(len(bodies))]...)
		default:
			const structure = "{}[]\"\\,:u0d8 \x00"
			b = slices.Insert(b, at, structure[random.IntN(len(structure))])
		}
	}
	return strings.ToValidUTF8(string(b), "?") // as SQS has it
}
