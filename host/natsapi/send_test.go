package natsapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/natsapi"
	"github.com/queuelet/queuelet/host/queue"
)

// TestSend sends a message with everything it can have and receives it over the domain.
func TestSend(t *testing.T) {
	s := start(t)
	key := s.create(account, "orders", nil)
	alice := s.connect("alice")
	got := alice.send("orders", "hello", nats.Header{
		"Sqs-Attribute-color":           {"red"},
		"Sqs-Attribute-size":            {"42"},
		"Sqs-Type-size":                 {"Number.int"},
		"Sqs-Attribute-raw":             {"AP8="},
		"Sqs-Type-raw":                  {"Binary"},
		"Sqs-Encoding-raw":              {"base64"},
		"Sqs-Attribute-stra%C3%9Fe":     {"Haupt"},
		"Sqs-Attribute-text":            {"YQ0KYg=="},
		"Sqs-Encoding-text":             {"base64"},
		"Sqs-Message-Group-Id":          {"tenant"},
		"Sqs-Trace-Header":              {"Root=1-5759e988-bd862e3fe1be46a994272793"},
		"Some-Header-Of-The-Publishers": {"ignored"},
	})
	if got.Error.Code != "" {
		t.Fatalf("send: %v", got.Error)
	}
	if got.MD5OfMessageBody != "5d41402abc4b2a76b9719d911017c592" || got.MD5OfMessageAttributes == "" ||
		got.MD5OfMessageSystemAttributes == "" || got.SequenceNumber != "" {
		t.Errorf("answer %+v", got)
	}
	received := s.receive(key)
	if len(received) != 1 {
		t.Fatalf("received %d messages, want 1", len(received))
	}
	m := received[0]
	if m.ID.String() != got.MessageID || string(m.Body) != "hello" || m.Group != "tenant" || m.SenderID != "AIDAalice" ||
		!strings.HasPrefix(m.TraceHeader, "Root=1-") {
		t.Errorf("received %+v", m.Message)
	}
	want := []queue.MessageAttribute{
		{Name: "color", DataType: "String", Value: []byte("red")},
		{Name: "raw", DataType: "Binary", Value: []byte{0, 0xff}},
		{Name: "size", DataType: "Number.int", Value: []byte("42")},
		{Name: "straße", DataType: "String", Value: []byte("Haupt")},
		{Name: "text", DataType: "String", Value: []byte("a\r\nb")},
	}
	if diff := cmp.Diff(want, m.Selected); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if sum := fmt.Sprintf("%x", m.AttributesMD5); sum != got.MD5OfMessageAttributes {
		t.Errorf("attributes have digest %s, the answer said %s", sum, got.MD5OfMessageAttributes)
	}
}

func TestSendDelayed(t *testing.T) {
	s := start(t)
	key := s.create(account, "orders", nil)
	if got := s.connect("alice").send("orders", "later", nats.Header{"Sqs-Delay-Seconds": {"900"}}); got.Error.Code != "" {
		t.Fatal(got.Error)
	}
	if got := s.receive(key); len(got) != 0 {
		t.Errorf("received a delayed message: %+v", got)
	}
}

func TestSendFIFO(t *testing.T) {
	s := start(t)
	s.create(account, "orders.fifo", map[string]string{"FifoQueue": "true"})
	alice := s.connect("alice")
	header := nats.Header{"Sqs-Message-Group-Id": {"g"}, "Sqs-Message-Deduplication-Id": {"d"}}
	first := alice.send("orders.fifo", "hello", header)
	if first.Error.Code != "" || len(first.SequenceNumber) != 20 {
		t.Errorf("first send %+v", first)
	}
	if second := alice.send("orders.fifo", "hello", header); second.MessageID != first.MessageID {
		t.Errorf("a repeated deduplication id made message %s, want %s", second.MessageID, first.MessageID)
	}
}

