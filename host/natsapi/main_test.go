package natsapi_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/natsapi"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/jetstream/broker"
)

const (
	account      = "000000000000"
	otherAccount = "111111111111"
	patience     = time.Minute
)

// server is the store, the domain and the API for NATS clients, on a socket.
type server struct {
	t       testing.TB
	store   *jetstream.Embedded
	service *queue.Service
	stop    func()
	// between, if it is set, stands between the API and the domain.
	between func(natsapi.Queues) natsapi.Queues

	mu       sync.Mutex
	keys     map[string]natsapi.Credential
	subjects []string // that functions of the account publish and make requests on
}

// clients lets the API admit clients to the broker.
type clients struct{ api *natsapi.API }

func (c clients) Authenticate(user, password string) (broker.Client, bool) {
	client, ok := c.api.Authenticate(user, password)
	return broker.Client(client), ok
}

func start(t testing.TB) *server {
	t.Helper()
	return startBehind(t, nil)
}

func startBehind(t testing.TB, between func(natsapi.Queues) natsapi.Queues) *server {
	t.Helper()
	s := &server{t: t, keys: map[string]natsapi.Credential{}, between: between}
	s.setKey("alice", account, nil)
	s.setKey("bob", account, nil)
	s.setKey("mallory", otherAccount, nil)
	s.open(t.TempDir())
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *server) open(dir string) {
	s.t.Helper()
	ctx := s.t.Context()
	store, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedOptions{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		s.t.Fatal(err)
	}
	s.store = store
	if s.service, err = queue.New(ctx, store, queue.Options{Region: "us-east-1"}); err != nil {
		s.t.Fatal(err)
	}
	nc, err := store.Broker.Connect()
	if err != nil {
		s.t.Fatal(err)
	}
	var queues natsapi.Queues = s.service
	if s.between != nil {
		queues = s.between(queues)
	}
	api, err := natsapi.New(nc, queues, store, natsapi.Options{
		Credential: s.credential, Recheck: store.Broker.Recheck, Functions: s.functions,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- api.Run(running) }()
	select {
	case <-api.Subscribed():
	case err := <-ended:
		s.t.Fatal(err)
	}
	store.Broker.Admit(clients{api})
	s.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error("run:", err)
		}
		store.Broker.Admit(nil)
		nc.Close()
		if err := store.Close(); err != nil {
			s.t.Error("close:", err)
		}
	}
}

func (s *server) functions(of string) ([]string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if of != account {
		return nil, false
	}
	return s.subjects, len(s.subjects) > 0
}

func (s *server) credential(id string) (natsapi.Credential, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.keys[id]
	return c, ok
}

// setKey adds a key or replaces it. Its secret is made of its name.
func (s *server) setKey(id, of string, allow *queue.AllowList) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[id] = natsapi.Credential{Secret: "secret of " + id, Caller: queue.Caller{
		Account: of, AccessKeyID: id, Principal: "AIDA" + id, Allow: allow,
	}}
}

func (s *server) dropKey(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, id)
}

func caller(of string) queue.Caller { return queue.Caller{Account: of, Principal: "AIDAOWNER"} }

func (s *server) create(of, name string, attributes map[string]string) queue.Key {
	s.t.Helper()
	key, err := s.service.CreateQueue(s.t.Context(), caller(of), queue.CreateQueueInput{Name: name, Attributes: attributes})
	if err != nil {
		s.t.Fatalf("create %s: %v", name, err)
	}
	return key
}

// connect connects with a key and collects what the server complains about.
func (s *server) connect(id string, options ...nats.Option) *client {
	s.t.Helper()
	c := &client{t: s.t, complaints: make(chan error, 64)}
	options = append([]nats.Option{
		nats.UserInfo(id, "secret of "+id),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { c.complaints <- err }),
		nats.ReconnectWait(20 * time.Millisecond),
		nats.Timeout(patience),
	}, options...)
	nc, err := nats.Connect("nats://"+s.store.Broker.Addr().String(), options...)
	if err != nil {
		s.t.Fatalf("connect as %s: %v", id, err)
	}
	s.t.Cleanup(nc.Close)
	c.Conn = nc
	return c
}

type client struct {
	*nats.Conn

	t          testing.TB
	complaints chan error
}

// answer is what a send is answered, both of its forms.
type answer struct {
	MessageID                    string `json:"MessageId"`
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string
	MD5OfMessageSystemAttributes string
	SequenceNumber               string
	Error                        struct{ Code, Message string }
}

func (c *client) send(name, body string, header nats.Header) answer {
	c.t.Helper()
	m, err := c.RequestMsg(&nats.Msg{Subject: "sqs.send." + name, Data: []byte(body), Header: header}, patience)
	if err != nil {
		c.t.Fatalf("send to %s: %v", name, err)
	}
	var a answer
	if err := json.Unmarshal(m.Data, &a); err != nil {
		c.t.Fatalf("answer %q: %v", m.Data, err)
	}
	if got := m.Header.Get("Nats-Service-Error-Code"); got != a.Error.Code {
		c.t.Errorf("header has error code %q, the answer %q", got, a.Error.Code)
	}
	return a
}

// subscribe subscribes and waits until the server knows.
func (c *client) subscribe(subject string) *nats.Subscription {
	c.t.Helper()
	sub, err := c.SubscribeSync(subject)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.Flush(); err != nil {
		c.t.Fatal(err)
	}
	return sub
}

// wantComplaint waits until the server refuses something.
func (c *client) wantComplaint() {
	c.t.Helper()
	select {
	case <-c.complaints:
	case <-time.After(patience):
		c.t.Error("the server did not refuse it")
	}
}

func next(t *testing.T, sub *nats.Subscription) *nats.Msg {
	t.Helper()
	m, err := sub.NextMsg(patience)
	if err != nil {
		t.Fatalf("no message on %s: %v", sub.Subject, err)
	}
	return m
}

// wantQuiet checks that nothing arrives that was sent before the client's last round trip.
func wantQuiet(t *testing.T, c *client, sub *nats.Subscription) {
	t.Helper()
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := sub.Pending(); err != nil || n != 0 {
		m, _ := sub.NextMsg(time.Millisecond)
		t.Errorf("%d messages on %s, want none: %v %v", n, sub.Subject, m, err)
	}
}

func (s *server) receive(key queue.Key) []queue.ReceivedMessage {
	s.t.Helper()
	got, err := s.service.ReceiveMessage(s.t.Context(), caller(key.Account), key, &queue.ReceiveMessageInput{
		MaxNumberOfMessages: queue.OptionalInt{Value: 10, Set: true}, MessageAttributeNames: []string{"All"}, SystemAttributeNames: []string{"All"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}
