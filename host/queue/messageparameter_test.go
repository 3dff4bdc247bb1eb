package queue_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/queuelet/queuelet/host/queue"
)

const (
	reasonGroup = " for parameter MessageGroupId is invalid. " +
		"Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."
	reasonDedup = " for parameter MessageDeduplicationId is invalid. " +
		"Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length."
	reasonType    = "The request include parameter that is not valid for this queue type."
	reasonHandle  = "The request must contain the parameter ReceiptHandle."
	reasonDelay   = " for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
	reasonTimeout = " for parameter VisibilityTimeout is invalid. " +
		"Reason: VisibilityTimeout must be an integer between 0 and 43200."
)

// sendFault is a message that is wrong in one way.
type sendFault struct {
	parameter, fault string
	fifo             bool
	in               queue.SendMessageInput
	code             queue.Code
	text             string
}

// sendFaults are those that a single send and an entry of a batch answer alike.
func sendFaults() []sendFault {
	const invalid = queue.CodeInvalidParameterValue
	with := func(change func(*queue.SendMessageInput)) queue.SendMessageInput {
		in := message("x")
		change(&in)
		return in
	}
	delay := func(seconds int) queue.SendMessageInput {
		return with(func(in *queue.SendMessageInput) { in.DelaySeconds = some(seconds) })
	}
	group := func(id string) queue.SendMessageInput {
		return with(func(in *queue.SendMessageInput) { in.GroupID, in.GroupIDSet = id, true })
	}
	attributes := func(all ...queue.AttributeInput) queue.SendMessageInput {
		return with(func(in *queue.SendMessageInput) { in.Attributes = all })
	}
	system := func(all ...queue.AttributeInput) queue.SendMessageInput {
		return with(func(in *queue.SendMessageInput) { in.SystemAttributes = all })
	}
	dedup := func(id string) queue.SendMessageInput {
		in := fifoMessage("x", "g", id)
		in.DedupIDSet = true
		return in
	}
	fifoDelay := fifoMessage("x", "g", "d")
	fifoDelay.DelaySeconds = some(1)
	var eleven []queue.AttributeInput
	for i := range 11 {
		eleven = append(eleven, stringAttribute(strconv.Itoa(i), "v"))
	}
	long := times(129, "x")
	return []sendFault{
		{"MessageBody", characters, false, message("\x00"), queue.CodeInvalidMessageContents, charactersText},
		{"DelaySeconds", tooSmall, false, delay(-1), invalid, "Value -1" + reasonDelay},
		{"DelaySeconds", tooLarge, false, delay(901), invalid, "Value 901" + reasonDelay},
		{
			"DelaySeconds", wrong, true, fifoDelay, invalid,
			"Value 1 for parameter DelaySeconds is invalid. Reason: " + reasonType,
		},
		{
			"MessageAttributes", missing, false, attributes(stringAttribute("a", "")), invalid,
			"Message (user) attribute 'a' must contain a non-empty value of type 'String'.",
		},
		{
			"MessageAttributes", tooLarge, false, attributes(eleven...), invalid,
			"Number of message attributes [11] exceeds the allowed maximum [10].",
		},
		{"MessageAttributes", characters, false, attributes(stringAttribute("a", "\x00")), invalid, charactersText},
		{
			"MessageSystemAttributes", missing, false, system(stringAttribute("AWSTraceHeader", "")), invalid,
			"Message (system) attribute 'AWSTraceHeader' must contain a non-empty value of type 'String'.",
		},
		{
			"MessageSystemAttributes", wrong, false, system(stringAttribute("a", "v")), invalid,
			"Message system attribute name 'a' is invalid.",
		},
		{"MessageGroupId", tooSmall, false, group(""), invalid, "Value " + reasonGroup},
		{"MessageGroupId", tooLarge, false, group(long), invalid, "Value " + long + reasonGroup},
		{"MessageGroupId", characters, false, group("a b"), invalid, "Value a b" + reasonGroup},
		{"MessageDeduplicationId", tooSmall, true, dedup(""), invalid, "Value " + reasonDedup},
		{"MessageDeduplicationId", tooLarge, true, dedup(long), invalid, "Value " + long + reasonDedup},
		{"MessageDeduplicationId", characters, true, dedup("a b"), invalid, "Value a b" + reasonDedup},
		{
			"MessageDeduplicationId", wrong, false, dedup("d"), invalid,
			"Value d for parameter MessageDeduplicationId is invalid. Reason: " + reasonType,
		},
	}
}

// target returns the queue of a type.
func (q *parameterQueues) target(fifo bool) queue.Key {
	if fifo {
		return q.fifo
	}
	return q.standard
}