func TestSendRefused(t *testing.T) {
	s := start(t)
	s.create(account, "orders", nil)
	s.create(account, "orders.fifo", map[string]string{"FifoQueue": "true"})
	s.create(account, "small", map[string]string{"MaximumMessageSize": "1024"})
	s.create(account, "closed", map[string]string{"Policy": `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}]}`})
	alice := s.connect("alice")
	many := nats.Header{}
	for i := range 11 {
		many.Set(fmt.Sprintf("Sqs-Attribute-a%d", i), "x")
	}
	for name, tt := range map[string]struct {
		queue, body string
		header      nats.Header
		want        queue.Code
	}{
		"no such queue":           {"nowhere", "x", nil, queue.CodeQueueDoesNotExist},
		"no such FIFO queue":      {"nowhere.fifo", "x", nil, queue.CodeQueueDoesNotExist},
		"queue's policy":          {"closed", "x", nil, queue.CodeAccessDenied},
		"empty body":              {"orders", "", nil, queue.CodeMissingParameter},
		"characters":              {"orders", "\x00", nil, queue.CodeInvalidMessageContents},
		"too long":                {"small", strings.Repeat("x", 1025), nil, queue.CodeInvalidParameterValue},
		"longer than any":         {"orders", strings.Repeat("x", 1<<20+1), nil, queue.CodeInvalidParameterValue},
		"no group":                {"orders.fifo", "x", nil, queue.CodeMissingParameter},
		"deduplication":           {"orders", "x", nats.Header{"Sqs-Message-Deduplication-Id": {"d"}}, queue.CodeInvalidParameterValue},
		"delay":                   {"orders", "x", nats.Header{"Sqs-Delay-Seconds": {"901"}}, queue.CodeInvalidParameterValue},
		"delay is no number":      {"orders", "x", nats.Header{"Sqs-Delay-Seconds": {"1s"}}, queue.CodeInvalidParameterValue},
		"delay twice":             {"orders", "x", nats.Header{"Sqs-Delay-Seconds": {"1", "2"}}, queue.CodeInvalidParameterValue},
		"unknown header":          {"orders", "x", nats.Header{"Sqs-Delay": {"1"}}, queue.CodeInvalidParameterValue},
		"unknown lower case":      {"orders", "x", nats.Header{"sqs-delay": {"1"}}, queue.CodeInvalidParameterValue},
		"attribute twice":         {"orders", "x", nats.Header{"Sqs-Attribute-a": {"1", "2"}}, queue.CodeInvalidParameterValue},
		"attribute without name":  {"orders", "x", nats.Header{"Sqs-Attribute-": {"1"}}, queue.CodeInvalidParameterValue},
		"attribute without value": {"orders", "x", nats.Header{"Sqs-Attribute-a": {""}}, queue.CodeInvalidParameterValue},
		"attribute's name":        {"orders", "x", nats.Header{"Sqs-Attribute-a%zz": {"1"}}, queue.CodeInvalidParameterValue},
		"eleven attributes":       {"orders", "x", many, queue.CodeInvalidParameterValue},
		"type of nothing":         {"orders", "x", nats.Header{"Sqs-Type-a": {"Number"}}, queue.CodeInvalidParameterValue},
		"encoding of nothing":     {"orders", "x", nats.Header{"Sqs-Encoding-a": {"base64"}}, queue.CodeInvalidParameterValue},
		"unknown encoding":        {"orders", "x", nats.Header{"Sqs-Attribute-a": {"1"}, "Sqs-Encoding-a": {"hex"}}, queue.CodeInvalidParameterValue},
		"unknown type":            {"orders", "x", nats.Header{"Sqs-Attribute-a": {"1"}, "Sqs-Type-a": {"Float"}}, queue.CodeInvalidParameterValue},
		"no number":               {"orders", "x", nats.Header{"Sqs-Attribute-a": {"one"}, "Sqs-Type-a": {"Number"}}, queue.CodeInvalidParameterValue},
		"binary in plain text":    {"orders", "x", nats.Header{"Sqs-Attribute-a": {"x"}, "Sqs-Type-a": {"Binary"}}, queue.CodeInvalidParameterValue},
		"no base64": {
			"orders", "x",
			nats.Header{"Sqs-Attribute-a": {"?"}, "Sqs-Type-a": {"Binary"}, "Sqs-Encoding-a": {"base64"}},
			queue.CodeInvalidParameterValue,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := alice.send(tt.queue, tt.body, tt.header)
			if queue.Code(got.Error.Code) != tt.want || got.Error.Message == "" {
				t.Errorf("answer %+v, want %s", got, tt.want)
			}
		})
	}
}

