package queue_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/queue"
)

func TestActivity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		feed := activity.New(20)
		s := newServiceWith(t, newNaiveStore(), queue.Options{Activity: feed})
		key := createQueue(t, s, "q")
		first := sendBody(t, s, key, "x")
		result, err := s.SendMessageBatch(t.Context(), caller(), key,
			[]queue.SendMessageInput{batchMessage("bad", "\x00"), batchMessage("good", "x")})
		if err != nil {
			t.Fatal(err)
		}
		got := receive(t, s, key, queue.ReceiveMessageInput{MaxNumberOfMessages: some(10)})
		receive(t, s, key, queue.ReceiveMessageInput{}) // nothing happens
		if err := changeVisibility(t, s, key, got[0].ReceiptHandle, 10); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteMessage(t.Context(), caller(), key, got[0].ReceiptHandle); err != nil {
			t.Fatal(err)
		}
		if err := changeVisibility(t, s, key, got[0].ReceiptHandle, 10); err == nil {
			t.Fatal("the visibility of a deleted message was changed")
		}
		_, err = s.DeleteMessageBatch(t.Context(), caller(), key, []queue.DeleteMessageInput{
			{ID: "1", ReceiptHandle: got[1].ReceiptHandle}, {ID: "2", ReceiptHandle: "garbage"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.PurgeQueue(t.Context(), caller(), key); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteQueue(t.Context(), caller(), key); err != nil {
			t.Fatal(err)
		}
		want := []activity.Event{
			{Kind: activity.QueueCreated},
			{Kind: activity.Sent, Messages: 1, MessageID: first.ID.String()},
			{Kind: activity.Sent, Messages: 2, Failed: 1, MessageID: result.Successful[0].SendMessageResult.ID.String()},
			{Kind: activity.Received, Messages: 2, MessageID: first.ID.String()},
			{Kind: activity.VisibilityMove, Messages: 1},
			{Kind: activity.Deleted, Messages: 1},
			{Kind: activity.Deleted, Messages: 2, Failed: 1},
			{Kind: activity.Purged},
			{Kind: activity.QueueDeleted},
		}
		for i := range want {
			want[i].Number, want[i].Time = uint64(i+1), time.Now()
			want[i].Account, want[i].Queue = testAccount, "q"
		}
		wantEqual(t, feed.Recent(activity.Query{}), want)
	})
}
