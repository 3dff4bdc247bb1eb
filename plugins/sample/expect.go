package sample

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/queuelet/queuelet/plugins/abi"
)

// expectation is what has to come of an event. What is nil may come as it likes, but see Compare.
type expectation struct {
	Failed     []string        `json:"failed"`
	DeadLetter []string        `json:"deadLetter"`
	Response   json.RawMessage `json:"response"`
	Error      *string         `json:"error"`
	Log        parts           `json:"log"`
	Sent       []Message       `json:"sent"`
}

// Message is what a function sends to a queue.
type Message struct {
	Queue string `json:"queue"`
	Body  body   `json:"body"`
}

// NewMessage makes a message of a body that is text.
func NewMessage(queue string, text []byte) Message { return Message{Queue: queue, Body: body(text)} }

// parts are texts that have to occur: one, or a list.
type parts []string

// UnmarshalJSON takes a string or a list of strings.
func (p *parts) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		*p = parts{""}
		return json.Unmarshal(text, &(*p)[0]) //nolint:wrapcheck // the decoder says where
	}
	return json.Unmarshal(text, (*[]string)(p)) //nolint:wrapcheck // as above
}

// check refuses an expectation that nothing can meet.
func (e *expectation) check(ids []string) error {
	for _, id := range append(slices.Clone(e.Failed), e.DeadLetter...) {
		if !slices.Contains(ids, id) {
			return fmt.Errorf("it expects record %q to fail, which the event does not have: %s", id, list(ids))
		}
	}
	if e.Error != nil && (e.Failed != nil || e.DeadLetter != nil || e.Response != nil) {
		return errors.New(`it expects an error of the whole event, beside which there is no "failed", "deadLetter" or "response"`)
	}
	return nil
}

// Outcome is what came of an event.
type Outcome struct {
	Response []byte
	Err      error  // of the invocation as a whole
	Log      string // a line each
	Sent     []Message
}

// Compare holds an outcome against what the sample expects, and returns a sentence for each difference. Without an
// expectation the event has to succeed with all of its records.
func (s *Sample) Compare(o Outcome) (differences []string) {
	differ := func(format string, arguments ...any) {
		differences = append(differences, fmt.Sprintf(format, arguments...))
	}
	e := &s.expect
	failures, err := s.judge(o)
	switch {
	case e.Error != nil && err == nil:
		differ("it succeeded; expected is the error %q", *e.Error)
	case e.Error != nil && !strings.Contains(err.Error(), *e.Error):
		differ("the error is %q; expected is %q", err, *e.Error)
	case e.Error == nil && err != nil:
		differ("it failed: %v", err)
	case err == nil:
		s.compareResponse(o.Response, failures, differ)
	}
	for _, part := range e.Log {
		if !strings.Contains(o.Log, part) {
			differ("the log does not say %q", part)
		}
	}
	if e.Sent != nil && !slices.Equal(o.Sent, e.Sent) {
		differ("sent: %s\nexpected: %s", messages(o.Sent), messages(e.Sent))
	}
	return differences
}

// judge says which records failed, as a mapping of a queue would.
func (s *Sample) judge(o Outcome) ([]abi.BatchItemFailure, error) {
	if o.Err != nil || len(s.IDs) == 0 {
		return nil, o.Err
	}
	return abi.ParseResponse(o.Response, s.IDs)
}

func (s *Sample) compareResponse(response []byte, failures []abi.BatchItemFailure, differ func(string, ...any)) {
	e := &s.expect
	if e.Response != nil {
		if got, want := canonical(response), canonical(e.Response); got != want {
			differ("the response is %s\nexpected: %s", got, want)
		}
	}
	var failed, dead []string
	for _, f := range failures {
		failed = append(failed, f.ItemIdentifier)
		if f.DeadLetter {
			dead = append(dead, f.ItemIdentifier)
		}
	}
	want := e.Failed
	if want == nil {
		want = e.DeadLetter
	}
	if (e.Response == nil || want != nil) && !same(failed, want) {
		differ("records that failed: %s; expected: %s", list(failed), list(want))
	}
	if e.DeadLetter != nil && !same(dead, e.DeadLetter) {
		differ("records for the dead-letter queue: %s; expected: %s", list(dead), list(e.DeadLetter))
	}
}

// same says whether two lists have the same members.
func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func list(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	return strings.Join(ids, ", ")
}

func messages(all []Message) string {
	if len(all) == 0 {
		return "nothing"
	}
	texts := make([]string, len(all))
	for i, m := range all {
		texts[i] = fmt.Sprintf("%q to %s", m.Body, m.Queue)
	}
	return strings.Join(texts, ", ")
}

// canonical is JSON in one form: without space, with the members of objects in order. Numbers stay as they are written. No
// response is null, and what is no JSON stays as it is.
func canonical(text []byte) string {
	if len(bytes.TrimSpace(text)) == 0 {
		return "null"
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		return string(text)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return string(text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
