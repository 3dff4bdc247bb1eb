package queuelet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// recordHandler gives the records of an event to handle one by one.
func recordHandler(handle func(context.Context, abi.Record) error) handler {
	return typedHandler(func(ctx context.Context, event abi.Event) (abi.Response, error) {
		var response abi.Response
		for _, record := range event.Records {
			err := handle(ctx, record)
			if err == nil {
				continue
			}
			failure := abi.BatchItemFailure{ItemIdentifier: record.MessageID}
			if retry, ok := errors.AsType[*retryError](err); ok {
				failure.DelaySeconds, failure.DeadLetter = retry.delay, retry.deadLetter
			}
			fmt.Fprintf(os.Stderr, "record %s failed: %v\n", record.MessageID, err)
			response.BatchItemFailures = append(response.BatchItemFailures, failure)
		}
		return response, nil
	})
}

// retryError says what is to happen to a record that failed.
type retryError struct {
	err        error
	delay      *int
	deadLetter bool
}

func (e *retryError) Error() string { return e.err.Error() }

func (e *retryError) Unwrap() error { return e.err }

// RetryAfter makes a record's failure visible again after a delay of whole seconds, instead of after the queue's
// visibility timeout. It is for handlers of [HandleRecord].
func RetryAfter(delay time.Duration, err error) error {
	seconds := max(0, min(int(delay/time.Second), abi.MaxDelaySeconds))
	return &retryError{err: err, delay: &seconds}
}

// DeadLetter sends a record that failed to the dead-letter queue at once. It is for handlers of [HandleRecord].
func DeadLetter(err error) error { return &retryError{err: err, deadLetter: true} }
