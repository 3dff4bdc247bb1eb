package queue_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

const (
	charactersText = "Invalid characters found. Valid unicode characters are " +
		"#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
	noGroup = "The request must contain the parameter MessageGroupId."
	noDedup = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
)

func TestSendAndReceive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		key := createQueue(t, s, "q")
		in := message("This is a test message")
		in.Attributes = []queue.AttributeInput{stringAttribute("k", "x")}
		in.GroupID, in.GroupIDSet = "tenant", true
		in.TraceHeader = "Root=1"
		result := send(t, s, key, in)
		wantEqual(t, hex.EncodeToString(result.BodyMD5[:]), "fafb00f5732ab283681e124bf8747ed1")
		wantEqual(t, hex.EncodeToString(result.AttributesMD5[:]), "a45daa70926828a2f0a1db3418e6feb4")
		if !result.HasAttributes || result.HasSystemAttributes || result.Sequence != 0 {
			t.Errorf("%+v", result)
		}
		if uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`); !uuid.MatchString(result.ID.String()) {
			t.Errorf("%s is not a random UUID", result.ID)
		}
		sent := time.Now()
		time.Sleep(time.Second)

		got := receive(t, s, key, queue.ReceiveMessageInput{
			SystemAttributeNames: []string{"All"}, MessageAttributeNames: []string{"All"},
		})
		want := []queue.ReceivedMessage{{
			Received: queue.Received{
				Message: queue.Message{
					ID:      result.ID,
					Body:    []byte("This is a test message"),
					BodyMD5: result.BodyMD5,
					Attributes: []queue.MessageAttribute{
						{Name: "k", DataType: "String", Value: []byte("x")},
					},
					SenderID:    "AIDAEXAMPLE",
					TraceHeader: "Root=1",
					Group:       "tenant",
					Sent:        sent,
				},
				Handle:        queue.Handle{Queue: 1, Sequence: 1, ReceiveCount: 1, ReceivedAt: time.Now()},
				FirstReceived: time.Now(),
				ReceiveCount:  1,
			},
			ReceiptHandle: got[0].ReceiptHandle,
			AttributesMD5: result.AttributesMD5,
			Shown:         queue.ShowAll,
		}}
		want[0].Selected = want[0].Attributes
		wantEqual(t, got, want)
	})
}

func TestSendFIFO(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createFIFO(t, s, "q.fifo", "ContentBasedDeduplication", "True")
	const body = `{"foo": "bar"}`
	first := send(t, s, key, fifoMessage(body, "g", ""))
	if first.Sequence != 1 {
		t.Errorf("sequence is %d, want 1", first.Sequence)
	}
	again := send(t, s, key, fifoMessage(body, "another", ""))
	wantEqual(t, again, first)
	given := send(t, s, key, fifoMessage(body, "g", "given"))
	if given.ID == first.ID {
		t.Error("an id of its own does not count")
	}
	got := receive(t, s, key, queue.ReceiveMessageInput{MaxNumberOfMessages: some(10)})
	if len(got) != 2 {
		t.Fatalf("received %d messages, want 2", len(got))
	}
	wantEqual(t, got[0].DedupID, "426fc04f04bf8fdb5831dc37bbb6dcf70f63a37e05a68c6ea5f63e85ae579376")
	wantEqual(t, got[1].DedupID, "given")
	wantEqual(t, []uint64{got[0].Sequence, got[1].Sequence}, []uint64{1, 2})
}

func TestDeduplicationScope(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	tests := []struct {
		scope    string
		distinct bool
	}{{"queue", false}, {"messageGroup", true}}
	for _, test := range tests {
		key := createFIFO(t, s, test.scope+".fifo", "DeduplicationScope", test.scope)
		check := func() {
			t.Helper()
			a, b := send(t, s, key, fifoMessage("x", "a", "id")), send(t, s, key, fifoMessage("x", "b", "id"))
			if (a.ID != b.ID) != test.distinct {
				t.Errorf("scope %s: two groups get ids %s and %s", test.scope, a.ID, b.ID)
			}
			if again := send(t, s, key, fifoMessage("x", "a", "id")); again.ID != a.ID {
				t.Errorf("scope %s: the same group gets another id", test.scope)
			}
		}
		check()
		// Another scope is shown from now on, but the one of creation stays in force.
		other := map[string]string{"queue": "messageGroup", "messageGroup": "queue"}[test.scope]
		setAttributes(t, s, key, "DeduplicationScope", other)
		wantEqual(t, getAttributes(t, s, key, "DeduplicationScope"), map[string]string{"DeduplicationScope": other})
		check()
	}
}

func TestDelays(t *testing.T) {
	t.Parallel()
	unset := queue.OptionalInt{}
	tests := []struct {
		label string
		queue string
		own   string
		given queue.OptionalInt
		want  time.Duration
	}{
		{"none", "q", "0", unset, 0},
		{"the queue's", "q", "7", unset, 7 * time.Second},
		{"the message's", "q", "7", some(900), 900 * time.Second},
		{"the message's zero", "q", "7", some(0), 0},
		{"fifo, the queue's", "q.fifo", "7", unset, 7 * time.Second},
		{"fifo, zero does not count", "q.fifo", "7", some(0), 7 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			store := &recordingStore{naiveStore: newNaiveStore()}
			s := newService(t, store)
			in := message("x")
			in.DelaySeconds = test.given
			if test.queue == "q.fifo" {
				in = fifoMessage("x", "g", "d")
				in.DelaySeconds = test.given
				send(t, s, createFIFO(t, s, test.queue, "DelaySeconds", test.own), in)
			} else {
				send(t, s, createQueue(t, s, test.queue, "DelaySeconds", test.own), in)
			}
			wantEqual(t, store.entries[0].Delay, test.want)
		})
	}
}

func TestSendErrors(t *testing.T) {
	t.Parallel()
	with := func(change func(*queue.SendMessageInput)) queue.SendMessageInput {
		in := message("x")
		change(&in)
		return in
	}
	delay := func(in queue.SendMessageInput, seconds int) queue.SendMessageInput {
		in.DelaySeconds = some(seconds)
		return in
	}
	group := func(id string) queue.SendMessageInput {
		return with(func(in *queue.SendMessageInput) { in.GroupID, in.GroupIDSet = id, true })
	}
	dedup := func(id string) queue.SendMessageInput {
		return with(func(in *queue.SendMessageInput) { in.DedupID, in.DedupIDSet = id, true })
	}
	emptyDedup := fifoMessage("x", "g", "d")
	emptyDedup.DedupID = ""
	const (
		standard, fifo = "q", "q.fifo"
		invalid        = queue.CodeInvalidParameterValue
		groupReason    = " for parameter MessageGroupId is invalid. " +
			"Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."
		dedupReason = " for parameter MessageDeduplicationId is invalid. " +
			"Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length."
		wrongType = "The request include parameter that is not valid for this queue type."
		noBody    = "The request must contain the parameter MessageBody."
	)
	long := strings.Repeat("g", 129)
	tests := []struct {
		label, queue string
		in           queue.SendMessageInput
		code         queue.Code
		text         string
	}{
		{"no body", standard, queue.SendMessageInput{}, queue.CodeMissingParameter, noBody},
		{"empty body", standard, message(""), queue.CodeMissingParameter, noBody},
		{"control character", standard, message("a\x00"), queue.CodeInvalidMessageContents, charactersText},
		{
			"delay too long", standard, delay(message("x"), 901), invalid,
			"Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
		},
		{
			"negative delay", standard, delay(message("x"), -1), invalid,
			"Value -1 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
		},
		{
			"fifo with delay", fifo, delay(fifoMessage("x", "g", "d"), 2), invalid,
			"Value 2 for parameter DelaySeconds is invalid. Reason: " + wrongType,
		},
		{"fifo without group", fifo, message("x"), queue.CodeMissingParameter, noGroup},
		{"fifo without deduplication", fifo, fifoMessage("x", "g", ""), invalid, noDedup},
		{"group before deduplication", fifo, fifoMessage("x", "g g", ""), invalid, "Value g g" + groupReason},
		{"blank in group", standard, group("group 123"), invalid, "Value group 123" + groupReason},
		{"empty group", standard, group(""), invalid, "Value " + groupReason},
		{"long group", standard, group(long), invalid, "Value " + long + groupReason},
		{"letter beyond ASCII in group", standard, group("ä"), invalid, "Value ä" + groupReason},
		{"blank in deduplication id", fifo, fifoMessage("x", "g", "d d"), invalid, "Value d d" + dedupReason},
		{"empty deduplication id", fifo, emptyDedup, invalid, "Value " + dedupReason},
		{"blank in deduplication id, standard", standard, dedup("d d"), invalid, "Value d d" + dedupReason},
		{
			"deduplication id, standard", standard, dedup("d"), invalid,
			"Value d for parameter MessageDeduplicationId is invalid. Reason: " + wrongType,
		},
	}
	s := newService(t, newNaiveStore())
	createQueue(t, s, standard)
	createFIFO(t, s, fifo)
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			_, err := s.SendMessage(t.Context(), caller(), queue.Key{Account: testAccount, Name: test.queue}, &test.in)
			wantError(t, err, test.code, test.text)
		})
	}
	punctuation := "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~azAZ09"
	send(t, s, queue.Key{Account: testAccount, Name: fifo}, fifoMessage("x", punctuation, strings.Repeat("d", 128)))
}

func TestMessageSize(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q", "MaximumMessageSize", "1024")
	whole := createQueue(t, s, "whole")
	const text = "One or more parameters are invalid. Reason: Message must be shorter than "

	// name 3, type 6, value 5: 14 bytes
	attribute := []queue.AttributeInput{stringAttribute("abc", "12345")}
	system := []queue.AttributeInput{stringAttribute("AWSTraceHeader", strings.Repeat("x", 100))}
	tests := []struct {
		label string
		key   queue.Key
		in    queue.SendMessageInput
		limit string // "" when it fits
	}{
		{"body at the limit", key, message(strings.Repeat("x", 1024)), ""},
		{"body beyond", key, message(strings.Repeat("x", 1025)), "1024"},
		{"bytes count, not characters", key, message(strings.Repeat("ß", 513)), "1024"},
		{"with attribute", key, queue.SendMessageInput{Body: filler(1010), Attributes: attribute}, ""},
		{"with attribute beyond", key, queue.SendMessageInput{Body: filler(1011), Attributes: attribute}, "1024"},
		{"system attributes do not count", key, queue.SendMessageInput{Body: filler(1024), SystemAttributes: system}, ""},
		{"one MiB", whole, message(strings.Repeat("x", 1<<20)), ""},
		{"beyond one MiB", whole, message(strings.Repeat("x", 1<<20+1)), "1048576"},
	}
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			_, err := s.SendMessage(t.Context(), caller(), test.key, &test.in)
			if test.limit == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, queue.CodeInvalidParameterValue, text+test.limit+" bytes.")
		})
	}
}

func filler(n int) []byte { return []byte(strings.Repeat("x", n)) }

func TestMessageCharacters(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	const padding = "0123456789abcdef"
	good := []string{"\t", "\n", "\r", " ", "~", "\x7f", "\u0080", "\ud7ff", "\ue000", "\ufffd", "\U00010000", "\U0010ffff", "é\u6f22😀"}
	bad := []string{"\x00", "\x08", "\x0b", "\x0c", "\x0e", "\x1f", "\ufffe", "\uffff", "\xff", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80"}
	for i := range len(padding) {
		for _, text := range good {
			body := padding[:i] + text + padding[i:]
			result := sendBody(t, s, key, body)
			wantEqual(t, result.BodyMD5, md5.Sum([]byte(body)))
		}
		for _, text := range bad {
			in := message(padding[:i] + text + padding[i:])
			_, err := s.SendMessage(t.Context(), caller(), key, &in)
			wantError(t, err, queue.CodeInvalidMessageContents, charactersText)
		}
	}
}

// recordingStore remembers what it was given to store.
type recordingStore struct {
	*naiveStore

	entries []queue.Entry
}

func (s *recordingStore) Send(ctx context.Context, def *queue.Definition, entries []queue.Entry) ([]queue.Sent, error) {
	s.entries = append(s.entries, entries...)
	return s.naiveStore.Send(ctx, def, entries)
}
