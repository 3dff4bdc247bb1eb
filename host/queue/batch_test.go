package queue_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/queue"
)

func batchMessage(id, body string) queue.SendMessageInput {
	in := message(body)
	in.ID = id
	return in
}

// batches returns the three batch operations, each as a call with entries of those ids
// that are right otherwise.
func batches(s *queue.Service, key queue.Key) map[string]func(ctx context.Context, ids []string) error {
	return map[string]func(context.Context, []string) error{
		"SendMessage": func(ctx context.Context, ids []string) error {
			entries := make([]queue.SendMessageInput, len(ids))
			for i, id := range ids {
				entries[i] = batchMessage(id, "x")
			}
			_, err := s.SendMessageBatch(ctx, caller(), key, entries)
			return err
		},
		"DeleteMessage": func(ctx context.Context, ids []string) error {
			entries := make([]queue.DeleteMessageInput, len(ids))
			for i, id := range ids {
				entries[i] = queue.DeleteMessageInput{ID: id, ReceiptHandle: "h"}
			}
			_, err := s.DeleteMessageBatch(ctx, caller(), key, entries)
			return err
		},
		"ChangeMessageVisibility": func(ctx context.Context, ids []string) error {
			entries := make([]queue.ChangeVisibilityInput, len(ids))
			for i, id := range ids {
				entries[i] = queue.ChangeVisibilityInput{ID: id, ReceiptHandle: "h", VisibilityTimeout: some(1)}
			}
			_, err := s.ChangeMessageVisibilityBatch(ctx, caller(), key, entries)
			return err
		},
	}
}

func TestBatchErrors(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	const idText = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. " +
		"It can be at most 80 letters long."
	ids := func(n int) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprint("id_", i)
		}
		return all
	}
	tests := []struct {
		label string
		ids   []string
		code  queue.Code
		text  string
	}{
		{
			"too many", ids(20), queue.CodeTooManyEntriesInBatchRequest,
			"Maximum number of entries per request are 10. You have sent 20.",
		},
		{"empty id", []string{"a", ""}, queue.CodeInvalidBatchEntryID, idText},
		{"long id", []string{strings.Repeat("a", 81)}, queue.CodeInvalidBatchEntryID, idText},
		{"bad id", []string{"invalid:id"}, queue.CodeInvalidBatchEntryID, idText},
		{"repeated", []string{"id_1", "id_2", "id_3", "id_2", "id_1"}, queue.CodeBatchEntryIdsNotDistinct, "Id id_2 repeated."},
	}
	for operation, call := range batches(s, key) {
		for _, test := range tests {
			t.Run(operation+" "+test.label, func(t *testing.T) {
				t.Parallel()
				wantError(t, call(t.Context(), test.ids), test.code, test.text)
			})
		}
		wantError(t, call(t.Context(), nil), queue.CodeEmptyBatchRequest,
			"There should be at least one "+operation+"BatchRequestEntry in the request.")
		if err := call(t.Context(), append(ids(9), strings.Repeat("Az09-_", 13))); err != nil {
			t.Errorf("%s: ten good entries: %v", operation, err)
		}
	}
}

func TestBatchEntriesLackParameters(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	_, err := s.SendMessageBatch(t.Context(), caller(), key,
		[]queue.SendMessageInput{batchMessage("a", "x"), batchMessage("b", "")})
	wantError(t, err, queue.CodeMissingParameter,
		"The request must contain the parameter SendMessageBatchRequestEntry.2.MessageBody.")
	_, err = s.DeleteMessageBatch(t.Context(), caller(), key, []queue.DeleteMessageInput{{ID: "a"}})
	wantError(t, err, queue.CodeMissingParameter,
		"The request must contain the parameter DeleteMessageBatchRequestEntry.1.ReceiptHandle.")
	_, err = s.ChangeMessageVisibilityBatch(t.Context(), caller(), key,
		[]queue.ChangeVisibilityInput{{ID: "a", VisibilityTimeout: some(1)}})
	wantError(t, err, queue.CodeMissingParameter,
		"The request must contain the parameter ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle.")
	_, err = s.ChangeMessageVisibilityBatch(t.Context(), caller(), key,
		[]queue.ChangeVisibilityInput{{ID: "a", ReceiptHandle: "h"}})
	wantError(t, err, queue.CodeMissingParameter,
		"The request must contain the parameter ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout.")
}

