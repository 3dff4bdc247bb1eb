package queue_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/queue"
)

func consume(t *testing.T, s *queue.Service, key queue.Key, req queue.ConsumeRequest) []queue.ReceivedMessage {
	t.Helper()
	got, err := s.Consume(t.Context(), key, req)
	if err != nil {
		t.Fatal(err)
	}
	return got.Messages
}

func TestConsumeReceivesAsTheOwner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		// The policy lets nobody in who does not come over TLS, which a consumer inside need not.
		key := createQueue(t, s, "q", "VisibilityTimeout", "3", "Policy",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*",`+
				`"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`)
		sender := caller()
		sender.Secure = true
		for i := range 15 {
			in := queue.SendMessageInput{Body: fmt.Append(nil, i), BodySet: true, Attributes: []queue.AttributeInput{stringAttribute("n", "v")}}
			if _, err := s.SendMessage(t.Context(), sender, key, &in); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Consume(t.Context(), key, queue.ConsumeRequest{Max: 12})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Messages) != 12 || got.Visibility != 3*time.Second {
			t.Errorf("%d messages for %v", len(got.Messages), got.Visibility)
		}
		first := got.Messages[0]
		if string(first.Body) != "0" || first.ReceiptHandle == "" || len(first.Selected) != 1 || first.Shown != queue.ShowAll {
			t.Errorf("first message %+v", first)
		}
		time.Sleep(3 * time.Second)
		got, err = s.Consume(t.Context(), key, queue.ConsumeRequest{Max: 100, MinVisibility: 5 * time.Second})
		if err != nil || len(got.Messages) != 15 || got.Visibility != 5*time.Second {
			t.Errorf("%d messages for %v, error %v", len(got.Messages), got.Visibility, err)
		}
	})
}

func TestConsumeOutlivesADrain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		key := createQueue(t, s, "q")
		s.Drain()
		go func() {
			time.Sleep(time.Minute)
			sendBody(t, s, key, "late")
		}()
		if got := consume(t, s, key, queue.ConsumeRequest{Max: 1, Wait: time.Hour}); len(got) != 1 {
			t.Errorf("received %d", len(got))
		}
	})
}

func TestConsumeGivesBackWhatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	sendBody(t, s, key, "x")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Consume(gone, key, queue.ConsumeRequest{Max: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if got := consume(t, s, key, queue.ConsumeRequest{Max: 1}); len(got) != 1 {
		t.Errorf("received %d after it was given back", len(got))
	}
}

func TestConsumedMessagesOfAnEarlierQueue(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	sendBody(t, s, key, "x")
	got := consume(t, s, key, queue.ConsumeRequest{Max: 1})
	operations := map[string]func() error{
		"delete": func() error {
			_, err := s.DeleteConsumed(t.Context(), key, []queue.Handle{got[0].Handle})
			return err
		},
		"visibility": func() error {
			_, err := s.ChangeConsumedVisibility(t.Context(), key, []queue.VisibilityChange{{Handle: got[0].Handle}})
			return err
		},
	}
	if err := s.DeleteQueue(t.Context(), caller(), key); err != nil {
		t.Fatal(err)
	}
	const text = "The specified queue does not exist."
	check := func(when string) {
		for name, operation := range operations {
			if known, ok := errors.AsType[*queue.Error](operation()); !ok || known.Code != queue.CodeQueueDoesNotExist || known.Message != text {
				t.Errorf("%s %s: %v", name, when, known)
			}
		}
	}
	check("after the queue was deleted")
	createQueue(t, s, "q")
	check("after another one took its name")
}

func TestChangeConsumedVisibilityStopsAtTwelveHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		key := createQueue(t, s, "q")
		sendBody(t, s, key, "x")
		got := consume(t, s, key, queue.ConsumeRequest{Max: 1, MinVisibility: 11 * time.Hour})
		time.Sleep(10 * time.Hour)
		errs, err := s.ChangeConsumedVisibility(t.Context(), key, []queue.VisibilityChange{{Handle: got[0].Handle, Timeout: 5 * time.Hour}})
		if err != nil || errs[0] != nil {
			t.Fatal(errs, err)
		}
		time.Sleep(2*time.Hour - time.Second)
		if got := consume(t, s, key, queue.ConsumeRequest{Max: 1}); len(got) != 0 {
			t.Error("visible before the twelve hours are over")
		}
		time.Sleep(time.Second)
		if got := consume(t, s, key, queue.ConsumeRequest{Max: 1}); len(got) != 1 {
			t.Error("not visible after twelve hours")
		}
	})
}

