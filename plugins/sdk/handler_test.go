package queuelet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/queuelet/queuelet/plugins/abi"
)

type key struct{}

var sample = []byte(`{"Records":[{"messageId":"a","body":"one","attributes":{"SenderId":"s"}},{"messageId":"b","body":"two"}]}`)

// TestSignatures calls a handler of every shape that lambda.Start takes.
func TestSignatures(t *testing.T) {
	ctx := context.WithValue(t.Context(), key{}, "here")
	failed := errors.New("failed")
	called := ""
	for name, test := range map[string]struct {
		handle any
		want   string // response
		err    string
		called string
	}{
		"nothing":            {handle: func() { called = "yes" }, called: "yes"},
		"error":              {handle: func() error { return failed }, err: "failed"},
		"no error":           {handle: func() error { return nil }},
		"out":                {handle: func() (string, error) { return "out", nil }, want: `"out"`},
		"out, error":         {handle: func() (string, error) { return "out", failed }, err: "failed"},
		"in":                 {handle: func(e abi.Event) { called = e.Records[1].Body }, called: "two"},
		"in of Lambda":       {handle: func(e events.SQSEvent) { called = e.Records[1].Body }, called: "two"},
		"pointer to in":      {handle: func(e *events.SQSEvent) { called = e.Records[0].MessageId }, called: "a"},
		"in, error":          {handle: func(e abi.Event) error { return fmt.Errorf("%d: %w", len(e.Records), failed) }, err: "2: failed"},
		"in, out":            {handle: func(e abi.Event) (int, error) { return len(e.Records), nil }, want: "2"},
		"map":                {handle: func(e map[string]any) (int, error) { return len(e), nil }, want: "1"},
		"raw":                {handle: func(e json.RawMessage) (int, error) { return len(e), nil }, want: strconv.Itoa(len(sample))},
		"context":            {handle: func(ctx context.Context) { called = ctx.Value(key{}).(string) }, called: "here"},
		"context, error":     {handle: func(context.Context) error { return failed }, err: "failed"},
		"context, out":       {handle: func(context.Context) (any, error) { return nil, nil }, want: "null"},
		"context, in":        {handle: func(_ context.Context, e abi.Event) { called = e.Records[0].Body }, called: "one"},
		"context, in, error": {handle: func(context.Context, events.SQSEvent) error { return failed }, err: "failed"},
		"context, in, out": {
			handle: func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
				return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: e.Records[1].MessageId}}}, nil
			},
			want: `{"batchItemFailures":[{"itemIdentifier":"b"}]}`,
		},
		"our types": {
			handle: func(_ context.Context, e abi.Event) (abi.Response, error) {
				return abi.Response{BatchItemFailures: []abi.BatchItemFailure{{ItemIdentifier: e.Records[1].MessageID}}}, nil
			},
			want: `{"batchItemFailures":[{"itemIdentifier":"b"}]}`,
		},
		"our types, error": {
			handle: func(context.Context, abi.Event) (abi.Response, error) { return abi.Response{}, failed }, err: "failed",
		},
		"event of another type": {handle: func([]int) {}, err: "decode the event"},
		"response that is none": {handle: func() (func(), error) { return func() {}, nil }, err: "encode the response"},
	} {
		t.Run(name, func(t *testing.T) {
			called = ""
			got, err := newHandler(test.handle)(ctx, sample)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if string(got) != test.want || called != test.called {
				t.Errorf("response %q, called %q; want %q, %q", got, called, test.want, test.called)
			}
		})
	}
}

// TestWrongSignatures panics with what is wrong.
func TestWrongSignatures(t *testing.T) {
	for _, test := range []struct {
		handle any
		want   string
	}{
		{nil, "is nil"},
		{5, "is a int, not a function"},
		{func(...int) {}, "variadic"},
		{func(context.Context, int, int) {}, "takes 3 arguments"},
		{func(int, context.Context) {}, "the first is a int, not a context.Context"},
		{func() (int, int, error) { return 0, 0, nil }, "returns 3 values"},
		{func() int { return 0 }, "last result is a int, not an error"},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, test.want) {
					t.Errorf("%T: %q, want %q", test.handle, got, test.want)
				}
			}()
			newHandler(test.handle)
		}()
	}
}

// TestRecords reports the records whose handler fails.
func TestRecords(t *testing.T) {
	failed := errors.New("failed")
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"good":        {nil, `{"batchItemFailures":[]}`},
		"failed":      {failed, `{"batchItemFailures":[{"itemIdentifier":"b"}]}`},
		"delayed":     {fmt.Errorf("more: %w", RetryAfter(90*time.Second, failed)), `{"batchItemFailures":[{"itemIdentifier":"b","delaySeconds":90}]}`},
		"at once":     {RetryAfter(-time.Second, failed), `{"batchItemFailures":[{"itemIdentifier":"b","delaySeconds":0}]}`},
		"too late":    {RetryAfter(24*time.Hour, failed), `{"batchItemFailures":[{"itemIdentifier":"b","delaySeconds":43200}]}`},
		"dead letter": {DeadLetter(failed), `{"batchItemFailures":[{"itemIdentifier":"b","deadLetter":true}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := recordHandler(func(_ context.Context, r abi.Record) error {
				if r.MessageID == "b" {
					return test.err
				}
				return nil
			})(t.Context(), sample)
			if err != nil || string(got) != test.want {
				t.Errorf("%s, error %v; want %s", got, err, test.want)
			}
		})
	}
	if err := RetryAfter(0, failed); !errors.Is(err, failed) {
		t.Errorf("%v hides its cause", err)
	}
}

func TestContext(t *testing.T) {
	deadline := time.Now().Add(time.Minute).Truncate(time.Millisecond)
	ctx, cancel := newContext(abi.Invocation{RequestID: "id", DeadlineMs: deadline.UnixMilli()})
	defer cancel()
	if got, ok := ctx.Deadline(); !ok || !got.Equal(deadline) {
		t.Errorf("deadline %v", got)
	}
	if got := RequestID(ctx); got != "id" {
		t.Errorf("request id %q", got)
	}
	if _, ok := FromContext(t.Context()); ok {
		t.Error("found an invocation outside of one")
	}
}

type customError struct{}

func (*customError) Error() string { return "custom" }

func TestDescribeError(t *testing.T) {
	for _, test := range []struct {
		err  error
		want abi.ErrorObject
	}{
		{errors.New("plain"), abi.ErrorObject{ErrorType: "errorString", ErrorMessage: "plain"}},
		{&customError{}, abi.ErrorObject{ErrorType: "customError", ErrorMessage: "custom"}},
		{fmt.Errorf("around: %w", &customError{}), abi.ErrorObject{ErrorType: "customError", ErrorMessage: "around: custom"}},
	} {
		if got := describeError(test.err); got != test.want {
			t.Errorf("%+v, want %+v", got, test.want)
		}
	}
}
