package queue

import "errors"

// Code is the query-protocol error code of SQS, the stable identity of an error.
// The code an SDK shows is this one, in both wire protocols.
type Code string

// The error codes of SQS (AWS API reference, CommonErrors and each operation).
const (
	CodeQueueDoesNotExist            Code = "AWS.SimpleQueueService.NonExistentQueue"
	CodeQueueNameExists              Code = "QueueAlreadyExists"
	CodeQueueDeletedRecently         Code = "AWS.SimpleQueueService.QueueDeletedRecently"
	CodePurgeQueueInProgress         Code = "AWS.SimpleQueueService.PurgeQueueInProgress"
	CodeBatchEntryIdsNotDistinct     Code = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct" //nolint:revive // AWS's name
	CodeBatchRequestTooLong          Code = "AWS.SimpleQueueService.BatchRequestTooLong"
	CodeEmptyBatchRequest            Code = "AWS.SimpleQueueService.EmptyBatchRequest"
	CodeInvalidBatchEntryID          Code = "AWS.SimpleQueueService.InvalidBatchEntryId"
	CodeTooManyEntriesInBatchRequest Code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
	CodeMessageNotInflight           Code = "AWS.SimpleQueueService.MessageNotInflight"
	CodeUnsupportedOperation         Code = "AWS.SimpleQueueService.UnsupportedOperation"
	CodeReceiptHandleIsInvalid       Code = "ReceiptHandleIsInvalid"
	CodeOverLimit                    Code = "OverLimit"
	CodeRequestThrottled             Code = "RequestThrottled"
	CodeResourceNotFound             Code = "ResourceNotFoundException"
	CodeInvalidAttributeName         Code = "InvalidAttributeName"
	CodeInvalidAttributeValue        Code = "InvalidAttributeValue"
	CodeInvalidMessageContents       Code = "InvalidMessageContents"
	CodeInvalidParameterValue        Code = "InvalidParameterValue"
	CodeMissingParameter             Code = "MissingParameter"
	CodeAccessDenied                 Code = "AccessDenied"
	CodeServiceUnavailable           Code = "ServiceUnavailable"
	CodeInternalFailure              Code = "InternalFailure"
)

// Error is an answer of SQS other than success. Its message is AWS's own text.
type Error struct {
	Code    Code
	Message string
	// Err is the cause inside, not shown on the wire.
	Err error
}

func (e *Error) Error() string {
	if e.Message == "" {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// What a [Store] answers; the service turns each into SQS's words.
var (
	// ErrQueueExists says that a queue of that key exists already.
	ErrQueueExists = errors.New("queue exists")
	// ErrQueueNotFound says that no queue of that key and incarnation exists.
	ErrQueueNotFound = errors.New("queue does not exist")
	// ErrMessageNotInFlight says that a message is gone, or was received by
	// another since, so that its visibility cannot be changed.
	ErrMessageNotInFlight = errors.New("message is not in flight")
	// ErrHandleExpired says that a FIFO message is no longer held under that handle.
	ErrHandleExpired = errors.New("receipt handle has expired")
	// ErrAttemptLapsed says that a ReceiveRequestAttemptId was used before and that
	// what it handed out cannot be handed out again: a message of it was deleted or its
	// visibility changed, or five minutes have passed.
	ErrAttemptLapsed = errors.New("receive attempt cannot be repeated")
	// ErrOverLimit says that too many messages are in flight.
	ErrOverLimit = errors.New("too many messages in flight")
	// ErrStorageFull says that the disk is too full to take more messages.
	ErrStorageFull = errors.New("storage is full")
	// ErrUnavailable says that the store cannot answer now; the request may be
	// tried again.
	ErrUnavailable = errors.New("storage is not available")
)
