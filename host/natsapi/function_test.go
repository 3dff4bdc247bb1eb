package natsapi_test

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/queue"
)

// TestWhatFunctionsPublish is seen, and their requests are answered, by keys of the account without an allow-list, and by
// nobody else.
func TestWhatFunctionsPublish(t *testing.T) {
	s := start(t)
	s.subjects = []string{"events.>", "pricing.get"}
	allow, err := queue.NewAllowList([]queue.Grant{{Actions: []string{"*"}, Queues: []string{"*"}}})
	if err != nil {
		t.Fatal(err)
	}
	s.setKey("limited", account, allow)
	functions, err := s.store.Broker.ConnectFunctions(account)
	if err != nil {
		t.Fatal(err)
	}
	defer functions.Close()

	alice := s.connect("alice")
	heard, err := alice.SubscribeSync("events.>")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := alice.Subscribe("pricing.get", func(m *nats.Msg) { _ = m.Respond([]byte("5")) }); err != nil {
		t.Fatal(err)
	}
	if err := alice.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"limited", "mallory"} {
		c := s.connect(id)
		c.subscribe("events.>")
		c.wantComplaint()
		if err := c.Publish("sqs.reply.x", nil); err != nil {
			t.Fatal(err)
		}
		c.wantComplaint()
	}
	for _, subject := range []string{"other.>", "pricing.>", ">"} {
		alice.subscribe(subject)
		alice.wantComplaint()
	}
	if err := alice.Publish("events.forged", nil); err != nil { // by a client, whom no function hears
		t.Fatal(err)
	}
	alice.wantComplaint()

	if err := functions.Publish("events.done", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if m, err := heard.NextMsg(patience); err != nil || m.Subject != "events.done" || string(m.Data) != "x" {
		t.Errorf("%+v %v", m, err)
	}
	if reply, err := functions.Request("pricing.get", nil, patience); err != nil || string(reply.Data) != "5" {
		t.Errorf("%+v %v", reply, err)
	}
	if _, err := functions.Request("nobody", nil, patience); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("a request that nobody listens to: %v", err)
	}
}
