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

func benchmarkService(b *testing.B, attributes ...string) (*queue.Service, queue.Key) {
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