func TestSendMessageBatch(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q", "MaximumMessageSize", "1024")
	delayed := batchMessage("delay", "x")
	delayed.DelaySeconds = some(901)
	result, err := s.SendMessageBatch(t.Context(), caller(), key, []queue.SendMessageInput{
		batchMessage("good", "first"),
		batchMessage("large", strings.Repeat("x", 1025)),
		batchMessage("characters", "\x00"),
		batchMessage("better", "second"),
		delayed,
	})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, result.Failed, []queue.BatchFailure{
		{
			ID: "large", Code: queue.CodeInvalidParameterValue, SenderFault: true,
			Message: "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.",
		},
		{ID: "characters", Code: queue.CodeInvalidMessageContents, SenderFault: true, Message: charactersText},
		{
			ID: "delay", Code: queue.CodeInvalidParameterValue, SenderFault: true,
			Message: "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
		},
	})
	got := receive(t, s, key, queue.ReceiveMessageInput{MaxNumberOfMessages: some(10)})
	wantEqual(t, bodies(got), []string{"first", "second"})
	if len(result.Successful) != 2 {
		t.Fatalf("%d succeeded, want 2", len(result.Successful))
	}
	for i, id := range []string{"good", "better"} {
		wantEqual(t, result.Successful[i].ID, id)
		wantEqual(t, result.Successful[i].SendMessageResult.ID, got[i].ID)
		wantEqual(t, result.Successful[i].BodyMD5, got[i].BodyMD5)
	}
}

