package natsapi_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/host/queue"
)

func TestLoginRefused(t *testing.T) {
	s := start(t)
	s.setKey("temporary", account, nil)
	s.setKey("expired", account, nil)
	s.mu.Lock()
	temporary, expired := s.keys["temporary"], s.keys["expired"]
	temporary.SessionToken, expired.Expires = "token", time.Now().Add(-time.Second)
	s.keys["temporary"], s.keys["expired"] = temporary, expired
	s.keys["empty"] = queueless()
	s.mu.Unlock()
	for name, login := range map[string]nats.Option{
		"nobody":        nats.Name("anonymous"),
		"unknown key":   nats.UserInfo("eve", "secret of eve"),
		"wrong secret":  nats.UserInfo("alice", "secret of bob"),
		"no secret":     nats.UserInfo("alice", ""),
		"empty secret":  nats.UserInfo("empty", ""),
		"token":         nats.Token("secret of alice"),
		"engine":        nats.UserInfo("engine", ""),
		"taps":          nats.UserInfo("taps."+account, ""),
		"session token": nats.UserInfo("temporary", "secret of temporary"),
		"expired":       nats.UserInfo("expired", "secret of expired"),
	} {
		nc, err := nats.Connect("nats://"+s.store.Broker.Addr().String(), login, nats.Timeout(patience))
		if !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: %v, want an authorization violation", name, err)
		}
		if nc != nil {
			nc.Close()
		}
	}
}

