package queue_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

func TestReceiveErrors(t *testing.T) {
	t.Parallel()
	const (
		count      = " for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
		wait       = " for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."
		visibility = " for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."
		attempt    = " for parameter ReceiveRequestAttemptId is invalid. Reason: " +
			"ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length."
	)
	long := strings.Repeat("a", 129)
	tests := []struct {
		in   queue.ReceiveMessageInput
		text string
	}{
		{queue.ReceiveMessageInput{MaxNumberOfMessages: some(0)}, "Value 0" + count},
		{queue.ReceiveMessageInput{MaxNumberOfMessages: some(11)}, "Value 11" + count},
		{queue.ReceiveMessageInput{MaxNumberOfMessages: some(-1)}, "Value -1" + count},
		{queue.ReceiveMessageInput{WaitTimeSeconds: some(-1)}, "Value -1" + wait},
		{queue.ReceiveMessageInput{WaitTimeSeconds: some(21)}, "Value 21" + wait},
		{queue.ReceiveMessageInput{VisibilityTimeout: some(-1)}, "Value -1" + visibility},
		{queue.ReceiveMessageInput{VisibilityTimeout: some(43201)}, "Value 43201" + visibility},
		{queue.ReceiveMessageInput{AttemptIDSet: true}, "Value " + attempt},
		{queue.ReceiveMessageInput{AttemptIDSet: true, AttemptID: "a b"}, "Value a b" + attempt},
		{queue.ReceiveMessageInput{AttemptIDSet: true, AttemptID: long}, "Value " + long + attempt},
	}
	s := newService(t, newNaiveStore())
	fifo := createFIFO(t, s, "q.fifo")
	for _, test := range tests {
		_, err := s.ReceiveMessage(t.Context(), caller(), fifo, &test.in)
		wantError(t, err, queue.CodeInvalidParameterValue, test.text)
	}
	for _, good := range []queue.ReceiveMessageInput{
		{MaxNumberOfMessages: some(1), WaitTimeSeconds: some(0), VisibilityTimeout: some(0), AttemptIDSet: true, AttemptID: "a"},
		{MaxNumberOfMessages: some(10), VisibilityTimeout: some(43200)},
	} {
		receive(t, s, fifo, good)
	}
	standard := createQueue(t, s, "q")
	receive(t, s, standard, queue.ReceiveMessageInput{AttemptIDSet: true, AttemptID: "standard queues ignore it"})
}

func TestSystemAttributeNames(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q", "VisibilityTimeout", "0")
	sendBody(t, s, key, "x")
	tests := []struct {
		names []string
		want  queue.SystemAttributes
	}{
		{nil, 0},
		{[]string{"SenderId"}, queue.ShowSenderID},
		{[]string{"SentTimestamp", "ApproximateReceiveCount"}, queue.ShowSentTimestamp | queue.ShowReceiveCount},
		{[]string{"ApproximateFirstReceiveTimestamp", "AWSTraceHeader"}, queue.ShowFirstReceive | queue.ShowTraceHeader},
		{[]string{"MessageGroupId", "MessageDeduplicationId"}, queue.ShowGroupID | queue.ShowDedupID},
		{[]string{"SequenceNumber", "DeadLetterQueueSourceArn"}, queue.ShowSequenceNumber | queue.ShowDeadLetterSource},
		{[]string{"SenderId", "All"}, queue.ShowAll},
		{[]string{"QueueArn", "Policy"}, 0}, // names of the wire type, without meaning for messages
	}
	for _, test := range tests {
		got := receive(t, s, key, queue.ReceiveMessageInput{SystemAttributeNames: test.names})
		wantEqual(t, got[0].Shown, test.want)
	}
	for _, name := range []string{"Foobar", "", "senderid"} {
		_, err := s.ReceiveMessage(t.Context(), caller(), key, &queue.ReceiveMessageInput{SystemAttributeNames: []string{name}})
		wantError(t, err, queue.CodeInvalidAttributeName, "Unknown Attribute "+name+".")
	}
}

func TestReceiveDefaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		label string
		in    queue.ReceiveMessageInput
		want  queue.ReceiveRequest
	}{
		{"the queue's", queue.ReceiveMessageInput{}, queue.ReceiveRequest{Max: 1, Visibility: 7 * time.Second, Wait: 5 * time.Second}},
		{
			"the request's",
			queue.ReceiveMessageInput{MaxNumberOfMessages: some(3), VisibilityTimeout: some(120), WaitTimeSeconds: some(20)},
			queue.ReceiveRequest{Max: 3, Visibility: 2 * time.Minute, Wait: 20 * time.Second},
		},
		{
			"zeros",
			queue.ReceiveMessageInput{VisibilityTimeout: some(0), WaitTimeSeconds: some(0)},
			queue.ReceiveRequest{Max: 1},
		},
	}
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			store := &receiveRecorder{naiveStore: newNaiveStore()}
			s := newService(t, store)
			key := createQueue(t, s, "q", "VisibilityTimeout", "7", "ReceiveMessageWaitTimeSeconds", "5")
			receive(t, s, key, test.in)
			wantEqual(t, store.request, test.want)
		})
	}
}