func sendParameterCases() []parameterCase {
	const operation, invalid = "SendMessage", queue.CodeInvalidParameterValue
	send := func(fifo bool, in queue.SendMessageInput) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			_, err := q.SendMessage(ctx, caller(), q.target(fifo), &in)
			return err
		}
	}
	cases := []parameterCase{
		{
			operation, "MessageBody", missing, send(false, message("")), queue.CodeMissingParameter,
			"The request must contain the parameter MessageBody.",
		},
		{
			operation, "MessageBody", tooLarge, send(false, message(times(1<<20+1, "x"))), invalid,
			"One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
		},
		{operation, "MessageGroupId", missing, send(true, message("x")), queue.CodeMissingParameter, noGroup},
		{operation, "MessageDeduplicationId", missing, send(true, fifoMessage("x", "g", "")), invalid, noDedup},
	}
	for _, f := range sendFaults() {
		cases = append(cases, parameterCase{operation, f.parameter, f.fault, send(f.fifo, f.in), f.code, f.text})
	}
	return cases
}

func sendBatchParameterCases() []parameterCase {
	const operation, invalid = "SendMessageBatch", queue.CodeInvalidParameterValue
	// In a batch with a right entry, the wrong one fails by itself or fails the batch.
	send := func(fifo bool, in queue.SendMessageInput) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			right := message("x")
			if fifo {
				right = fifoMessage("x", "g", "right")
			}
			right.ID, in.ID = "right", "wrong"
			result, err := q.SendMessageBatch(ctx, caller(), q.target(fifo), []queue.SendMessageInput{right, in})
			if err != nil {
				return err
			}
			if len(result.Successful) != 1 || len(result.Failed) != 1 || !result.Failed[0].SenderFault {
				return fmt.Errorf("the batch answers %+v", result)
			}
			return &queue.Error{Code: result.Failed[0].Code, Message: result.Failed[0].Message}
		}
	}
	cases := []parameterCase{
		{
			operation, "MessageBody", missing, send(false, message("")), queue.CodeMissingParameter,
			"The request must contain the parameter SendMessageBatchRequestEntry.2.MessageBody.",
		},
		{
			operation, "MessageBody", tooLarge, send(false, message(times(1<<20+1, "x"))), queue.CodeBatchRequestTooLong,
			"Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes.",
		},
		{operation, "MessageGroupId", missing, send(true, message("x")), invalid, noGroup},
		{operation, "MessageDeduplicationId", missing, send(true, fifoMessage("x", "g", "")), invalid, noDedup},
	}
	for _, f := range sendFaults() {
		cases = append(cases, parameterCase{operation, f.parameter, f.fault, send(f.fifo, f.in), f.code, f.text})
	}
	return append(cases, batchParameterCases(operation)...)
}

// batchParameterCases are those that all batch operations have.
func batchParameterCases(operation string) []parameterCase {
	const idText = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. " +
		"It can be at most 80 letters long."
	single := operation[:len(operation)-len("Batch")]
	call := func(ids ...string) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			return batches(q.Service, q.standard)[single](ctx, ids)
		}
	}
	return []parameterCase{
		{
			operation, "Entries", missing, call(), queue.CodeEmptyBatchRequest,
			"There should be at least one " + operation + "RequestEntry in the request.",
		},
		{
			operation, "Entries", tooLarge, call("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"),
			queue.CodeTooManyEntriesInBatchRequest, "Maximum number of entries per request are 10. You have sent 11.",
		},
		{operation, "Entries", wrong, call("a", "b", "b"), queue.CodeBatchEntryIdsNotDistinct, "Id b repeated."},
		{operation, "Id", tooSmall, call(""), queue.CodeInvalidBatchEntryID, idText},
		{operation, "Id", tooLarge, call(times(81, "a")), queue.CodeInvalidBatchEntryID, idText},
		{operation, "Id", characters, call("a:b"), queue.CodeInvalidBatchEntryID, idText},
	}
}

func receiveParameterCases() []parameterCase {
	const operation, invalid = "ReceiveMessage", queue.CodeInvalidParameterValue
	receive := func(in queue.ReceiveMessageInput) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			_, err := q.ReceiveMessage(ctx, caller(), q.fifo, &in)
			return err
		}
	}
	attempt := func(id string) func(context.Context, *parameterQueues) error {
		return receive(queue.ReceiveMessageInput{AttemptID: id, AttemptIDSet: true})
	}
	const (
		count      = " for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
		wait       = " for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."
		visibility = " for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."
		attemptID  = " for parameter ReceiveRequestAttemptId is invalid. Reason: " +
			"ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length."
	)
	type in = queue.ReceiveMessageInput
	return []parameterCase{
		{
			operation, "AttributeNames", wrong, receive(in{SystemAttributeNames: []string{"Foobar"}}),
			queue.CodeInvalidAttributeName, "Unknown Attribute Foobar.",
		},
		{operation, "MaxNumberOfMessages", tooSmall, receive(in{MaxNumberOfMessages: some(0)}), invalid, "Value 0" + count},
		{operation, "MaxNumberOfMessages", tooLarge, receive(in{MaxNumberOfMessages: some(11)}), invalid, "Value 11" + count},
		{operation, "WaitTimeSeconds", tooSmall, receive(in{WaitTimeSeconds: some(-1)}), invalid, "Value -1" + wait},
		{operation, "WaitTimeSeconds", tooLarge, receive(in{WaitTimeSeconds: some(21)}), invalid, "Value 21" + wait},
		{operation, "VisibilityTimeout", tooSmall, receive(in{VisibilityTimeout: some(-1)}), invalid, "Value -1" + visibility},
		{
			operation, "VisibilityTimeout", tooLarge, receive(in{VisibilityTimeout: some(43201)}), invalid,
			"Value 43201" + visibility,
		},
		{operation, "ReceiveRequestAttemptId", tooSmall, attempt(""), invalid, "Value " + attemptID},
		{
			operation, "ReceiveRequestAttemptId", tooLarge, attempt(times(129, "a")), invalid,
			"Value " + times(129, "a") + attemptID,
		},
		{operation, "ReceiveRequestAttemptId", characters, attempt("a b"), invalid, "Value a b" + attemptID},
	}
}

