package broker

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	testAccount = "000000000000"
	patience    = time.Minute
)

// one admits a single user.
type one struct{ client Client }

func (o one) Authenticate(user, password string) (Client, bool) {
	return o.client, user == "user" && password == "secret"
}

func startListening(t *testing.T) *Broker {
	t.Helper()
	b, err := Start(t.Context(), Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Shutdown)
	return b
}

// TestShed leaves more requests open than may be. Their client is disconnected, and comes in
// again when they are forgotten.
func TestShed(t *testing.T) {
	b := startListening(t)
	b.guard.stop() // the test does its work
	b.guard = nil
	b.Admit(one{Client{
		Account: testAccount, Token: "token", Replay: true, Subscribe: []string{"_INBOX.>"},
	}})
	nc, err := b.ConnectTaps(testAccount)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "TAP_orders", Subjects: []string{"sqs.tap.orders"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateConsumer(t.Context(), "TAP_orders", jetstream.ConsumerConfig{Durable: "c", AckPolicy: jetstream.AckExplicitPolicy}); err != nil {
		t.Fatal(err)
	}

	closed := make(chan struct{})
	client, err := connectClient(b, nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		t.Fatal(err)
	}
	sub, err := client.SubscribeSync("_INBOX.pulls")
	if err != nil {
		t.Fatal(err)
	}
	const pulls = 100
	for range pulls {
		if err := client.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.TAP_orders.c", sub.Subject, []byte(`{"batch":1,"expires":60000000000}`)); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Flush(); err != nil {
		t.Fatal(err)
	}
	b.auth.mu.Lock()
	got := openRequests(b.auth.ready[tapAccount(testAccount)])
	b.auth.mu.Unlock()
	if got != pulls {
		t.Errorf("%d requests are open, want %d", got, pulls)
	}
	b.auth.shed(pulls)
	if client.IsClosed() {
		t.Fatal("the client is disconnected, though it has no more requests open than it may")
	}
	b.auth.shed(pulls - 1)
	select {
	case <-closed:
	case <-time.After(patience):
		t.Fatal("the client stays connected")
	}
	if _, err := connectClient(b); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("it may come back at once: %v", err)
	}
	// The connection's end makes the server forget its requests.
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		b.auth.shed(pulls - 1)
		again, err := connectClient(b)
		if err == nil {
			again.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("it may not come back later: %v", err)
		}
	}
}

func connectClient(b *Broker, options ...nats.Option) (*nats.Conn, error) {
	nc, err := nats.Connect("nats://"+b.Addr().String(), append(options, nats.UserInfo("user", "secret"), nats.Timeout(patience))...)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return nc, nil
}

// TestNobodyIsAdmittedAtFirst connects before the API for clients is ready, and after it is
// gone.
func TestNobodyIsAdmittedAtFirst(t *testing.T) {
	b := startListening(t)
	if _, err := connectClient(b); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("a client is admitted before anybody decides: %v", err)
	}
	b.Admit(one{Client{Account: testAccount, Token: "token"}})
	closed := make(chan struct{})
	client, err := connectClient(b, nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	b.Admit(nil)
	select {
	case <-closed:
	case <-time.After(patience):
		t.Error("the client stays connected")
	}
	if _, err := connectClient(b); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("a client is admitted afterwards: %v", err)
	}
}

// TestNoSubjects admits a client to nothing, which is not everything.
func TestNoSubjects(t *testing.T) {
	b := startListening(t)
	b.Admit(one{Client{Account: testAccount, Token: "token"}})
	complaints := make(chan error, 8)
	client, err := connectClient(b, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { complaints <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Publish("sqs.send.orders", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := client.SubscribeSync("sqs.tap.orders"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case err := <-complaints:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Fatal("the server allows it")
		}
	}
}

// TestOwnConnectionsStayInside tries the users of the process itself from outside.
func TestOwnConnectionsStayInside(t *testing.T) {
	b := startListening(t)
	b.Admit(one{})
	if _, err := b.ConnectTaps(testAccount); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{engineUser, tapUserPrefix + testAccount} {
		nc, err := nats.Connect("nats://"+b.Addr().String(), nats.UserInfo(user, b.auth.secret))
		if !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("user %s over TCP: %v", user, err)
			nc.Close()
		}
	}
}
