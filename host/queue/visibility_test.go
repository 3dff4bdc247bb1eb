package queue_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

func changeVisibility(t *testing.T, s *queue.Service, key queue.Key, handle string, seconds int) error {
	t.Helper()
	return s.ChangeMessageVisibility(t.Context(), caller(), key,
		queue.ChangeVisibilityInput{ReceiptHandle: handle, VisibilityTimeout: some(seconds)})
}

func handleText(handle, reason string) string {
	return "Value " + handle + " for parameter ReceiptHandle is invalid. Reason: " + reason
}

const (
	expiredReason = "The receipt handle has expired."
	goneReason    = "Message does not exist or is not available for visibility timeout change."
)

func TestHandleErrors(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key, other := createQueue(t, s, "q"), createQueue(t, s, "other")
	sendBody(t, s, other, "x")
	foreign := receiveOne(t, s, other).ReceiptHandle
	tests := []struct {
		handle string
		code   queue.Code
		text   string
	}{
		{"", queue.CodeMissingParameter, "The request must contain the parameter ReceiptHandle."},
		{"garbage", queue.CodeReceiptHandleIsInvalid, `The input receipt handle "garbage" is not a valid receipt handle.`},
		{
			foreign + "A", queue.CodeReceiptHandleIsInvalid,
			`The input receipt handle "` + foreign + `A" is not a valid receipt handle.`,
		},
		{foreign, queue.CodeReceiptHandleIsInvalid, `The receipt handle "` + foreign + `" is not valid for this queue.`},
	}
	for _, test := range tests {
		wantError(t, s.DeleteMessage(t.Context(), caller(), key, test.handle), test.code, test.text)
		wantError(t, changeVisibility(t, s, key, test.handle, 1), test.code, test.text)
	}
	err := s.ChangeMessageVisibility(t.Context(), caller(), key, queue.ChangeVisibilityInput{ReceiptHandle: foreign})
	wantError(t, err, queue.CodeMissingParameter, "The request must contain the parameter VisibilityTimeout.")
	for _, seconds := range []string{"-1", "43201"} {
		n := map[string]int{"-1": -1, "43201": 43201}[seconds]
		wantError(t, changeVisibility(t, s, key, foreign, n), queue.CodeInvalidParameterValue,
			"Value "+seconds+" for parameter VisibilityTimeout is invalid. "+
				"Reason: VisibilityTimeout must be an integer between 0 and 43200.")
	}
}

func TestHandleOfADeletedQueue(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	sendBody(t, s, key, "x")
	handle := receiveOne(t, s, key).ReceiptHandle
	if err := s.DeleteQueue(t.Context(), caller(), key); err != nil {
		t.Fatal(err)
	}
	createQueue(t, s, "q")
	wantError(t, s.DeleteMessage(t.Context(), caller(), key, handle), queue.CodeReceiptHandleIsInvalid,
		`The receipt handle "`+handle+`" is not valid for this queue.`)
}

func TestVisibilityIsLimitedToTwelveHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		key := createQueue(t, s, "q")
		sendBody(t, s, key, "x")
		handle := receiveOne(t, s, key).ReceiptHandle
		const beyond = " for parameter VisibilityTimeout is invalid. " +
			"Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"

		if err := changeVisibility(t, s, key, handle, 43200); err != nil {
			t.Errorf("at the moment of the receive: %v", err)
		}
		time.Sleep(time.Second)
		wantError(t, changeVisibility(t, s, key, handle, 43200), queue.CodeInvalidParameterValue, "Value 43200"+beyond)
		if err := changeVisibility(t, s, key, handle, 43199); err != nil {
			t.Error(err)
		}
		// The limit counts from the receive, however often the timeout is changed.
		time.Sleep(10 * time.Hour)
		wantError(t, changeVisibility(t, s, key, handle, 7200), queue.CodeInvalidParameterValue, "Value 7200"+beyond)
		if err := changeVisibility(t, s, key, handle, 7199); err != nil {
			t.Error(err)
		}
		time.Sleep(7199 * time.Second)
		again := receiveOne(t, s, key).ReceiptHandle
		if err := changeVisibility(t, s, key, again, 43200); err != nil {
			t.Errorf("after a new receive: %v", err)
		}
	})
}

func TestVisibilityOfAMessageThatIsGone(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	for _, key := range []queue.Key{createQueue(t, s, "q"), createFIFO(t, s, "q.fifo", "ContentBasedDeduplication", "true")} {
		in := message("x")
		in.GroupID, in.GroupIDSet = "g", true
		send(t, s, key, in)
		handle := receiveOne(t, s, key).ReceiptHandle
		for range 2 { // a second delete is no error
			if err := s.DeleteMessage(t.Context(), caller(), key, handle); err != nil {
				t.Fatal(err)
			}
		}
		wantError(t, changeVisibility(t, s, key, handle, 1), queue.CodeInvalidParameterValue, handleText(handle, goneReason))
	}
}

func TestStandardHandleOutlivesItsTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		key := createQueue(t, s, "q")
		sendBody(t, s, key, "x")
		first := receiveOne(t, s, key).ReceiptHandle
		time.Sleep(30 * time.Second)
		if err := changeVisibility(t, s, key, first, 10); err != nil {
			t.Errorf("timed out, not received again: %v", err)
		}
		time.Sleep(10 * time.Second)
		receiveOne(t, s, key)
		wantError(t, changeVisibility(t, s, key, first, 1), queue.CodeInvalidParameterValue, handleText(first, goneReason))
		if err := s.DeleteMessage(t.Context(), caller(), key, first); err != nil {
			t.Errorf("delete with the handle of an earlier receive: %v", err)
		}
	})
}

func TestFIFOHandleExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		key := createFIFO(t, s, "q.fifo")
		send(t, s, key, fifoMessage("x", "g", "d"))
		first := receiveOne(t, s, key).ReceiptHandle
		if err := changeVisibility(t, s, key, first, 60); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		expired := func(err error) {
			t.Helper()
			wantError(t, err, queue.CodeInvalidParameterValue, handleText(first, expiredReason))
		}
		expired(s.DeleteMessage(t.Context(), caller(), key, first))
		expired(changeVisibility(t, s, key, first, 1))
		second := receiveOne(t, s, key).ReceiptHandle
		expired(s.DeleteMessage(t.Context(), caller(), key, first))
		result, err := s.DeleteMessageBatch(t.Context(), caller(), key,
			[]queue.DeleteMessageInput{{ID: "1", ReceiptHandle: first}, {ID: "2", ReceiptHandle: second}})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, result, queue.BatchResult{Successful: []string{"2"}, Failed: []queue.BatchFailure{{
			ID: "1", Code: queue.CodeInvalidParameterValue, Message: handleText(first, expiredReason), SenderFault: true,
		}}})
	})
}
