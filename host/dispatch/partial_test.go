package dispatch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
)

// TestPartialResponses is the table of what a reply means for a batch of the records a, b and c: what is done, what comes
// again when its visibility timeout of 30 s ends, what comes again after its own delay of 5 s, and what is dead. In replies
// $a stands for the message id of a.
func TestPartialResponses(t *testing.T) {
	const whole, partial = "whole batch", "report batch item failures"
	done, failed := []string{"a", "b", "c"}, []string{"a", "b", "c"}
	failure := func(f dispatch.Failure) dispatch.Result { return dispatch.Result{Failure: f, Err: errors.New("x")} }
	reply := func(text string) dispatch.Result { return dispatch.Result{Response: []byte(text)} }
	tests := []struct {
		name   string
		mode   string
		result dispatch.Result

		done, failed, delayed, dead []string
	}{
		// Lambda without ReportBatchItemFailures: "normal return = delete all, error = retry all; the response is ignored".
		{"a return deletes all", whole, reply(`{}`), done, nil, nil, nil},
		{"the response is ignored", whole, reply(`{"batchItemFailures":[{"itemIdentifier":"$b"}]}`), done, nil, nil, nil},
		{"a response that is no JSON is ignored", whole, reply(`oops`), done, nil, nil, nil},
		{"an error retries all", whole, failure(dispatch.FailureHandler), nil, failed, nil, nil},

		// With it: "complete success".
		{"empty batchItemFailures", partial, reply(`{"batchItemFailures":[]}`), done, nil, nil, nil},
		{"null batchItemFailures", partial, reply(`{"batchItemFailures":null}`), done, nil, nil, nil},
		{"empty object", partial, reply(`{}`), done, nil, nil, nil},
		{"null response", partial, reply(`null`), done, nil, nil, nil},
		{"empty response", partial, reply(``), done, nil, nil, nil},

		// "Complete failure".
		{"exception", partial, failure(dispatch.FailureHandler), nil, failed, nil, nil},
		{"crash", partial, failure(dispatch.FailureCrash), nil, failed, nil, nil},
		{
			"crash after a reply", partial,
			dispatch.Result{Response: []byte(`{}`), Failure: dispatch.FailureCrash, Err: errors.New("x")},
			nil, failed, nil, nil,
		},
		{"timeout", partial, failure(dispatch.FailureTimeout), nil, failed, nil, nil},
		{"throttled", partial, failure(dispatch.FailureThrottled), nil, failed, nil, nil},
		{"invalid JSON", partial, reply(`{"batchItemFailures":`), nil, failed, nil, nil},
		{"empty itemIdentifier", partial, reply(`{"batchItemFailures":[{"itemIdentifier":""}]}`), nil, failed, nil, nil},
		{"null itemIdentifier", partial, reply(`{"batchItemFailures":[{"itemIdentifier":null}]}`), nil, failed, nil, nil},
		{"itemIdentifier under a wrong key", partial, reply(`{"batchItemFailures":[{"messageId":"$b"}]}`), nil, failed, nil, nil},
		{"one good and one empty", partial, reply(`{"batchItemFailures":[{"itemIdentifier":"$b"},{"itemIdentifier":""}]}`), nil, failed, nil, nil},

		// Not documented by Lambda.
		{"unknown id", partial, reply(`{"batchItemFailures":[{"itemIdentifier":"$b"},{"itemIdentifier":"other"}]}`), nil, failed, nil, nil},
		{
			"duplicate id", partial, reply(`{"batchItemFailures":[{"itemIdentifier":"$b"},{"itemIdentifier":"$b"}]}`),
			[]string{"a", "c"},
			[]string{"b"},
			nil, nil,
		},

		// Partial failure, and what Lambda does not have.
		{
			"one named", partial, reply(`{"batchItemFailures":[{"itemIdentifier":"$a"}]}`),
			[]string{"b", "c"},
			[]string{"a"},
			nil, nil,
		},
		{
			"all named", partial, reply(`{"batchItemFailures":[{"itemIdentifier":"$c"},{"itemIdentifier":"$a"},{"itemIdentifier":"$b"}]}`),
			nil, failed, nil, nil,
		},
		{
			"delaySeconds", partial, reply(`{"batchItemFailures":[{"itemIdentifier":"$a","delaySeconds":5},{"itemIdentifier":"$b"}]}`),
			[]string{"c"},
			[]string{"b"},
			[]string{"a"},
			nil,
		},
		{
			"deadLetter", partial, reply(`{"batchItemFailures":[{"itemIdentifier":"$c","deadLetter":true},{"itemIdentifier":"$a","deadLetter":false}]}`),
			[]string{"b"},
			[]string{"a"},
			nil,
			[]string{"c"},
		},
		{"delaySeconds that make no sense", partial, reply(`{"batchItemFailures":[{"itemIdentifier":"$a","delaySeconds":-1}]}`), nil, failed, nil, nil},
	}
	for _, test := range tests {
		t.Run(test.mode+"/"+test.name, func(t *testing.T) {
			virtual(t, func(t *testing.T, s *stage) {
				s.create("dlq")
				attribute, value := redrive("dlq", 1000)
				s.create("q", "VisibilityTimeout", "30", attribute, value)
				s.send("q", "a", "b", "c")
				s.function.play(func(_ context.Context, c *call) dispatch.Result {
					r := test.result
					for i, body := range c.bodies {
						r.Response = []byte(strings.ReplaceAll(string(r.Response), "$"+body, c.MessageIDs[i]))
					}
					return r
				})
				s.serve(dispatch.Options{}, dispatch.Mapping{ID: "m", Queue: key("q"), Function: "f", WholeBatch: test.mode == whole})
				settle()
				if err := s.dispatcher.Pause("m"); err != nil {
					t.Fatal(err)
				}
				wantSeen(t, s.function, []string{"a", "b", "c"})
				s.wantCounts("q", 0, len(test.failed)+len(test.delayed))
				check := func(what string, got, want []string) {
					t.Helper()
					slices.Sort(got)
					if d := cmp.Diff(want, got); d != "" {
						t.Errorf("%s (-want +got):\n%s", what, d)
					}
				}
				check("dead", bodies(s.receive("dlq")), test.dead)
				after(5*time.Second + time.Millisecond)
				check("back after its delay", bodies(s.receive("q")), test.delayed) // and hidden again for 30 s
				after(25 * time.Second)
				check("back after its visibility timeout", bodies(s.receive("q")), test.failed)
				counts := s.status().Records
				want := dispatch.Records{
					Deleted: int64(len(test.done)), Failed: int64(len(test.failed) + len(test.delayed)), DeadLettered: int64(len(test.dead)),
				}
				if counts != want {
					t.Errorf("counted %+v, want %+v", counts, want)
				}
			})
		})
	}
}
