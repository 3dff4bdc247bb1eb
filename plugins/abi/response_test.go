package abi_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/plugins/abi"
)

// TestParseResponse is the table of what a reply means for a batch of records a, b and c.
func TestParseResponse(t *testing.T) {
	fail := func(ids ...string) (all []abi.BatchItemFailure) {
		for _, id := range ids {
			all = append(all, abi.BatchItemFailure{ItemIdentifier: id})
		}
		return all
	}
	for _, test := range []struct {
		name, reply string
		want        []abi.BatchItemFailure
		wrong       string // in the error: the whole batch failed
	}{
		{"empty", ``, nil, ""},
		{"white space", " \r\n\t", nil, ""},
		{"null", `null`, nil, ""},
		{"empty string", `""`, nil, ""},
		{"empty object", `{}`, nil, ""},
		{"something else", `{"statusCode":200,"body":{"a":[1,2.5e3,true]}}`, nil, ""},
		{"no failures", `{"batchItemFailures":[]}`, nil, ""},
		{"null failures", `{"batchItemFailures":null}`, nil, ""},
		{"key in other letters", `{"BatchItemFailures":[{"itemIdentifier":"a"}]}`, nil, ""},

		{"one", `{"batchItemFailures":[{"itemIdentifier":"b"}]}`, fail("b"), ""},
		{"all", `{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}`, fail("c", "a", "b"), ""},
		{"twice", `{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}`, fail("b"), ""},
		{"list twice", `{"batchItemFailures":[{"itemIdentifier":"a"}],"batchItemFailures":[{"itemIdentifier":"b"}]}`, fail("a", "b"), ""},
		{"escaped", `{"batchItemFailures":[{"itemIdentifier":"\u0062"}]}`, fail("b"), ""},
		{"unknown member", `{"batchItemFailures":[{"itemIdentifier":"b","why":"x"}]}`, fail("b"), ""},
		{"white space inside", " {\n\"batchItemFailures\" : [ { \"itemIdentifier\" : \"b\" } ] }\n", fail("b"), ""},
		{
			"delay", `{"batchItemFailures":[{"itemIdentifier":"b","delaySeconds":30},{"itemIdentifier":"c","delaySeconds":0}]}`,
			[]abi.BatchItemFailure{{ItemIdentifier: "b", DelaySeconds: new(30)}, {ItemIdentifier: "c", DelaySeconds: new(0)}},
			"",
		},
		{
			"dead letter", `{"batchItemFailures":[{"itemIdentifier":"b","deadLetter":true},{"itemIdentifier":"c","deadLetter":false}]}`,
			[]abi.BatchItemFailure{{ItemIdentifier: "b", DeadLetter: true}, {ItemIdentifier: "c"}},
			"",
		},
		{"null extras", `{"batchItemFailures":[{"itemIdentifier":"b","delaySeconds":null,"deadLetter":null}]}`, fail("b"), ""},

		{"not JSON", `done`, nil, "not a batch response"},
		{"cut off", `{"batchItemFailures":[`, nil, "not a batch response"},
		{"more after it", `{} {}`, nil, "end of text"},
		{"not UTF-8", "{\"\xff\":1}", nil, "not UTF-8"},
		{"string", `"done"`, nil, "an object"},
		{"number", `5`, nil, "an object"},
		{"array", `[]`, nil, "an object"},
		{"true", `true`, nil, "an object"},
		{"failures of another type", `{"batchItemFailures":{}}`, nil, "an array"},
		{"failures as a string", `{"batchItemFailures":"b"}`, nil, "an array"},
		{"failure of another type", `{"batchItemFailures":["b"]}`, nil, "an object"},
		{"null failure", `{"batchItemFailures":[null]}`, nil, "an object"},
		{"empty failure", `{"batchItemFailures":[{}]}`, nil, "no itemIdentifier"},
		{"empty id", `{"batchItemFailures":[{"itemIdentifier":""}]}`, nil, "no itemIdentifier"},
		{"null id", `{"batchItemFailures":[{"itemIdentifier":null}]}`, nil, "no itemIdentifier"},
		{"number as id", `{"batchItemFailures":[{"itemIdentifier":1}]}`, nil, "a string"},
		{"id under another key", `{"batchItemFailures":[{"messageId":"b"}]}`, nil, "no itemIdentifier"},
		{"one good, one bad", `{"batchItemFailures":[{"itemIdentifier":"b"},{"id":"a"}]}`, nil, "no itemIdentifier"},
		{"unknown id", `{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"d"}]}`, nil, `no record "d"`},
		{"negative delay", `{"batchItemFailures":[{"itemIdentifier":"b","delaySeconds":-1}]}`, nil, "delaySeconds"},
		{"endless delay", `{"batchItemFailures":[{"itemIdentifier":"b","delaySeconds":43201}]}`, nil, "delaySeconds"},
		{"broken delay", `{"batchItemFailures":[{"itemIdentifier":"b","delaySeconds":1.5}]}`, nil, "delaySeconds"},
		{"delay as a string", `{"batchItemFailures":[{"itemIdentifier":"b","delaySeconds":"30"}]}`, nil, "a value"},
		{"dead letter as a string", `{"batchItemFailures":[{"itemIdentifier":"b","deadLetter":"yes"}]}`, nil, "true or false"},
		{"nested for ever", `{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, nil, "less nesting"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := abi.ParseResponse([]byte(test.reply), []string{"a", "b", "c"})
			if test.wrong != "" {
				var response *abi.ResponseError
				if !errors.As(err, &response) || !strings.Contains(err.Error(), test.wrong) || got != nil {
					t.Errorf("%v, error %v; want an error with %q", got, err, test.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLambdaResponse asks that what aws-lambda-go's handlers return is understood, and that what we encode is.
func TestLambdaResponse(t *testing.T) {
	lambda := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: "a"}}}
	reply, err := json.Marshal(lambda)
	if err != nil {
		t.Fatal(err)
	}
	want := []abi.BatchItemFailure{{ItemIdentifier: "a"}}
	if got, err := abi.ParseResponse(reply, []string{"a"}); err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v %v", got, err)
	}
	ours := abi.Response{BatchItemFailures: []abi.BatchItemFailure{
		{ItemIdentifier: "\"a\"", DelaySeconds: new(0)}, {ItemIdentifier: "b", DelaySeconds: new(43200), DeadLetter: true}, {ItemIdentifier: "c"},
	}}
	encoded := abi.AppendResponse(nil, &ours)
	if got, err := abi.ParseResponse(encoded, []string{"\"a\"", "b", "c"}); err != nil || !cmp.Equal(ours.BatchItemFailures, got) {
		t.Errorf("%v %v", got, err)
	}
	if err := json.Unmarshal(encoded, &lambda); err != nil || len(lambda.BatchItemFailures) != 3 {
		t.Errorf("%v %v", lambda, err)
	}
}

// FuzzParseResponse asks that nothing is accepted that is not JSON, and that every failure is of a record of the batch.
func FuzzParseResponse(f *testing.F) {
	for _, text := range []string{
		``, `null`, `{}`, `{"batchItemFailures":[{"itemIdentifier":"a","delaySeconds":1,"deadLetter":true},{"itemIdentifier":"\u0062"}]}`,
		`{"batchItemFailures":[{"itemIdentifier":null}]}`, `{"x":"\ud800\udc00\n","y":[1e-7,-0,0.5]}`, `{"batchItemFailures":[],}`, "\xff",
	} {
		f.Add([]byte(text))
	}
	ids := []string{"a", "b"}
	f.Fuzz(func(t *testing.T, reply []byte) {
		got, err := abi.ParseResponse(reply, ids)
		if err != nil {
			return
		}
		if len(strings.TrimSpace(string(reply))) > 0 && !json.Valid(reply) {
			t.Errorf("accepted %q", reply)
		}
		for n, failure := range got {
			if !slices.Contains(ids, failure.ItemIdentifier) || slices.ContainsFunc(got[:n], func(other abi.BatchItemFailure) bool {
				return other.ItemIdentifier == failure.ItemIdentifier
			}) {
				t.Errorf("%q: %v", reply, got)
			}
		}
	})
}

func BenchmarkParseResponse(b *testing.B) {
	ids := strings.Split("a b c d e f g h i j", " ")
	reply := []byte(`{"batchItemFailures":[{"itemIdentifier":"g"}]}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := abi.ParseResponse(reply, ids); err != nil {
			b.Fatal(err)
		}
	}
}
