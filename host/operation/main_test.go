package operation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/queuelet/queuelet/host/operation"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/plugins/abi"
)

const (
	account      = "000000000000"
	otherAccount = "111111111111"
	function     = "f"
)

// stage is a service on a real store.
type stage struct {
	*operation.Service

	t        testing.TB
	store    *jetstream.Embedded
	queues   *queue.Service
	registry *prometheus.Registry
	log      logBuffer
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newStage(t testing.TB, resolver *net.Resolver) *stage {
	t.Helper()
	store, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, store: store, registry: prometheus.NewRegistry()}
	s.queues, err = queue.New(t.Context(), store, queue.Options{
		Region: "us-east-1", KnownAccount: func(a string) bool { return a == account || a == otherAccount },
	})
	if err != nil {
		t.Fatal(err)
	}
	var connection *nats.Conn
	connect := sync.OnceValues(func() (*nats.Conn, error) {
		var err error
		connection, err = store.Broker.ConnectFunctions(account)
		return connection, err
	})
	s.Service, err = operation.New(operation.Options{
		Queues: s.queues,
		NATS:   func(string) (*nats.Conn, error) { return connect() },
		Bucket: func(ctx context.Context, account, function string, quota int64) (operation.Bucket, error) {
			return store.FunctionBucket(ctx, account, function, quota)
		},
		Resolver: resolver, Logger: slog.New(slog.NewTextHandler(&s.log, nil)), Registerer: s.registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		if connection != nil {
			connection.Close()
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *stage) grant(g operation.Grants) {
	s.t.Helper()
	if err := s.Grant(function, account, g); err != nil {
		s.t.Fatal(err)
	}
}

// create makes a queue of the function's account; attributes are pairs of name and value.
func (s *stage) create(name string, attributes ...string) queue.Key {
	s.t.Helper()
	in := queue.CreateQueueInput{Name: name, Attributes: map[string]string{}}
	for i := 0; i < len(attributes); i += 2 {
		in.Attributes[attributes[i]] = attributes[i+1]
	}
	key, err := s.queues.CreateQueue(s.t.Context(), queue.Caller{Account: account}, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return key
}

func (s *stage) receive(key queue.Key) []queue.ReceivedMessage {
	s.t.Helper()
	got, err := s.queues.ReceiveMessage(s.t.Context(), queue.Caller{Account: key.Account}, key, &queue.ReceiveMessageInput{
		MaxNumberOfMessages: queue.OptionalInt{Value: 10, Set: true}, SystemAttributeNames: []string{"All"}, MessageAttributeNames: []string{"All"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// invocation is the context of a new invocation.
func (s *stage) invocation(inv operation.Invocation) context.Context {
	return inv.Within()(s.t.Context())
}

// call runs an operation with a header of any type, and reads the header of the response into answer, if it is not nil.
func (s *stage) call(ctx context.Context, name string, header any, body string, answer any) (string, error) {
	s.t.Helper()
	text, err := json.Marshal(header)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.callText(ctx, name, string(text), body, answer)
}

func (s *stage) callText(ctx context.Context, name, header, body string, answer any) (string, error) {
	s.t.Helper()
	frame, err := s.Call(ctx, operation.Caller{Function: function, RequestID: "request"}, name, abi.AppendFrame(nil, []byte(header), []byte(body)))
	if err != nil {
		return "", err
	}
	got, content, err := abi.SplitFrame(frame)
	if err != nil {
		s.t.Fatalf("%s answers no frame: %q", name, frame)
	}
	if answer != nil {
		if err := json.Unmarshal(got, answer); err != nil {
			s.t.Fatalf("%s answers the header %q: %v", name, got, err)
		}
	}
	return string(content), nil
}

// want checks what a guest is told.
func want(t testing.TB, what string, err error, errno abi.Errno, reason string) {
	t.Helper()
	var got abi.Errno
	if errors.As(err, &got); got != errno || err != nil && !strings.Contains(err.Error(), reason) {
		t.Errorf("%s: %v (%d), want %d with %q", what, err, got, errno, reason)
	}
}