func handleParameterCases() []parameterCase {
	const invalid = queue.CodeInvalidParameterValue
	remove := func(handle string) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			return q.DeleteMessage(ctx, caller(), q.standard, handle)
		}
	}
	removeBatch := func(handle string) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			result, err := q.DeleteMessageBatch(ctx, caller(), q.standard,
				[]queue.DeleteMessageInput{{ID: "1", ReceiptHandle: handle}})
			return firstFailure(result, err)
		}
	}
	change := func(handle string, timeout queue.OptionalInt) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			return q.ChangeMessageVisibility(ctx, caller(), q.standard,
				queue.ChangeVisibilityInput{ReceiptHandle: handle, VisibilityTimeout: timeout})
		}
	}
	changeBatch := func(handle string, timeout queue.OptionalInt) func(context.Context, *parameterQueues) error {
		return func(ctx context.Context, q *parameterQueues) error {
			result, err := q.ChangeMessageVisibilityBatch(ctx, caller(), q.standard,
				[]queue.ChangeVisibilityInput{{ID: "1", ReceiptHandle: handle, VisibilityTimeout: timeout}})
			return firstFailure(result, err)
		}
	}
	type call = func(handle string) func(context.Context, *parameterQueues) error
	var cases []parameterCase
	for operation, with := range map[string]call{
		"DeleteMessage": remove, "DeleteMessageBatch": removeBatch,
		"ChangeMessageVisibility":      func(handle string) func(context.Context, *parameterQueues) error { return change(handle, some(1)) },
		"ChangeMessageVisibilityBatch": func(handle string) func(context.Context, *parameterQueues) error { return changeBatch(handle, some(1)) },
	} {
		missingText := reasonHandle
		if operation[len(operation)-len("Batch"):] == "Batch" {
			missingText = "The request must contain the parameter " + operation + "RequestEntry.1.ReceiptHandle."
			cases = append(cases, batchParameterCases(operation)...)
		}
		cases = append(cases,
			parameterCase{operation, "ReceiptHandle", missing, with(""), queue.CodeMissingParameter, missingText},
			parameterCase{
				operation, "ReceiptHandle", characters, with("garbage"), queue.CodeReceiptHandleIsInvalid,
				`The input receipt handle "garbage" is not a valid receipt handle.`,
			},
			parameterCase{
				operation, "ReceiptHandle", wrong, with(times(76, "A")), queue.CodeReceiptHandleIsInvalid,
				`The input receipt handle "` + times(76, "A") + `" is not a valid receipt handle.`,
			},
		)
	}
	return append(cases,
		parameterCase{
			"ChangeMessageVisibility", "VisibilityTimeout", missing, change("h", queue.OptionalInt{}),
			queue.CodeMissingParameter, "The request must contain the parameter VisibilityTimeout.",
		},
		parameterCase{
			"ChangeMessageVisibility", "VisibilityTimeout", tooSmall, change("h", some(-1)), invalid,
			"Value -1" + reasonTimeout,
		},
		parameterCase{
			"ChangeMessageVisibility", "VisibilityTimeout", tooLarge, change("h", some(43201)), invalid,
			"Value 43201" + reasonTimeout,
		},
		parameterCase{
			"ChangeMessageVisibilityBatch", "VisibilityTimeout", missing, changeBatch("h", queue.OptionalInt{}),
			queue.CodeMissingParameter,
			"The request must contain the parameter ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout.",
		},
		parameterCase{
			"ChangeMessageVisibilityBatch", "VisibilityTimeout", tooSmall, changeBatch("h", some(-1)), invalid,
			"Value -1" + reasonTimeout,
		},
		parameterCase{
			"ChangeMessageVisibilityBatch", "VisibilityTimeout", tooLarge, changeBatch("h", some(43201)), invalid,
			"Value 43201" + reasonTimeout,
		},
	)
}

// firstFailure turns the entry of a batch that failed into an error.
func firstFailure(result queue.BatchResult, err error) error {
	if err != nil || len(result.Failed) == 0 {
		return err
	}
	return &queue.Error{Code: result.Failed[0].Code, Message: result.Failed[0].Message}
}