// receiveRecorder remembers the last request instead of waiting for messages.
type receiveRecorder struct {
	*naiveStore

	request queue.ReceiveRequest
	err     error
}

func (s *receiveRecorder) Receive(
	_ context.Context, _ *queue.Definition, req queue.ReceiveRequest,
) ([]queue.Received, error) {
	s.request = req
	return nil, s.err
}

func TestDeadLetterOfAReceive(t *testing.T) {
	t.Parallel()
	store := &receiveRecorder{naiveStore: newNaiveStore()}
	s := newService(t, store)
	dead := createQueue(t, s, "dead")
	key := createQueue(t, s, "q", "RedrivePolicy", `{"deadLetterTargetArn":"`+s.ARN(dead)+`","maxReceiveCount":3}`)
	receive(t, s, key, queue.ReceiveMessageInput{})
	wantEqual(t, store.request.DeadLetter, &queue.DeadLetter{Target: dead, MaxReceives: 3, SourceARN: s.ARN(key)})
	if err := s.DeleteQueue(t.Context(), caller(), dead); err != nil {
		t.Fatal(err)
	}
	receive(t, s, key, queue.ReceiveMessageInput{})
	if store.request.DeadLetter != nil {
		t.Errorf("messages would go to a deleted queue: %+v", store.request.DeadLetter)
	}
}

func TestDeadLetterMove(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	dead := createQueue(t, s, "dead")
	key := createQueue(t, s, "q", "VisibilityTimeout", "0",
		"RedrivePolicy", `{"deadLetterTargetArn":"`+s.ARN(dead)+`","maxReceiveCount":1}`)
	sent := sendBody(t, s, key, "x")
	receiveOne(t, s, key)
	if got := receive(t, s, key, queue.ReceiveMessageInput{}); len(got) != 0 {
		t.Fatalf("received %q a second time", bodies(got))
	}
	moved := receiveOne(t, s, dead)
	if moved.ID != sent.ID || moved.DeadLetterSource != s.ARN(key) || moved.ReceiveCount != 2 {
		t.Errorf("%+v", moved)
	}
}

func TestLongPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		key := createQueue(t, s, "q")
		passed := clock()
		if got := receive(t, s, key, queue.ReceiveMessageInput{WaitTimeSeconds: some(20)}); got != nil {
			t.Errorf("received %q", bodies(got))
		}
		if passed() != 20*time.Second {
			t.Errorf("an empty long poll took %v", passed())
		}
		go func() {
			time.Sleep(3 * time.Second)
			in := message("x")
			if _, err := s.SendMessage(context.WithoutCancel(t.Context()), caller(), key, &in); err != nil {
				t.Error(err)
			}
		}()
		passed = clock()
		wantEqual(t, bodies(receive(t, s, key, queue.ReceiveMessageInput{WaitTimeSeconds: some(20)})), []string{"x"})
		if passed() > 4*time.Second {
			t.Errorf("the message came after %v", passed())
		}
	})
}

func TestDrainEndsLongPolls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		key := createQueue(t, s, "q", "ReceiveMessageWaitTimeSeconds", "20")
		passed := clock()
		go func() {
			time.Sleep(time.Second)
			s.Drain()
		}()
		if got := receive(t, s, key, queue.ReceiveMessageInput{}); len(got) != 0 {
			t.Errorf("received %q", bodies(got))
		}
		if passed() != time.Second {
			t.Errorf("the poll ended after %v, want with the drain after 1s", passed())
		}
		passed = clock()
		receive(t, s, key, queue.ReceiveMessageInput{WaitTimeSeconds: some(20)})
		if passed() != 0 {
			t.Errorf("a poll after the drain took %v", passed())
		}
		// What is there is still given, and everything else goes on.
		sendBody(t, s, key, "x")
		wantEqual(t, bodies(receive(t, s, key, queue.ReceiveMessageInput{})), []string{"x"})
	})
}

func TestLongPollEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		key := createQueue(t, s, "q")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		passed := clock()
		_, err := s.ReceiveMessage(ctx, caller(), key, &queue.ReceiveMessageInput{WaitTimeSeconds: some(20)})
		if !errors.Is(err, context.DeadlineExceeded) || passed() != time.Second {
			t.Errorf("%v after %v", err, passed())
		}
	})
}

// hangUpStore ends the caller's context while messages are being handed out.
type hangUpStore struct {
	*naiveStore

	hangUp context.CancelFunc
}

func (s *hangUpStore) Receive(
	ctx context.Context, def *queue.Definition, req queue.ReceiveRequest,
) ([]queue.Received, error) {
	received, err := s.naiveStore.Receive(ctx, def, req)
	s.hangUp()
	return received, err
}

func TestMessagesComeBackWhenTheCallerIsGone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"q", "q.fifo"} {
		ctx, cancel := context.WithCancel(t.Context())
		store := &hangUpStore{naiveStore: newNaiveStore(), hangUp: cancel}
		s := newService(t, store)
		key := queue.Key{Account: testAccount, Name: name}
		if name == "q" {
			createQueue(t, s, name)
		} else {
			createFIFO(t, s, name)
		}
		for i := range 3 {
			in := message(strconv.Itoa(i))
			if name == "q.fifo" {
				in = fifoMessage(strconv.Itoa(i), "g", strconv.Itoa(i))
			}
			send(t, s, key, in)
		}
		_, err := s.ReceiveMessage(ctx, caller(), key, &queue.ReceiveMessageInput{MaxNumberOfMessages: some(2)})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error is %v", err)
		}
		got := receive(t, s, key, queue.ReceiveMessageInput{MaxNumberOfMessages: some(10)})
		wantEqual(t, bodies(got), []string{"0", "1", "2"})
	}
}

func TestTooManyInFlight(t *testing.T) {
	t.Parallel()
	store := &receiveRecorder{naiveStore: newNaiveStore(), err: queue.ErrOverLimit}
	s := newService(t, store)
	standard, fifo := createQueue(t, s, "q"), createFIFO(t, s, "q.fifo")
	_, err := s.ReceiveMessage(t.Context(), caller(), standard, &queue.ReceiveMessageInput{})
	wantError(t, err, queue.CodeOverLimit, "The maximum number of in flight messages is reached")
	for _, quiet := range []struct {
		key  queue.Key
		wait int
	}{{standard, 20}, {fifo, 0}, {fifo, 20}} {
		if got := receive(t, s, quiet.key, queue.ReceiveMessageInput{WaitTimeSeconds: some(quiet.wait)}); len(got) != 0 {
			t.Errorf("received %q", bodies(got))
		}
	}
}

func TestAttemptThatCannotBeRepeated(t *testing.T) {
	t.Parallel()
	store := &receiveRecorder{naiveStore: newNaiveStore(), err: queue.ErrAttemptLapsed}
	s := newService(t, store)
	_, err := s.ReceiveMessage(t.Context(), caller(), createFIFO(t, s, "q.fifo"),
		&queue.ReceiveMessageInput{AttemptIDSet: true, AttemptID: "again"})
	wantEqual(t, store.request.AttemptID, "again")
	wantError(t, err, queue.CodeInvalidParameterValue, "Value again for parameter ReceiveRequestAttemptId is invalid. "+
		"Reason: The receiveRequestAttemptId is not valid anymore since the receive call is not retryable.")
}

func TestEachReceiveHasAHandleOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q", "VisibilityTimeout", "0")
	sendBody(t, s, key, "x")
	first, second := receiveOne(t, s, key), receiveOne(t, s, key)
	if first.ReceiptHandle == second.ReceiptHandle || first.ID != second.ID {
		t.Errorf("handles %s, %s of messages %s, %s", first.ReceiptHandle, second.ReceiptHandle, first.ID, second.ID)
	}
}

func TestPeekChangesNothing(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	for _, delay := range []int{0, 60, 0} {
		in := message("x")
		in.DelaySeconds = some(delay)
		send(t, s, key, in)
	}
	receiveOne(t, s, key)
	for range 2 {
		peeked, err := s.PeekMessages(t.Context(), caller(), key, queue.PeekRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var states []queue.State
		for _, p := range peeked {
			states = append(states, p.State)
		}
		wantEqual(t, states, []queue.State{queue.InFlight, queue.Delayed, queue.Visible})
	}
	peeked, err := s.PeekMessages(t.Context(), caller(), key,
		queue.PeekRequest{After: 1, Max: 1, States: []queue.State{queue.Visible, queue.InFlight}})
	if err != nil || len(peeked) != 1 || peeked[0].Sequence != 3 {
		t.Errorf("%+v, %v", peeked, err)
	}
}