func TestSendMessageBatchWithNothingRight(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	result, err := s.SendMessageBatch(t.Context(), caller(), key, []queue.SendMessageInput{batchMessage("a", "\x00")})
	if err != nil || len(result.Successful) != 0 || len(result.Failed) != 1 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestSendMessageBatchSize(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q", "MaximumMessageSize", "1024")
	whole := createQueue(t, s, "whole")
	const text = "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
	sendSizes := func(key queue.Key, sizes ...int) error {
		var entries []queue.SendMessageInput
		for i, size := range sizes {
			entries = append(entries, batchMessage(strconv.Itoa(i), strings.Repeat("x", size)))
		}
		_, err := s.SendMessageBatch(t.Context(), caller(), key, entries)
		return err
	}
	if err := sendSizes(whole, 1<<19, 1<<19); err != nil {
		t.Error(err)
	}
	wantError(t, sendSizes(whole, 1<<19, 1<<19+1), queue.CodeBatchRequestTooLong, text)
	wantError(t, sendSizes(whole, 1<<20+1), queue.CodeBatchRequestTooLong, text)
	wantError(t, sendSizes(key, 1<<20+1), queue.CodeBatchRequestTooLong, text)
}

func TestSendMessageBatchFIFO(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createFIFO(t, s, "q.fifo")
	entry := func(id, group, dedup string) queue.SendMessageInput {
		in := fifoMessage("x", group, dedup)
		in.ID, in.GroupIDSet = id, group != ""
		return in
	}
	_, err := s.SendMessageBatch(t.Context(), caller(), key, []queue.SendMessageInput{entry("a", "g", "1"), entry("b", "", "2")})
	wantError(t, err, queue.CodeInvalidParameterValue, noGroup)
	_, err = s.SendMessageBatch(t.Context(), caller(), key, []queue.SendMessageInput{entry("a", "g", "1"), entry("b", "g", "")})
	wantError(t, err, queue.CodeInvalidParameterValue, noDedup)

	result, err := s.SendMessageBatch(t.Context(), caller(), key,
		[]queue.SendMessageInput{entry("a", "g", "1"), entry("b", "g g", "2"), entry("c", "g", "1"), entry("d", "g", "3")})
	if err != nil {
		t.Fatal(err)
	}
	ok := result.Successful
	if len(ok) != 3 || ok[0].SendMessageResult.ID != ok[1].SendMessageResult.ID || ok[0].Sequence != 1 || ok[2].Sequence != 2 {
		t.Errorf("%+v", ok)
	}
	if len(result.Failed) != 1 || result.Failed[0].ID != "b" {
		t.Errorf("%+v", result.Failed)
	}
}

func TestDeleteMessageBatch(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	other := createQueue(t, s, "other")
	sendBody(t, s, other, "x")
	foreign := receiveOne(t, s, other).ReceiptHandle
	for range 2 {
		sendBody(t, s, key, "x")
	}
	got := receive(t, s, key, queue.ReceiveMessageInput{MaxNumberOfMessages: some(10)})
	result, err := s.DeleteMessageBatch(t.Context(), caller(), key, []queue.DeleteMessageInput{
		{ID: "1", ReceiptHandle: got[0].ReceiptHandle},
		{ID: "2", ReceiptHandle: "garbage"},
		{ID: "3", ReceiptHandle: foreign},
		{ID: "4", ReceiptHandle: got[1].ReceiptHandle},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, result, queue.BatchResult{
		Successful: []string{"1", "4"},
		Failed: []queue.BatchFailure{
			{
				ID: "2", Code: queue.CodeReceiptHandleIsInvalid, SenderFault: true,
				Message: `The input receipt handle "garbage" is not a valid receipt handle.`,
			},
			{
				ID: "3", Code: queue.CodeReceiptHandleIsInvalid, SenderFault: true,
				Message: `The receipt handle "` + foreign + `" is not valid for this queue.`,
			},
		},
	})
	wantEqual(t, getAttributes(t, s, key, "ApproximateNumberOfMessagesNotVisible"),
		map[string]string{"ApproximateNumberOfMessagesNotVisible": "0"})
}

func TestChangeMessageVisibilityBatch(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	for _, body := range []string{"a", "b"} {
		sendBody(t, s, key, body)
	}
	got := receive(t, s, key, queue.ReceiveMessageInput{MaxNumberOfMessages: some(10)})
	if err := s.DeleteMessage(t.Context(), caller(), key, got[0].ReceiptHandle); err != nil {
		t.Fatal(err)
	}
	result, err := s.ChangeMessageVisibilityBatch(t.Context(), caller(), key, []queue.ChangeVisibilityInput{
		{ID: "1", ReceiptHandle: got[0].ReceiptHandle, VisibilityTimeout: some(0)},
		{ID: "2", ReceiptHandle: got[1].ReceiptHandle, VisibilityTimeout: some(43201)},
		{ID: "3", ReceiptHandle: got[1].ReceiptHandle, VisibilityTimeout: some(0)},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, result, queue.BatchResult{
		Successful: []string{"3"},
		Failed: []queue.BatchFailure{
			{
				ID: "1", Code: queue.CodeInvalidParameterValue, SenderFault: true,
				Message: "Value " + got[0].ReceiptHandle + " for parameter ReceiptHandle is invalid. " +
					"Reason: Message does not exist or is not available for visibility timeout change.",
			},
			{
				ID: "2", Code: queue.CodeInvalidParameterValue, SenderFault: true,
				Message: "Value 43201 for parameter VisibilityTimeout is invalid. " +
					"Reason: VisibilityTimeout must be an integer between 0 and 43200.",
			},
		},
	})
	wantEqual(t, bodies(receive(t, s, key, queue.ReceiveMessageInput{})), []string{"b"})
}

// faultyStore fails single entries of a batch with an error nobody expects.
type faultyStore struct{ *naiveStore }

func (faultyStore) Delete(_ context.Context, _ *queue.Definition, handles []queue.Handle) ([]error, error) {
	return slices.Repeat([]error{queue.ErrUnavailable}, len(handles)), nil
}

func TestBatchEntryThatIsNotTheSendersFault(t *testing.T) {
	t.Parallel()
	s := newService(t, faultyStore{newNaiveStore()})
	key := createQueue(t, s, "q")
	sendBody(t, s, key, "x")
	result, err := s.DeleteMessageBatch(t.Context(), caller(), key,
		[]queue.DeleteMessageInput{{ID: "1", ReceiptHandle: receiveOne(t, s, key).ReceiptHandle}})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, result.Failed, []queue.BatchFailure{{
		ID: "1", Code: queue.CodeServiceUnavailable, Message: "The storage cannot answer at the moment. Try again.",
	}})
}