// TestSendHostile sends headers that no message needs; the server must answer and live.
func TestSendHostile(t *testing.T) {
	s := start(t)
	s.create(account, "orders", nil)
	alice := s.connect("alice")
	bomb := nats.Header{}
	for i := range 100_000 {
		bomb.Set(fmt.Sprintf("Sqs-Attribute-%d", i), "")
	}
	for name, header := range map[string]nats.Header{
		"many":         bomb,
		"long value":   {"Sqs-Attribute-a": {strings.Repeat("x", 3<<20)}},
		"long name":    {"Sqs-Attribute-" + strings.Repeat("x", 3<<20): {"1"}},
		"long unknown": {"Sqs-" + strings.Repeat("x", 3<<20): {"1"}},
		"long type":    {"Sqs-Attribute-a": {"1"}, "Sqs-Type-a": {strings.Repeat("x", 3<<20)}},
		"many values":  {"Sqs-Attribute-a": make([]string, 100_000)},
	} {
		t.Run(name, func(t *testing.T) {
			got := alice.send("orders", "x", header)
			if queue.Code(got.Error.Code) != queue.CodeInvalidParameterValue || len(got.Error.Message) > 1000 {
				t.Errorf("answer %.2000s", fmt.Sprint(got))
			}
		})
	}
}

// TestSendWithoutReply publishes and forgets.
func TestSendWithoutReply(t *testing.T) {
	s := start(t)
	s.create(account, "orders", nil)
	alice := s.connect("alice")
	tap := alice.subscribe("sqs.tap.orders")
	if err := alice.Publish("sqs.send.nowhere", []byte("lost")); err != nil {
		t.Fatal(err)
	}
	if err := alice.Publish("sqs.send.orders", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := string(next(t, tap).Data); got != "hello" {
		t.Errorf("the tap shows %q, want hello", got)
	}
}

// TestSendConcurrently has many more requests under way than one client waits for.
func TestSendConcurrently(t *testing.T) {
	s := start(t)
	key := s.create(account, "orders", nil)
	const senders, each = 32, 50
	var wg sync.WaitGroup
	for _, id := range []string{"alice", "bob"} {
		c := s.connect(id)
		for range senders / 2 {
			wg.Go(func() {
				for range each {
					if got := c.send("orders", "hello", nil); got.Error.Code != "" {
						t.Errorf("send: %v", got.Error)
					}
				}
			})
		}
	}
	wg.Wait()
	def, err := s.store.Queue(key)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := s.store.Counts(t.Context(), def)
	if err != nil || counts.Visible != senders*each {
		t.Errorf("%d messages, want %d: %v", counts.Visible, senders*each, err)
	}
}

// stuck answers no send before it is told to.
type stuck struct {
	natsapi.Queues

	release chan struct{}
}

func (s stuck) SendMessage(context.Context, queue.Caller, queue.Key, *queue.SendMessageInput) (queue.SendMessageResult, error) {
	<-s.release
	return queue.SendMessageResult{}, nil
}

// TestTooManyRequestsUnderWay sends more than is worked on at a time. What is too much is
// refused at once, and the rest answered.
func TestTooManyRequestsUnderWay(t *testing.T) {
	release := make(chan struct{})
	s := startBehind(t, func(q natsapi.Queues) natsapi.Queues { return stuck{q, release} })
	alice := s.connect("alice")
	replies := alice.subscribe(alice.NewInbox())
	const most, more = 4096, 100
	for range most + more {
		if err := alice.PublishRequest("sqs.send.orders", replies.Subject, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	count := func(n int, want queue.Code) {
		t.Helper()
		for range n {
			var a answer
			if err := json.Unmarshal(next(t, replies).Data, &a); err != nil {
				t.Fatal(err)
			}
			if queue.Code(a.Error.Code) != want {
				t.Fatalf("answer %+v, want code %q", a, want)
			}
		}
	}
	count(more, queue.CodeRequestThrottled)
	close(release)
	count(most, "")
}

// BenchmarkSend measures requests of 64 clients that wait for their answers.
func BenchmarkSend(b *testing.B) {
	s := start(b)
	s.create(account, "orders", nil)
	alice := s.connect("alice")
	body := []byte(strings.Repeat("x", 256))
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := alice.Request("sqs.send.orders", body, patience); err != nil {
				b.Error(err)
			}
		}
	})
}
