package hosttest_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSendReceiveDelete sends what stresses the SDKs' own checks of MD5 sums.
func TestSendReceiveDelete(t *testing.T) {
	messages := map[string]message{
		"plain":   {Body: "hello"},
		"unicode": {Body: "é漢😀\r\n\t<&>\"'\u2028"},
		"JSON":    {Body: `{"n": 9007199254740993, "s": "a\"b\\c"}`},
		"large":   {Body: strings.Repeat("x", 1<<20)},
		"attributes": {
			Body: "with attributes", Text: map[string]string{"city": "Zürich"},
			Number: map[string]string{"n": "42.50"}, Binary: map[string][]byte{"blob": {0, 1, 254, 255}},
		},
		"trace": {Body: "with a trace", Trace: "Root=1-5759e988-bd862e3fe1be46a994272793"},
	}
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		ctx := t.Context()
		url := newQueue(t, c, prefix+"messages", nil)
		for _, name := range sorted(messages) {
			m := messages[name]
			id, err := c.send(ctx, url, m)
			if err != nil {
				t.Fatalf("%s: SendMessage: %v", name, err)
			}
			got := mustReceive(t, c, url, 1, receive{All: true})[0]
			want := m
			want.ID, want.Receipt, want.Trace, want.Attributes = id, got.Receipt, "", got.Attributes
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			if got.Attributes["ApproximateReceiveCount"] != "1" || got.Attributes["AWSTraceHeader"] != m.Trace {
				t.Errorf("%s: system attributes = %v", name, got.Attributes)
			}
			if err := c.deleteMessage(ctx, url, got.Receipt); err != nil {
				t.Fatalf("%s: DeleteMessage: %v", name, err)
			}
		}
		mustBeEmpty(t, c, url)
	})
}

func TestSendRefuses(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		ctx := t.Context()
		url := newQueue(t, c, prefix+"refuses", nil)
		for name, tt := range map[string]struct {
			message message
			code    string
		}{
			"too large":  {message{Body: strings.Repeat("x", 1<<20+1)}, "InvalidParameterValue"},
			"characters": {message{Body: "a\u0000b"}, "InvalidMessageContents"},
			"delay":      {message{Body: "x", Delay: 901}, "InvalidParameterValue"},
			"empty":      {message{Body: ""}, "MissingParameter"},
			"attribute":  {message{Body: "x", Text: map[string]string{"AWS.x": "y"}}, "InvalidParameterValue"},
		} {
			_, err := c.send(ctx, url, tt.message)
			if err == nil || c.errorCode(err) != tt.code {
				t.Errorf("%s: failed with %v, want %s", name, err, tt.code)
			}
		}
		mustBeEmpty(t, c, url)
	})
}

func TestSendMessageBatch(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		ctx := t.Context()
		url := newQueue(t, c, prefix+"batch", nil)
		sent, failed, err := c.sendBatch(ctx, url,
			message{Entry: "a", Body: "one", Text: map[string]string{"k": "v"}},
			message{Entry: "b", Body: "bad\u0001"},
			message{Entry: "c", Body: "three"},
		)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a", "c"}, sent); diff != "" {
			t.Errorf("Successful (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"b InvalidMessageContents"}, failed); diff != "" {
			t.Errorf("Failed (-want +got):\n%s", diff)
		}
		bodies := make(map[string]bool)
		for _, m := range mustReceive(t, c, url, 2, receive{}) {
			bodies[m.Body] = true
		}
		if diff := cmp.Diff([]string{"one", "three"}, sorted(bodies)); diff != "" {
			t.Errorf("received (-want +got):\n%s", diff)
		}

		_, _, err = c.sendBatch(ctx, url)
		expectCode(t, c, err, "AWS.SimpleQueueService.EmptyBatchRequest")
		_, _, err = c.sendBatch(ctx, url, message{Entry: "a", Body: "x"}, message{Entry: "a", Body: "y"})
		expectCode(t, c, err, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
	})
}

func TestVisibility(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		ctx := t.Context()
		url := newQueue(t, c, prefix+"visibility", nil)
		if _, err := c.send(ctx, url, message{Body: "seen twice"}); err != nil {
			t.Fatal(err)
		}
		first := mustReceive(t, c, url, 1, receive{Visibility: 60})[0]
		mustBeEmpty(t, c, url)
		if err := c.changeVisibility(ctx, url, first.Receipt, 0); err != nil {
			t.Fatal(err)
		}
		second := mustReceive(t, c, url, 1, receive{All: true})[0]
		if second.ID != first.ID || second.Receipt == first.Receipt || second.Attributes["ApproximateReceiveCount"] != "2" {
			t.Errorf("received %+v after %+v", second, first)
		}
		expectCode(t, c, c.changeVisibility(ctx, url, second.Receipt, 43201), "InvalidParameterValue")
		expectCode(t, c, c.changeVisibility(ctx, url, "nonsense", 1), "ReceiptHandleIsInvalid")

		// A second is enough to see that it comes back by itself.
		began := time.Now()
		if err := c.changeVisibility(ctx, url, second.Receipt, 1); err != nil {
			t.Fatal(err)
		}
		third := mustReceive(t, c, url, 1, receive{})[0]
		if waited := time.Since(began); waited < 800*time.Millisecond || third.ID != first.ID {
			t.Errorf("received %q again after %s, want after a second", third.Body, waited)
		}
	})
}