func TestConsumingIsAnnounced(t *testing.T) {
	t.Parallel()
	feed := activity.New(20)
	s := newServiceWith(t, newNaiveStore(), queue.Options{Activity: feed})
	dead := createQueue(t, s, "dead")
	key := createQueue(t, s, "q", "RedrivePolicy", `{"deadLetterTargetArn":"`+s.ARN(dead)+`","maxReceiveCount":"100"}`)
	for range 3 {
		sendBody(t, s, key, "x")
	}
	got := consume(t, s, key, queue.ConsumeRequest{Max: 3})
	if _, err := s.DeleteConsumed(t.Context(), key, []queue.Handle{got[0].Handle}); err != nil {
		t.Fatal(err)
	}
	// The first message is gone, so that its change fails.
	changes := []queue.VisibilityChange{{Handle: got[0].Handle}, {Handle: got[1].Handle}}
	if errs, err := s.ChangeConsumedVisibility(t.Context(), key, changes); err != nil || errs[0] == nil || errs[1] != nil {
		t.Fatal(errs, err)
	}
	if errs, err := s.DeadLetterConsumed(t.Context(), key, got[1:]); err != nil || errs[0] == nil || errs[1] != nil {
		t.Fatal(errs, err)
	}
	var seen []string
	for _, e := range feed.Recent(activity.Query{Queue: "q"}) {
		seen = append(seen, fmt.Sprintf("%s %d/%d", e.Kind, e.Messages, e.Failed))
	}
	want := []string{
		"queue_created 0/0", "sent 1/0", "sent 1/0", "sent 1/0", "received 3/0", "deleted 1/0", "visibility 2/1", "dead_lettered 2/1",
	}
	if d := cmp.Diff(want, seen); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
}

func TestDeadLetterConsumed(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{"", ".fifo"} {
		s := newService(t, newNaiveStore())
		create := createQueue
		if suffix != "" {
			create = createFIFO
		}
		dead := create(t, s, "dead"+suffix)
		key := create(t, s, "q"+suffix)
		in := queue.SendMessageInput{Body: []byte("x"), BodySet: true}
		if suffix != "" {
			in.GroupID, in.GroupIDSet, in.DedupID, in.DedupIDSet = "g", true, "d", true
		}
		if _, err := s.SendMessage(t.Context(), caller(), key, &in); err != nil {
			t.Fatal(err)
		}
		got := consume(t, s, key, queue.ConsumeRequest{Max: 1})
		if _, err := s.DeadLetterConsumed(t.Context(), key, got); !errors.Is(err, queue.ErrNoDeadLetterQueue) {
			t.Errorf("without a dead-letter queue: %v", err)
		}
		setAttributes(t, s, key, "RedrivePolicy", `{"deadLetterTargetArn":"`+s.ARN(dead)+`","maxReceiveCount":"100"}`)
		if errs, err := s.DeadLetterConsumed(t.Context(), key, got); err != nil || errs[0] != nil {
			t.Fatal(errs, err)
		}
		if left := getAttributes(t, s, key, "ApproximateNumberOfMessagesNotVisible"); left["ApproximateNumberOfMessagesNotVisible"] != "0" {
			t.Errorf("left behind: %v", left)
		}
		moved := consume(t, s, dead, queue.ConsumeRequest{Max: 10})
		if len(moved) != 1 || moved[0].ID != got[0].ID || moved[0].DeadLetterSource != s.ARN(key) || moved[0].Group != got[0].Group ||
			moved[0].ReceiveCount != 2 {
			t.Errorf("moved %+v", moved)
		}
	}
}
