package queue

import (
	"context"
	"errors"
)

// storeAnswer turns an error of the store into SQS's words. An [*Error], which a
// change given to UpdateQueue may have returned, and a context's error stay as they
// are.
func storeAnswer(err error) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, ErrQueueNotFound):
		return queueDoesNotExist()
	case errors.Is(err, ErrOverLimit):
		return &Error{
			Code:    CodeOverLimit,
			Message: "The maximum number of in flight messages is reached",
			Err:     err,
		}
	case errors.Is(err, ErrStorageFull):
		return &Error{
			Code:    CodeServiceUnavailable,
			Message: "The storage is full, so nothing can be stored. Delete or purge messages or add disk space, then try again.",
			Err:     err,
		}
	case errors.Is(err, ErrUnavailable):
		return &Error{
			Code:    CodeServiceUnavailable,
			Message: "The storage cannot answer at the moment. Try again.",
			Err:     err,
		}
	default:
		return &Error{
			Code:    CodeInternalFailure,
			Message: "The request processing has failed because of an unknown error, exception or failure.",
			Err:     err,
		}
	}
}

// receiptAnswer is storeAnswer for errors that concern one receipt handle, which
// AWS repeats.
func receiptAnswer(err error, receiptHandle string) error {
	var reason string
	switch {
	case errors.Is(err, ErrHandleExpired):
		reason = "The receipt handle has expired."
	case errors.Is(err, ErrMessageNotInFlight):
		reason = "Message does not exist or is not available for visibility timeout change."
	default:
		return storeAnswer(err)
	}
	refusal := invalidParameter("ReceiptHandle", receiptHandle, reason)
	refusal.Err = err
	return refusal
}