func TestBatchesOfHandles(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		ctx := t.Context()
		url := newQueue(t, c, prefix+"handles", nil)
		for i := range 3 {
			if _, err := c.send(ctx, url, message{Body: strconv.Itoa(i)}); err != nil {
				t.Fatal(err)
			}
		}
		receipts := map[string]string{"d": "nonsense"}
		for i, m := range mustReceive(t, c, url, 3, receive{}) {
			receipts[string(rune('a'+i))] = m.Receipt
		}
		done, failed, err := c.changeVisibilityBatch(ctx, url, receipts, 120)
		if diff := cmp.Diff([]string{"a", "b", "c"}, done); err != nil || diff != "" {
			t.Errorf("ChangeMessageVisibilityBatch: %v (-want +got):\n%s", err, diff)
		}
		if diff := cmp.Diff([]string{"d ReceiptHandleIsInvalid"}, failed); diff != "" {
			t.Errorf("failed (-want +got):\n%s", diff)
		}
		done, failed, err = c.deleteBatch(ctx, url, receipts)
		if diff := cmp.Diff([]string{"a", "b", "c"}, done); err != nil || diff != "" {
			t.Errorf("DeleteMessageBatch: %v (-want +got):\n%s", err, diff)
		}
		if diff := cmp.Diff([]string{"d ReceiptHandleIsInvalid"}, failed); diff != "" {
			t.Errorf("failed (-want +got):\n%s", diff)
		}
		got, err := c.getAttributes(ctx, url, "ApproximateNumberOfMessagesNotVisible")
		if err != nil || got["ApproximateNumberOfMessagesNotVisible"] != "0" {
			t.Errorf("in flight after deleting all: %v, %v", got, err)
		}
	})
}

func TestLongPollWakes(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		url := newQueue(t, c, prefix+"poll", nil)
		type answer struct {
			messages []message
			err      error
			at       time.Time
		}
		answers := make(chan answer, 1)
		go func() {
			messages, err := c.receive(t.Context(), url, receive{Most: 10, Wait: 20})
			answers <- answer{messages, err, time.Now()}
		}()
		// The poll is most likely waiting by now; if not, it finds the message at once.
		time.Sleep(200 * time.Millisecond)
		if _, err := c.send(t.Context(), url, message{Body: "wake"}); err != nil {
			t.Fatal(err)
		}
		sent := time.Now()
		a := <-answers
		if a.err != nil || len(a.messages) != 1 || a.messages[0].Body != "wake" {
			t.Fatalf("received %v, %v", a.messages, a.err)
		}
		if late := a.at.Sub(sent); late > 10*time.Second { // it would end by itself after twenty
			t.Errorf("the poll answered %s after the send", late)
		}
	})
}

func TestDelay(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		url := newQueue(t, c, prefix+"delay", nil)
		began := time.Now()
		if _, err := c.send(t.Context(), url, message{Body: "later", Delay: 1}); err != nil {
			t.Fatal(err)
		}
		mustReceive(t, c, url, 1, receive{})
		if waited := time.Since(began); waited < time.Second {
			t.Errorf("received after %s, want after a second", waited)
		}
	})
}

func TestDeadLetterQueue(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		ctx := t.Context()
		dead := newQueue(t, c, prefix+"poisoned", nil)
		policy := fmt.Sprintf(`{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:%spoisoned","maxReceiveCount":2}`, prefix)
		url := newQueue(t, c, prefix+"work", map[string]string{"RedrivePolicy": policy})
		id, err := c.send(ctx, url, message{Body: "poison", Text: map[string]string{"k": "v"}})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			m := mustReceive(t, c, url, 1, receive{})[0]
			if err := c.changeVisibility(ctx, url, m.Receipt, 0); err != nil {
				t.Fatal(err)
			}
		}
		mustBeEmpty(t, c, url)
		m := mustReceive(t, c, dead, 1, receive{All: true})[0]
		if m.ID != id || m.Body != "poison" || m.Text["k"] != "v" {
			t.Errorf("dead letter = %+v", m)
		}
		if got, want := m.Attributes["DeadLetterQueueSourceArn"], "arn:aws:sqs:us-east-1:000000000000:"+prefix+"work"; got != want {
			t.Errorf("DeadLetterQueueSourceArn = %q, want %q", got, want)
		}
	})
}
