package sample_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/sample"
)

var noon = time.UnixMilli(1545082649183)

// write writes a sample into a file of its own.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "order.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEvents makes events of what files say.
func TestEvents(t *testing.T) {
	record := func(id, body, sum string) string {
		return `{"messageId":"` + id + `","receiptHandle":"receipt-` + id + `","body":"` + body + `","attributes":{` +
			`"ApproximateFirstReceiveTimestamp":"1545082649183","ApproximateReceiveCount":"1","SenderId":"queuelet",` +
			`"SentTimestamp":"1545082649183"},"messageAttributes":{},"md5OfBody":"` + sum + `","eventSource":"aws:sqs",` +
			`"eventSourceARN":"arn:aws:sqs:us-east-1:000000000000:test","awsRegion":"us-east-1"}`
	}
	for name, test := range map[string]struct {
		text, event string
		ids         []string
	}{
		"bodies": {
			`{"bodies": ["text", {"order": 12345678901234567890, "a": [1, 2]}]}`,
			`{"Records":[` + record("1", "text", "1cb251ec0d568de6a929b520c4aed8d1") + "," +
				record("2", `{\"order\":12345678901234567890,\"a\":[1,2]}`, "741cb4c0a1a8ce91215c932f5a2b4ad6") + `]}`,
			[]string{"1", "2"},
		},
		"records": {
			`{"records": [{"messageId": "a", "receiptHandle": "receipt-a", "body": "text", "md5OfBody": "sum"}]}`,
			`{"Records":[` + record("a", "text", "sum") + `]}`,
			[]string{"a"},
		},
		"event":         {`{"event": {"who": "world"}}`, `{"who": "world"}`, nil},
		"no event":      {`{"event": null}`, `null`, nil},
		"of Lambda":     {`{"Records": [{"messageId": "a"}]}`, `{"Records": [{"messageId": "a"}]}`, []string{"a"}},
		"of S3":         {`{"Records": [{"s3": {}}]}`, `{"Records": [{"s3": {}}]}`, nil},
		"another event": {`{"who": "world"}`, `{"who": "world"}`, nil},
		"no object":     {`[1]`, `[1]`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := sample.Read(write(t, test.text), noon)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.event, string(s.Event)); d != "" || s.Name != "order" {
				t.Errorf("sample %s: %s", s.Name, d)
			}
			if d := cmp.Diff(test.ids, s.IDs); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestMistakes names the file and what is wrong in it.
func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`{"bodies": [}`:                                                      "it is not JSON: invalid character",
		`{"expect": {"failed": []}}`:                                         `it needs one of "event", "records" and "bodies"`,
		`{"bodies": [], "event": {}}`:                                        `it needs one of`,
		`{"bodies": ["a"], "expected": {"failed": ["1"]}}`:                   `unknown field "expected"`,
		`{"bodies": ["a"], "expect": {"fail": ["1"]}}`:                       `unknown field "fail"`,
		`{"records": [{"boddy": "a"}]}`:                                      `unknown field "boddy"`,
		`{"bodies": ["a"], "expect": {"failed": [1]}}`:                       "cannot unmarshal number",
		`{"bodies": ["a"], "expect": {"failed": ["2"]}}`:                     `record "2" to fail, which the event does not have: 1`,
		`{"event": {}, "expect": {"deadLetter": ["1"]}}`:                     `record "1" to fail, which the event does not have: none`,
		`{"bodies": ["a"], "expect": {"error": "boom", "response": "ok"}}`:   "it expects an error of the whole event",
		`{"bodies": ["a"], "expect": {"log": 1}}`:                            "cannot unmarshal number",
		`{"bodies": ["a"], "expect": {"sent": [{"queue": "q", "to": "x"}]}}`: `unknown field "to"`,
	} {
		path := write(t, text)
		if _, err := sample.Read(path, noon); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

// TestReadAll reads a folder in order, and a file alone.
func TestReadAll(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.json", "a.json", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string][]string{dir: {"a", "b"}, filepath.Join(dir, "b.json"): {"b"}, t.TempDir(): nil} {
		samples, err := sample.ReadAll(path, noon)
		var names []string
		for _, s := range samples {
			names = append(names, s.Name)
		}
		if d := cmp.Diff(want, names); d != "" || err != nil {
			t.Errorf("%s: %s, error %v", path, d, err)
		}
	}
	if _, err := sample.ReadAll(filepath.Join(dir, "absent"), noon); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// TestCompare says what differs, and only that.
func TestCompare(t *testing.T) {
	failing := func(failures string) sample.Outcome {
		return sample.Outcome{Response: []byte(`{"batchItemFailures": [` + failures + `]}`)}
	}
	second := failing(`{"itemIdentifier": "2"}`)
	dead := failing(`{"itemIdentifier": "2", "deadLetter": true}`)
	broken := sample.Outcome{Err: errors.New("TypeError: boom")}
	sent := sample.Outcome{Sent: []sample.Message{sample.NewMessage("q", []byte(`{"a":1}`))}}
	for name, test := range map[string]struct {
		expect  string
		outcome sample.Outcome
		want    []string
	}{
		"nothing, success":         {`{}`, sample.Outcome{}, nil},
		"nothing, failed record":   {`{}`, second, []string{"records that failed: 2; expected: none"}},
		"nothing, failed event":    {`{}`, broken, []string{"it failed: TypeError: boom"}},
		"nothing, bad response":    {`{}`, failing(`{"itemIdentifier": "9"}`), []string{`it failed: bad response: no record "9" in the batch`}},
		"failed":                   {`{"failed": ["2"]}`, second, nil},
		"failed in another order":  {`{"failed": ["2", "1"]}`, failing(`{"itemIdentifier": "1"}, {"itemIdentifier": "2"}`), nil},
		"another failed":           {`{"failed": ["1"]}`, second, []string{"records that failed: 2; expected: 1"}},
		"none failed":              {`{"failed": ["1", "2"]}`, sample.Outcome{}, []string{"records that failed: none; expected: 1, 2"}},
		"dead letter":              {`{"deadLetter": ["2"]}`, dead, nil},
		"no dead letter":           {`{"deadLetter": ["2"]}`, second, []string{"records for the dead-letter queue: none; expected: 2"}},
		"failed, with dead letter": {`{"failed": ["2"]}`, dead, nil},
		"response":                 {`{"response": {"b": 1.0, "a": [null, 12345678901234567890]}}`, sample.Outcome{Response: []byte(`{"a":[null,12345678901234567890],"b":1.0}`)}, nil},
		"response with failures":   {`{"response": {"batchItemFailures": [{"itemIdentifier": "2"}]}}`, second, nil},
		"another response": {
			`{"response": {"a": 1}}`,
			sample.Outcome{Response: []byte(`{"a": 2}`)},
			[]string{"the response is {\"a\":2}\nexpected: {\"a\":1}"},
		},
		"no response":     {`{"response": null}`, sample.Outcome{}, nil},
		"error":           {`{"error": "boom"}`, broken, nil},
		"any error":       {`{"error": ""}`, broken, nil},
		"another error":   {`{"error": "bang"}`, broken, []string{`the error is "TypeError: boom"; expected is "bang"`}},
		"no error":        {`{"error": "bang"}`, sample.Outcome{}, []string{`it succeeded; expected is the error "bang"`}},
		"log":             {`{"log": "two"}`, sample.Outcome{Log: "one two\n"}, nil},
		"log of more":     {`{"log": ["one", "three"]}`, sample.Outcome{Log: "one two\n"}, []string{`the log does not say "three"`}},
		"sent":            {`{"sent": [{"queue": "q", "body": {"a": 1}}]}`, sent, nil},
		"sent unasked":    {`{}`, sent, nil},
		"sent too much":   {`{"sent": []}`, sent, []string{"sent: \"{\\\"a\\\":1}\" to q\nexpected: nothing"}},
		"sent not at all": {`{"sent": [{"queue": "q", "body": "a"}]}`, sample.Outcome{}, []string{"sent: nothing\nexpected: \"a\" to q"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := sample.Read(write(t, `{"bodies": ["a", "b"], "expect": `+test.expect+`}`), noon)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, s.Compare(test.outcome)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestBodies makes an event that a function can read.
func TestBodies(t *testing.T) {
	event, err := abi.ParseEvent(sample.Bodies(noon, "a", `"b"`))
	if err != nil || len(event.Records) != 2 || event.Records[1].Body != `"b"` || event.Records[1].MessageID != "2" {
		t.Errorf("%+v, %v", event, err)
	}
}