// TestForbidden tries what no client may: with the server's permissions, and by the reply
// subject, which they do not cover.
func TestForbidden(t *testing.T) {
	s := start(t)
	orders := s.create(account, "orders", nil)
	s.create(otherAccount, "orders", nil)
	s.tapStream(orders)
	alice := s.connect("alice")
	// Bodies that are requests, for whoever can be made to deliver them where requests go.
	bodies := []string{`{}`, `{"stream_name":"TAP_orders","config":{"name":"evil","deliver_subject":"sqs.tap.bills"}}`}
	for _, body := range bodies {
		alice.send("orders", body, nil)
	}
	s.consumer(alice, "c")

	for _, subject := range []string{
		"sqs.tap.orders", "sqs.tap." + account + ".orders", "sqs.tap." + otherAccount + ".orders",
		"sqs.send." + otherAccount + ".orders", "sqs.send.YWxpY2U.orders.x", "sqs.consumer." + account + ".CREATE.TAP_orders.x",
		"ql.j.0", "ql.q.0000000000000001", "$KV.queuelet.queue." + account + ".orders",
		"$JS.API.STREAM.CREATE.X", "$JS.API.STREAM.UPDATE.TAP_orders", "$JS.API.STREAM.DELETE.TAP_orders",
		"$JS.API.STREAM.PURGE.TAP_orders", "$JS.API.STREAM.MSG.DELETE.TAP_orders", "$JS.API.STREAM.SNAPSHOT.TAP_orders",
		"$JS.API.STREAM.RESTORE.TAP_orders", "$JS.API.STREAM.DELETE.J_0", "$JS.API.STREAM.PURGE.J_0",
		"$JS.API.CONSUMER.PAUSE.TAP_orders.c", "$JS.API.DIRECT.GET.J_0", "$JS.API.SERVER.REMOVE", "$JS.API.META.LEADER.STEPDOWN",
		"$JS.API.ACCOUNT.PURGE." + account, "$SYS.REQ.SERVER.PING", "$SYS.REQ.ACCOUNT.PING.CONNZ", "_INBOX.other", "_R_.x.y", "$SRV.PING",
	} {
		if err := alice.Publish(subject, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		alice.wantComplaint()
	}
	for _, subject := range []string{
		">", "*.>", "sqs.>", "sqs.send.>", "sqs.send.orders", "$JS.>", "$JS.API.>", "$JS.EVENT.>", "$SYS.>", "$KV.>", "ql.>", "_R_.>", "$SRV.>",
		"_INBOX_other.>", "*.orders",
	} {
		alice.subscribe(subject)
		alice.wantComplaint()
	}

	// What a client cannot publish it may have answers published to: the reply subject is its
	// own choice. Answers come from the engine and from the account of the taps.
	for _, reply := range []string{
		"$JS.API.STREAM.DELETE.TAP_orders", "$JS.API.STREAM.PURGE.TAP_orders", "$JS.API.STREAM.DELETE.J_0", "$JS.API.STREAM.PURGE.J_0",
		"$JS.API.STREAM.DELETE.KV_queuelet", "ql.j.0", "sqs.tap.orders", "sqs.tap." + account + ".orders", "sqs.send." + otherAccount + ".orders",
		"$SYS.REQ.SERVER.PING", "$JS.API.CONSUMER.PAUSE.TAP_orders.c", "$JS.API.CONSUMER.CREATE.TAP_orders.evil",
		"$JS.API.CONSUMER.DURABLE.CREATE.TAP_orders.evil",
	} {
		for _, subject := range []string{
			"sqs.send.nowhere", "$JS.API.CONSUMER.MSG.NEXT.TAP_orders.c", "$JS.API.CONSUMER.MSG.NEXT.TAP_orders.c", "$JS.API.STREAM.INFO.TAP_orders",
			"$JS.API.STREAM.INFO.J_0", "$JS.API.CONSUMER.CREATE.TAP_orders.x",
		} {
			if err := alice.PublishRequest(subject, reply, nil); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range []string{"-NAK", "+WPI", "-NAK"} { // so that the next pull gets them again
			for seq := range bodies {
				if err := alice.Publish(fmt.Sprintf("$JS.ACK.TAP_orders.c.1.%d.%d.1.0", seq+1, seq+1), []byte(m)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := alice.Flush(); err != nil {
		t.Fatal(err)
	}
	// The last answers may be on their way; a later send goes through the same hands.
	alice.send("orders", "more", nil)
	s.wantTapStream("TAP_orders", append(bodies, "more")...)
	if names := s.consumerNames("TAP_orders"); !slices.Equal(names, []string{"c"}) {
		t.Errorf("the stream has the consumers %q, want c alone", names)
	}
	if err := s.store.Err(); err != nil {
		t.Errorf("the store has failed: %v", err)
	}
	if got := s.receive(orders); len(got) != 3 {
		t.Errorf("the queue has %d messages, want 3", len(got))
	}
	if got := s.receive(queue.Key{Account: otherAccount, Name: "orders"}); len(got) != 0 {
		t.Errorf("the other account's queue has %d messages, want none", len(got))
	}
	s.stop()
	s.open(s.store.Broker.Dir())
	s.wantTapStream("TAP_orders", append(bodies, "more")...)
}

// TestReservedReply connects without a client library, which itself refuses some of it.
func TestReservedReply(t *testing.T) {
	s := start(t)
	s.create(account, "orders", nil)
	for _, reply := range []string{"_R_.abc.def", "$JS.ACK.J_0.c.1.1.1.1.0"} {
		alice := s.connect("alice")
		if err := alice.PublishRequest("sqs.send.orders", reply, []byte("x")); err != nil {
			t.Fatal(err)
		}
		alice.wantComplaint()
	}
}

// TestPushConsumerRefused asks for consumers that would send where their maker may not.
func TestPushConsumerRefused(t *testing.T) {
	s := start(t)
	s.tapStream(s.create(account, "orders", nil))
	alice := s.connect("alice")
	for name, request := range map[string]string{
		"push":      `{"stream_name":"TAP_orders","config":{"name":"c","deliver_subject":"sqs.tap.other","ack_policy":"none"}}`,
		"spelling":  `{"stream_name":"TAP_orders","config":{"name":"c","Deliver_Subject":"sqs.tap.other","ack_policy":"none"}}`,
		"twice":     `{"stream_name":"TAP_orders","config":{"name":"c","deliver_subject":""},"config":{"name":"c","deliver_subject":"sqs.tap.other"}}`,
		"group":     `{"stream_name":"TAP_orders","config":{"name":"c","deliver_group":"g","ack_policy":"none"}}`,
		"heartbeat": `{"stream_name":"TAP_orders","config":{"name":"c","idle_heartbeat":1000000000}}`,
		"waiting":   `{"stream_name":"TAP_orders","config":{"name":"c","max_waiting":100000}}`,
		"metadata":  `{"stream_name":"TAP_orders","config":{"name":"c","metadata":{"a":"` + strings.Repeat("x", 5<<10) + `"}}}`,
		"too long":  strings.Repeat(" ", 65<<10) + `{}`,
		"no JSON":   `{`,
		"nothing":   ``,
	} {
		for _, subject := range []string{"CREATE.TAP_orders.c", "CREATE.TAP_orders", "DURABLE.CREATE.TAP_orders.c"} {
			m, err := alice.Request("$JS.API.CONSUMER."+subject, []byte(request), patience)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !strings.Contains(string(m.Data), `"error"`) {
				t.Errorf("%s on %s was answered %s", name, subject, m.Data)
			}
		}
	}
	js, err := natsjs.New(alice.Conn, natsjs.WithDefaultTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "TAP_orders")
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Consumers; n != 0 {
		t.Errorf("there are %d consumers, want none", n)
	}
}

// TestInboxesAreApart lets one key listen where another key of the account gets its answers.
func TestInboxesAreApart(t *testing.T) {
	s := start(t)
	s.create(account, "orders", nil)
	alice, bob := s.connect("alice"), s.connect("bob")
	listening := bob.subscribe("_INBOX.>")
	if got := alice.send("orders", "secret", nil); got.MessageID == "" {
		t.Errorf("answer %+v", got)
	}
	wantQuiet(t, bob, listening)
}

func allow(t *testing.T, grants ...queue.Grant) *queue.AllowList {
	t.Helper()
	list, err := queue.NewAllowList(grants)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestAllowList has a key that may send to one queue and read others.
func TestAllowList(t *testing.T) {
	s := start(t)
	for _, name := range []string{"orders", "bills", "bills-old"} {
		s.create(account, name, nil)
	}
	s.setKey("clerk", account, allow(t,
		queue.Grant{Actions: []string{"SendMessage"}, Queues: []string{"orders"}},
		queue.Grant{Actions: []string{"ReceiveMessage"}, Queues: []string{"bills*"}},
	))
	clerk := s.connect("clerk", nats.MaxReconnects(-1))
	if got := clerk.send("orders", "x", nil); got.Error.Code != "" {
		t.Errorf("send: %v", got.Error)
	}
	if got := clerk.send("bills", "x", nil); queue.Code(got.Error.Code) != queue.CodeAccessDenied {
		t.Errorf("send to another queue: %v, want %s", got.Error, queue.CodeAccessDenied)
	}
	for _, subject := range []string{"sqs.tap.orders", "sqs.tap.>", "sqs.tap.*", "sqs.tap.bills-new"} {
		clerk.subscribe(subject)
		clerk.wantComplaint()
	}
	tap := clerk.subscribe("sqs.tap.bills-old")
	s.connect("alice").send("bills-old", "hello", nil)
	if got := string(next(t, tap).Data); got != "hello" {
		t.Errorf("the tap shows %q", got)
	}
	if err := clerk.Publish("$JS.API.STREAM.NAMES", nil); err != nil {
		t.Fatal(err)
	}
	clerk.wantComplaint()

	// A new queue that the pattern covers: the client is connected anew, with a right to it.
	reconnected := make(chan struct{}, 1)
	clerk.SetReconnectHandler(func(*nats.Conn) { reconnected <- struct{}{} })
	s.create(account, "bills-new", nil)
	wait(t, reconnected)
	tap = clerk.subscribe("sqs.tap.bills-new")
	s.connect("alice").send("bills-new", "hello", nil)
	if got := string(next(t, tap).Data); got != "hello" {
		t.Errorf("the tap shows %q", got)
	}
}

// TestPolicyOfAQueue keeps a tap from those who may not receive.
func TestPolicyOfAQueue(t *testing.T) {
	s := start(t)
	s.create(account, "open", nil)
	secret := s.create(account, "secret", nil)
	alice := s.connect("alice", nats.MaxReconnects(-1))
	all := alice.subscribe("sqs.tap.>")
	reconnected := make(chan struct{}, 1)
	alice.SetReconnectHandler(func(*nats.Conn) { reconnected <- struct{}{} })
	if err := s.service.SetQueueAttributes(t.Context(), caller(account), secret, map[string]string{"Policy": `{"Version":"2012-10-17",
		"Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:ReceiveMessage","Resource":"*"}]}`}); err != nil {
		t.Fatal(err)
	}
	wait(t, reconnected)
	alice.subscribe("sqs.tap.secret")
	alice.wantComplaint()
	alice.send("secret", "hidden", nil)
	alice.send("open", "shown", nil)
	if got := next(t, all); string(got.Data) != "shown" {
		t.Errorf("the tap shows %s %q", got.Subject, got.Data)
	}
	wantQuiet(t, alice, all)
}

// TestKeyRevoked takes a key away, and then gives it back with another account.
func TestKeyRevoked(t *testing.T) {
	s := start(t)
	s.create(account, "orders", nil)
	closed := make(chan struct{}, 1)
	alice := s.connect("alice", nats.ClosedHandler(func(*nats.Conn) { closed <- struct{}{} }))
	bob := s.connect("bob")
	if got := alice.send("orders", "x", nil); got.Error.Code != "" {
		t.Fatal(got.Error)
	}
	s.dropKey("alice")
	if got := alice.send("orders", "x", nil); queue.Code(got.Error.Code) != queue.CodeAccessDenied {
		t.Errorf("send with a revoked key: %v, want %s", got.Error, queue.CodeAccessDenied)
	}
	s.store.Broker.Recheck()
	wait(t, closed)
	if got := bob.send("orders", "x", nil); got.Error.Code != "" || bob.Reconnects != 0 {
		t.Errorf("another key: %v, %d reconnects", got.Error, bob.Reconnects)
	}
	s.setKey("alice", otherAccount, nil)
	if got := s.connect("alice").send("orders", "x", nil); queue.Code(got.Error.Code) != queue.CodeQueueDoesNotExist {
		t.Errorf("the key's new account has no such queue, but the answer is %v", got.Error)
	}
}

// TestSecretReplaced changes the secret of a key that is in use.
func TestSecretReplaced(t *testing.T) {
	s := start(t)
	closed := make(chan struct{}, 1)
	s.connect("alice", nats.ClosedHandler(func(*nats.Conn) { closed <- struct{}{} }))
	s.mu.Lock()
	c := s.keys["alice"]
	c.Secret = "another"
	s.keys["alice"] = c
	s.mu.Unlock()
	s.store.Broker.Recheck()
	wait(t, closed)
}

func TestTooManyConnections(t *testing.T) {
	s := start(t)
	for range 64 {
		s.connect("alice")
	}
	nc, err := nats.Connect("nats://"+s.store.Broker.Addr().String(), nats.UserInfo("alice", "secret of alice"), nats.Timeout(patience))
	if err == nil {
		nc.Close()
		t.Error("a key may have any number of connections")
	}
	s.connect("bob")
}

func wait(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("it did not happen")
	}
}
