package queue_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

// discardStore keeps nothing and hands out the same message, so that a benchmark sees
// what the service itself costs. Its functions are fields where a benchmark varies them.
type discardStore struct {
	*naiveStore // definitions only

	sent     []queue.Sent
	received []queue.Received
	errs     []error
}

func (s *discardStore) Send(_ context.Context, _ *queue.Definition, entries []queue.Entry) ([]queue.Sent, error) {
	return s.sent[:len(entries)], nil
}

func (s *discardStore) Receive(
	_ context.Context, _ *queue.Definition, req queue.ReceiveRequest,
) ([]queue.Received, error) {
	return s.received[:req.Max], nil
}

func (s *discardStore) Delete(_ context.Context, _ *queue.Definition, handles []queue.Handle) ([]error, error) {
	return s.errs[:len(handles)], nil
}

func benchmarkService(b testing.TB, attributes ...string) (*queue.Service, queue.Key) {
	b.Helper()
	store := &discardStore{naiveStore: newNaiveStore(), sent: make([]queue.Sent, 10), errs: make([]error, 10)}
	for i := range 10 {
		store.received = append(store.received, queue.Received{
			Message: queue.Message{
				Body:       []byte(strings.Repeat("x", 256)),
				Attributes: []queue.MessageAttribute{{Name: "k", DataType: "String", Value: []byte("v")}},
				SenderID:   "AIDAEXAMPLE",
			},
			Handle: queue.Handle{Queue: 1, Sequence: uint64(i + 1), ReceiveCount: 1, ReceivedAt: time.Now()},
		})
	}
	s := newService(b, store)
	return s, createQueue(b, s, "q", attributes...)
}

func BenchmarkSendMessage(b *testing.B) {
	for _, size := range []int{256, 64 << 10} {
		for _, attributes := range []int{0, 3} {
			b.Run(fmt.Sprintf("%dB/%dattributes", size, attributes), func(b *testing.B) {
				s, key := benchmarkService(b)
				in := message(strings.Repeat("x", size))
				for i := range attributes {
					in.Attributes = append(in.Attributes, stringAttribute(fmt.Sprint("name", i), "value"))
				}
				who := caller()
				b.ReportAllocs()
				for b.Loop() {
					if _, err := s.SendMessage(b.Context(), who, key, &in); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkSendMessageUnderPolicy(b *testing.B) {
	s, key := benchmarkService(b, "Policy", `{"Statement":{"Effect":"Allow","Principal":{"AWS":"`+otherAccount+
		`"},"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:111122223333:q"}}`)
	in := message(strings.Repeat("x", 256))
	who := stranger()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.SendMessage(b.Context(), who, key, &in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSendMessageBatch(b *testing.B) {
	s, key := benchmarkService(b)
	var entries []queue.SendMessageInput
	for i := range 10 {
		entries = append(entries, batchMessage(fmt.Sprint("id", i), strings.Repeat("x", 256)))
	}
	who := caller()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.SendMessageBatch(b.Context(), who, key, entries); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReceiveMessage(b *testing.B) {
	for _, test := range []struct{ count, wait int }{{1, 0}, {10, 0}, {10, 20}} {
		b.Run(fmt.Sprintf("%dmessages/%dswait", test.count, test.wait), func(b *testing.B) {
			s, key := benchmarkService(b)
			in := queue.ReceiveMessageInput{
				MaxNumberOfMessages: some(test.count), WaitTimeSeconds: some(test.wait),
				SystemAttributeNames: []string{"All"}, MessageAttributeNames: []string{"All"},
			}
			who := caller()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.ReceiveMessage(b.Context(), who, key, &in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDeleteMessage(b *testing.B) {
	s, key := benchmarkService(b)
	handle := receiveOne(b, s, key).ReceiptHandle
	who := caller()
	b.ReportAllocs()
	for b.Loop() {
		if err := s.DeleteMessage(b.Context(), who, key, handle); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDeleteMessageBatch(b *testing.B) {
	s, key := benchmarkService(b)
	var entries []queue.DeleteMessageInput
	for i, m := range receive(b, s, key, queue.ReceiveMessageInput{MaxNumberOfMessages: some(10)}) {
		entries = append(entries, queue.DeleteMessageInput{ID: fmt.Sprint("id", i), ReceiptHandle: m.ReceiptHandle})
	}
	who := caller()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.DeleteMessageBatch(b.Context(), who, key, entries); err != nil {
			b.Fatal(err)
		}
	}
}

// Allocations are what a busy server pays for most; the limits leave some room.
func TestHotPathAllocations(t *testing.T) {
	s, key := benchmarkService(t)
	who := caller()
	in := message(strings.Repeat("x", 256))
	var batch []queue.SendMessageInput
	for i := range 10 {
		batch = append(batch, batchMessage(fmt.Sprint("id", i), "x"))
	}
	one, ten := queue.ReceiveMessageInput{}, queue.ReceiveMessageInput{MaxNumberOfMessages: some(10)}
	handle := receiveOne(t, s, key).ReceiptHandle
	tests := []struct {
		operation string
		most      float64
		call      func() error
	}{
		{"SendMessage", 3, func() error {
			_, err := s.SendMessage(t.Context(), who, key, &in)
			return err
		}},
		{"SendMessageBatch", 5, func() error {
			_, err := s.SendMessageBatch(t.Context(), who, key, batch)
			return err
		}},
		{"ReceiveMessage of one", 5, func() error {
			_, err := s.ReceiveMessage(t.Context(), who, key, &one)
			return err
		}},
		{"ReceiveMessage of ten", 15, func() error {
			_, err := s.ReceiveMessage(t.Context(), who, key, &ten)
			return err
		}},
		{"DeleteMessage", 3, func() error { return s.DeleteMessage(t.Context(), who, key, handle) }},
	}
	for _, test := range tests {
		got := testing.AllocsPerRun(100, func() {
			if err := test.call(); err != nil {
				t.Fatal(err)
			}
		})
		if got > test.most {
			t.Errorf("%s allocates %v times, want at most %v", test.operation, got, test.most)
		}
	}
}
