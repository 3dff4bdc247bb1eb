package natsapi_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/host/natsapi"
	"github.com/queuelet/queuelet/host/queue"
)

// queueless is a credential without a secret, which nobody may use.
func queueless() natsapi.Credential {
	return natsapi.Credential{Caller: queue.Caller{Account: account, Principal: "AIDA"}}
}

// tapStream gives a queue a stream of its messages.
func (s *server) tapStream(key queue.Key) {
	s.t.Helper()
	_, err := s.store.UpdateQueue(s.t.Context(), key, func(d *queue.Definition) error {
		d.Tap = queue.TapStream
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// consumer makes a durable pull consumer on the tap of queue orders.
func (s *server) consumer(c *client, name string) natsjs.Consumer {
	s.t.Helper()
	js, err := natsjs.New(c.Conn, natsjs.WithDefaultTimeout(patience))
	if err != nil {
		s.t.Fatal(err)
	}
	consumer, err := js.CreateOrUpdateConsumer(s.t.Context(), "TAP_orders", natsjs.ConsumerConfig{
		Durable: name, AckPolicy: natsjs.AckExplicitPolicy,
	})
	if err != nil {
		s.t.Fatalf("consumer %s: %v", name, err)
	}
	return consumer
}

// fetch fetches and acknowledges messages.
func fetch(t *testing.T, consumer natsjs.Consumer, n int) []string {
	t.Helper()
	batch, err := consumer.Fetch(n, natsjs.FetchMaxWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for m := range batch.Messages() {
		if err := m.DoubleAck(t.Context()); err != nil {
			t.Errorf("acknowledge: %v", err)
		}
		got = append(got, m.Subject()+" "+string(m.Data()))
	}
	if err := batch.Error(); err != nil {
		t.Fatal(err)
	}
	return got
}

// wantTapStream checks the bodies in a stream as an administrator of the account sees them.
func (s *server) wantTapStream(name string, want ...string) {
	s.t.Helper()
	nc, err := s.store.Broker.ConnectTaps(account)
	if err != nil {
		s.t.Fatal(err)
	}
	defer nc.Close()
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(patience))
	if err != nil {
		s.t.Fatal(err)
	}
	stream, err := js.Stream(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	var got []string
	state := stream.CachedInfo().State
	for seq := uint64(1); seq <= state.LastSeq; seq++ {
		m, err := stream.GetMsg(s.t.Context(), seq)
		if err != nil {
			s.t.Fatalf("message %d of %s: %v", seq, name, err)
		}
		got = append(got, string(m.Data))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("stream %s (-want +got):\n%s", name, diff)
	}
}

// consumerNames lists the consumers of a stream as an administrator of the account sees them.
func (s *server) consumerNames(name string) []string {
	s.t.Helper()
	nc, err := s.store.Broker.ConnectTaps(account)
	if err != nil {
		s.t.Fatal(err)
	}
	defer nc.Close()
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(patience))
	if err != nil {
		s.t.Fatal(err)
	}
	stream, err := js.Stream(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for name := range stream.ConsumerNames(s.t.Context()).Name() {
		names = append(names, name)
	}
	return names
}

// TestReplay reads a queue's messages again with a durable consumer, also those that were
// deleted, and goes on where it was after the server was restarted.
func TestReplay(t *testing.T) {
	s := start(t)
	orders := s.create(account, "orders", nil)
	s.tapStream(orders)
	alice := s.connect("alice")
	for i := range 6 {
		alice.send("orders", strconv.Itoa(i), nil)
	}
	for _, m := range s.receive(orders) {
		if err := s.service.DeleteMessage(t.Context(), caller(account), orders, m.ReceiptHandle); err != nil {
			t.Fatal(err)
		}
	}
	want := func(from, to int) (all []string) {
		for i := from; i < to; i++ {
			all = append(all, fmt.Sprint("sqs.tap.orders ", i))
		}
		return all
	}
	if diff := cmp.Diff(want(0, 4), fetch(t, s.consumer(alice, "audit"), 4)); diff != "" {
		t.Errorf("before the restart (-want +got):\n%s", diff)
	}
	alice.Close()
	s.stop()
	s.open(s.store.Broker.Dir())

	alice, bob := s.connect("alice"), s.connect("bob")
	alice.send("orders", "6", nil)
	js, err := natsjs.New(alice.Conn, natsjs.WithDefaultTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.Consumer(t.Context(), "TAP_orders", "audit")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want(4, 7), fetch(t, consumer, 3)); diff != "" {
		t.Errorf("after the restart (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want(0, 7), fetch(t, s.consumer(bob, "second"), 7)); diff != "" {
		t.Errorf("a second consumer (-want +got):\n%s", diff)
	}
}

// TestReplayKinds uses the other ways of a client library to read a stream.
func TestReplayKinds(t *testing.T) {
	s := start(t)
	s.tapStream(s.create(account, "orders.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"}))
	alice := s.connect("alice")
	for i := range 3 {
		alice.send("orders.fifo", strconv.Itoa(i), map[string][]string{"Sqs-Message-Group-Id": {"g"}})
	}
	js, err := natsjs.New(alice.Conn, natsjs.WithDefaultTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	list := js.StreamNames(t.Context())
	for name := range list.Name() {
		names = append(names, name)
	}
	if diff := cmp.Diff([]string{"TAPFIFO_orders"}, names); diff != "" || list.Err() != nil {
		t.Errorf("streams (-want +got):\n%s%v", diff, list.Err())
	}
	ordered, err := js.OrderedConsumer(t.Context(), "TAPFIFO_orders", natsjs.OrderedConsumerConfig{
		FilterSubjects: []string{"sqs.tap.orders.fifo"},
	})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := ordered.Messages()
	if err != nil {
		t.Fatal(err)
	}
	defer messages.Stop()
	for i := range 3 {
		m, err := messages.Next(natsjs.NextMaxWait(patience))
		if err != nil {
			t.Fatal(err)
		}
		if string(m.Data()) != strconv.Itoa(i) {
			t.Errorf("message %d is %q", i, m.Data())
		}
	}
	// A message that is sent while an iterator waits.
	alice.send("orders.fifo", "3", map[string][]string{"Sqs-Message-Group-Id": {"g"}})
	if m, err := messages.Next(natsjs.NextMaxWait(patience)); err != nil || string(m.Data()) != "3" {
		t.Errorf("the message that came later: %v %v", m, err)
	}
	stream, err := js.Stream(t.Context(), "TAPFIFO_orders")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := stream.GetMsg(t.Context(), 2); err != nil || string(m.Data) != "1" {
		t.Errorf("message by sequence: %v %v", m, err)
	}
	// The older API of the same library makes its pull consumers in another way.
	old, err := alice.JetStream(nats.MaxWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	sub, err := old.PullSubscribe("sqs.tap.orders.fifo", "old")
	if err != nil {
		t.Fatal(err)
	}
	got, err := sub.Fetch(4, nats.MaxWait(patience))
	if err != nil || len(got) != 4 {
		t.Fatalf("fetched %d messages: %v", len(got), err)
	}
	if err := old.DeleteConsumer("TAPFIFO_orders", "old"); err != nil {
		t.Errorf("delete a consumer: %v", err)
	}
}

// TestReplayOfAnotherAccount has taps of the same name in two accounts.
func TestReplayOfAnotherAccount(t *testing.T) {
	s := start(t)
	s.tapStream(s.create(account, "orders", nil))
	s.tapStream(s.create(otherAccount, "orders", nil))
	alice, mallory := s.connect("alice"), s.connect("mallory")
	alice.send("orders", "ours", nil)
	mallory.send("orders", "theirs", nil)
	if diff := cmp.Diff([]string{"sqs.tap.orders theirs"}, fetch(t, s.consumer(mallory, "c"), 1)); diff != "" {
		t.Errorf("the other account's tap (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"sqs.tap.orders ours"}, fetch(t, s.consumer(alice, "c"), 1)); diff != "" {
		t.Errorf("our tap (-want +got):\n%s", diff)
	}
}

// TestReplayLimits asks for more than a client may have.
func TestReplayLimits(t *testing.T) {
	s := start(t)
	s.tapStream(s.create(account, "orders", nil))
	alice := s.connect("alice")
	consumer := s.consumer(alice, "c")
	config := consumer.CachedInfo().Config
	if config.MaxRequestExpires != time.Minute || config.MaxAckPending > 10_000 || config.MaxAckPending <= 0 {
		t.Errorf("a pull may wait %v, and %d messages be unacknowledged", config.MaxRequestExpires, config.MaxAckPending)
	}
	for i := range 63 {
		s.consumer(alice, fmt.Sprint("c", i))
	}
	js, err := natsjs.New(alice.Conn, natsjs.WithDefaultTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	_, err = js.CreateConsumer(t.Context(), "TAP_orders", natsjs.ConsumerConfig{Durable: "c64", AckPolicy: natsjs.AckExplicitPolicy})
	if err == nil {
		t.Error("a stream may have any number of consumers")
	}
}
