package natsapi_test

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/natsapi"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
)

// TestHeadersAreThoseOfTheStore holds the two sides together: the store writes taps, this
// package documents them and reads the same headers in sends.
func TestHeadersAreThoseOfTheStore(t *testing.T) {
	for ours, theirs := range map[string]string{
		natsapi.HeaderAttribute:         jetstream.TapAttribute,
		natsapi.HeaderType:              jetstream.TapType,
		natsapi.HeaderEncoding:          jetstream.TapEncoding,
		natsapi.HeaderGroup:             jetstream.TapGroup,
		natsapi.HeaderDedupID:           jetstream.TapDedupID,
		natsapi.HeaderTrace:             jetstream.TapTrace,
		natsapi.HeaderMessageID:         jetstream.TapMessageID,
		natsapi.HeaderSequence:          jetstream.TapSequence,
		natsapi.HeaderSent:              jetstream.TapSent,
		natsapi.HeaderAttributesOmitted: jetstream.TapOmitted,
		natsapi.HeaderSender:            jetstream.TapSender,
		natsapi.HeaderDepth:             jetstream.TapDepth,
	} {
		if ours != theirs {
			t.Errorf("header %q is %q in the store", ours, theirs)
		}
	}
}

// TestTap watches two queues with a wildcard while messages come in over both ways.
func TestTap(t *testing.T) {
	s := start(t)
	orders := s.create(account, "orders", nil)
	s.create(account, "bills.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	alice, bob := s.connect("alice"), s.connect("bob")
	all, one := alice.subscribe("sqs.tap.>"), bob.subscribe("sqs.tap.orders")
	none := bob.subscribe("sqs.tap.nothing")
	for i := range 10 {
		if _, err := s.service.SendMessage(t.Context(), caller(account), orders, &queue.SendMessageInput{
			Body: fmt.Append(nil, i), BodySet: true,
		}); err != nil {
			t.Fatal(err)
		}
	}
	fifo := bob.send("bills.fifo", "last", nats.Header{"Sqs-Message-Group-Id": {"g"}})
	for i := range 10 {
		want := nats.Header{}
		for _, sub := range []*nats.Subscription{all, one} {
			m := next(t, sub)
			if m.Subject != "sqs.tap.orders" || string(m.Data) != strconv.Itoa(i) {
				t.Errorf("message %d is %s %q", i, m.Subject, m.Data)
			}
			if got := m.Header.Get(natsapi.HeaderSequence); got != strconv.Itoa(i+1) {
				t.Errorf("message %d has sequence %s", i, got)
			}
			if want.Get(natsapi.HeaderMessageID) != "" {
				if diff := cmp.Diff(want, m.Header); diff != "" {
					t.Errorf("headers differ between subscribers:\n%s", diff)
				}
			}
			want = m.Header
		}
	}
	m := next(t, all)
	if m.Subject != "sqs.tap.bills.fifo" || string(m.Data) != "last" || m.Header.Get(natsapi.HeaderMessageID) != fifo.MessageID ||
		m.Header.Get(natsapi.HeaderGroup) != "g" || m.Header.Get(natsapi.HeaderDedupID) == "" {
		t.Errorf("FIFO message %s %q %v", m.Subject, m.Data, m.Header)
	}
	wantQuiet(t, bob, none)
	wantQuiet(t, bob, one)
}

// TestTapCanBeSentOn forwards what a tap shows to another queue, where it arrives unchanged.
func TestTapCanBeSentOn(t *testing.T) {
	s := start(t)
	from, to := s.create(account, "orders", nil), s.create(account, "copies", nil)
	alice := s.connect("alice")
	tap := alice.subscribe("sqs.tap.orders")
	if _, err := s.service.SendMessage(t.Context(), caller(account), from, &queue.SendMessageInput{
		Body: []byte("hello"), BodySet: true, GroupID: "tenant", GroupIDSet: true,
		Attributes: []queue.AttributeInput{
			{Name: "plain", DataType: "String", StringValue: []byte("näher"), StringSet: true},
			{Name: "lines", DataType: "String.lines", StringValue: []byte("a\r\nSqs-Delay-Seconds: 5"), StringSet: true},
			{Name: "blanks", DataType: "String", StringValue: []byte("  x "), StringSet: true},
			{Name: "number", DataType: "Number", StringValue: []byte("-1.5"), StringSet: true},
			{Name: "raw", DataType: "Binary.jpg", BinaryValue: []byte{0, 1, '\n', 0xff}, BinarySet: true},
			{Name: "straße.größe", DataType: "String", StringValue: []byte("1"), StringSet: true},
			{Name: "Type-plain", DataType: "String", StringValue: []byte("2"), StringSet: true},
		},
	}); err != nil {
		t.Fatal(err)
	}
	m := next(t, tap)
	if got := alice.send("copies", string(m.Data), m.Header); got.Error.Code != "" {
		t.Fatalf("send on: %v, headers %v", got.Error, m.Header)
	}
	want, got := s.receive(from)[0], s.receive(to)[0]
	if diff := cmp.Diff(want.Selected, got.Selected); diff != "" {
		t.Errorf("attributes (-sent +sent on):\n%s", diff)
	}
	if got.Group != "tenant" {
		t.Errorf("group %q", got.Group)
	}
}

// TestTapOfManyAttributes has more in attributes than headers may hold.
func TestTapOfManyAttributes(t *testing.T) {
	s := start(t)
	key := s.create(account, "orders", nil)
	tap := s.connect("alice").subscribe("sqs.tap.orders")
	in := &queue.SendMessageInput{Body: []byte("x"), BodySet: true}
	for i := range 4 {
		in.Attributes = append(in.Attributes, queue.AttributeInput{
			Name: fmt.Sprint("a", i), DataType: "String", StringValue: []byte(strings.Repeat("x", 25<<10)), StringSet: true,
		})
	}
	if _, err := s.service.SendMessage(t.Context(), caller(account), key, in); err != nil {
		t.Fatal(err)
	}
	m := next(t, tap)
	if got := m.Header.Get(natsapi.HeaderAttributesOmitted); got != "2" {
		t.Errorf("%q attributes are omitted, want 2", got)
	}
	if len(m.Header.Get("Sqs-Attribute-a1")) != 25<<10 || m.Header.Get("Sqs-Attribute-a2") != "" {
		t.Error("the first two attributes should be shown, and they alone")
	}
}

// TestAccountsAreApart has queues of the same name in two accounts.
func TestAccountsAreApart(t *testing.T) {
	s := start(t)
	ours, theirs := s.create(account, "orders", nil), s.create(otherAccount, "orders", nil)
	alice, mallory := s.connect("alice"), s.connect("mallory")
	ourTap, theirTap := alice.subscribe("sqs.tap.>"), mallory.subscribe("sqs.tap.>")
	alice.send("orders", "for alice", nil)
	if got := string(next(t, ourTap).Data); got != "for alice" {
		t.Errorf("alice sees %q", got)
	}
	mallory.send("orders", "for mallory", nil)
	if got := string(next(t, theirTap).Data); got != "for mallory" {
		t.Errorf("mallory sees %q", got)
	}
	wantQuiet(t, alice, ourTap)
	wantQuiet(t, mallory, theirTap)
	for key, want := range map[queue.Key]string{ours: "for alice", theirs: "for mallory"} {
		if got := s.receive(key); len(got) != 1 || string(got[0].Body) != want {
			t.Errorf("queue of account %s has %v, want %q", key.Account, got, want)
		}
	}
}

// TestInterest lets the store know who listens, through accounts and wildcards.
func TestInterest(t *testing.T) {
	s := start(t)
	interest := func(of, name string) bool {
		return s.store.Broker.Interest(jetstream.TapSubject(queue.Key{Account: of, Name: name}))
	}
	alice := s.connect("alice")
	for subject, want := range map[string]map[string]bool{
		"sqs.tap.orders":      {"orders": true, "orders.fifo": false, "bills": false},
		"sqs.tap.*":           {"orders": true, "orders.fifo": false, "bills": true},
		"sqs.tap.*.fifo":      {"orders": false, "orders.fifo": true, "bills": false},
		"sqs.tap.>":           {"orders": true, "orders.fifo": true, "bills": true},
		"sqs.tap.orders.fifo": {"orders": false, "orders.fifo": true, "bills": false},
	} {
		sub := alice.subscribe(subject)
		for name, want := range want {
			if got := interest(account, name); got != want {
				t.Errorf("with a subscription on %s interest in %s is %t", subject, name, got)
			}
			if interest(otherAccount, name) {
				t.Errorf("with a subscription on %s there is interest in another account's %s", subject, name)
			}
		}
		if err := sub.Unsubscribe(); err != nil {
			t.Fatal(err)
		}
		if err := alice.Flush(); err != nil {
			t.Fatal(err)
		}
		if interest(account, "orders") || interest(account, "orders.fifo") {
			t.Errorf("interest stays after the subscription on %s is gone", subject)
		}
	}
}

// TestSlowSubscriber does not read what it subscribed to. It must cost others nothing.
func TestSlowSubscriber(t *testing.T) {
	s := start(t)
	s.create(account, "orders", map[string]string{"MaximumMessageSize": "1048576"})
	slow, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.store.Broker.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if err := slow.SetDeadline(time.Now().Add(5 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Write([]byte(`CONNECT {"verbose":false,"headers":true,"user":"bob","pass":"secret of bob"}` +
		"\r\nSUB sqs.tap.orders 1\r\nPING\r\n")); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(slow)
	for line := ""; line != "PONG\r\n"; {
		if line, err = lines.ReadString('\n'); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	alice := s.connect("alice")
	body := strings.Repeat("x", 1<<20)
	const messages = 80
	slowest := time.Duration(0)
	for range messages {
		began := time.Now()
		if got := alice.send("orders", body, nil); got.Error.Code != "" {
			t.Fatal(got.Error)
		}
		slowest = max(slowest, time.Since(began))
	}
	t.Logf("the slowest send took %v", slowest)
	// A ping is answered behind all that was kept, or the connection has ended.
	read := 0
	if _, err := slow.Write([]byte("PING\r\n")); err == nil {
		for line := ""; line != "PONG\r\n" && err == nil; read += len(line) {
			line, err = lines.ReadString('\n')
		}
	}
	if read >= messages<<20 {
		t.Errorf("the server kept all of %d bytes for a subscriber that did not read", read)
	}
	t.Logf("the server kept %d of %d bytes", read, messages<<20)
}
