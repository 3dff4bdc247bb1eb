package operation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/abi"
)

// Queues is what operations ask of the domain; [queue.Service] implements it.
type Queues interface {
	ResolveURL(caller queue.Caller, queueURL string) queue.Key
	SendMessage(ctx context.Context, caller queue.Caller, key queue.Key, in *queue.SendMessageInput) (queue.SendMessageResult, error)
	SendMessageBatch(
		ctx context.Context, caller queue.Caller, key queue.Key, in []queue.SendMessageInput,
	) (queue.SendMessageBatchResult, error)
	ChangeMessageVisibility(ctx context.Context, caller queue.Caller, key queue.Key, in queue.ChangeVisibilityInput) error
}

var _ Queues = (*queue.Service)(nil)

// Options configure a Service.
type Options struct {
	Queues Queues
	// NATS returns the connection that publishes for the functions of an account.
	NATS func(account string) (*nats.Conn, error)
	// Bucket opens the bucket of a function, made or changed to hold so many bytes.
	Bucket func(ctx context.Context, account, function string, quota int64) (Bucket, error)
	// Resolver looks up the hosts of HTTP requests; nil for that of the system.
	Resolver   *net.Resolver
	Logger     *slog.Logger          // slog.Default()
	Registerer prometheus.Registerer // of the metrics; nil for none
}

// Service runs operations. Its methods may be called from many goroutines.
type Service struct {
	options    Options
	operations map[string]*operation
	metrics    *metrics

	mu        sync.RWMutex
	functions map[string]*grants
}

// New returns a service that grants nothing yet.
func New(o Options) (*Service, error) {
	if o.Queues == nil || o.NATS == nil || o.Bucket == nil {
		return nil, errors.New("operations need queues, a connection to NATS and buckets")
	}
	o.Logger = cmp.Or(o.Logger, slog.Default())
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	s := &Service{options: o, metrics: m, operations: map[string]*operation{}, functions: map[string]*grants{}}
	for _, op := range []operation{
		s.queueSend(), s.queueSendBatch(), s.queueExtend(),
		s.natsPublish(), s.natsRequest(),
		kvGet(), kvPut(), kvCreate(), kvUpdate(), kvDelete(), kvKeys(),
		httpFetch(), configGet(), secretGet(), metricsAdd(),
	} {
		s.operations[op.name] = &op
	}
	return s, nil
}

// Grant gives a function, which belongs to an account, these grants and no others. It takes effect at the next call.
func (s *Service) Grant(function, account string, g Grants) error {
	compiled, err := s.compile(function, account, g)
	if err != nil {
		return fmt.Errorf("grant operations to function %q: %w", function, err)
	}
	s.mu.Lock()
	before := s.functions[function]
	if g.Metrics {
		compiled.counters = s.metrics.countersOf(function, before)
	}
	s.functions[function] = compiled
	s.mu.Unlock()
	if before != nil {
		before.next.Store(compiled)
		before.close()
	}
	return nil
}

// Revoke takes all grants from a function, and forgets its counters.
func (s *Service) Revoke(function string) {
	if before := s.drop(function); before != nil {
		before.next.Store(&grants{function: before.function, account: before.account})
	}
}

// Retire takes all grants from a function, but for invocations under way that hold them.
func (s *Service) Retire(function string) { s.drop(function) }

func (s *Service) drop(function string) (before *grants) {
	s.mu.Lock()
	before = s.functions[function]
	delete(s.functions, function)
	s.mu.Unlock()
	if before != nil {
		before.close()
	}
	s.metrics.forget(function)
	return before
}

// Hold returns what a function is granted, for an invocation that begins.
func (s *Service) Hold(function string) Held {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Held{s.functions[function]}
}

// granted is what a caller may ask for now, nil if that is nothing.
func (s *Service) granted(function string, inv *invocation) *grants {
	s.mu.RLock()
	g := s.functions[function]
	s.mu.RUnlock()
	if g == nil && inv != nil && inv.Held.grants != nil {
		return inv.Held.grants.last()
	}
	return g
}

// Close lets go of what is kept open for functions.
func (s *Service) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.functions {
		g.close()
	}
	clear(s.functions)
}

// Subjects returns the NATS subjects on which functions of an account may publish, and whether some may make requests.
func (s *Service) Subjects(account string) (subjects []string, requests bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, g := range s.functions {
		if g.account != account {
			continue
		}
		subjects = append(append(subjects, g.publish...), g.request...)
		requests = requests || len(g.request) > 0
	}
	return subjects, requests
}

// Caller is who asks for an operation.
type Caller struct {
	Function  string
	RequestID string // of the invocation
}

// Call runs an operation for a function, within the invocation of [Invocation.Within]. Request and response are frames. The
// error is an [*Error], or that of a context that has ended.
func (s *Service) Call(ctx context.Context, caller Caller, name string, request []byte) ([]byte, error) {
	inv := invocationOf(ctx)
	answer, err := s.run(ctx, caller, inv, name, request)
	s.metrics.called(caller.Function, name, err)
	if err != nil && inv.logged() {
		s.options.Logger.Log(ctx, levelOf(err), "operation was not carried out",
			"function", caller.Function, "request_id", caller.RequestID, "operation", name, "error", err)
	}
	return answer, err
}

// levelOf is how serious it is that an operation was not carried out.
func levelOf(err error) slog.Level {
	refused, ours := errors.AsType[*Error](err)
	if !ours || refused.Errno == abi.NotFound || refused.Errno == abi.Conflict {
		return slog.LevelDebug // an answer that guests ask for; or the time is up, and the invocation says so
	}
	return slog.LevelWarn
}

func (s *Service) run(ctx context.Context, caller Caller, inv *invocation, name string, request []byte) (answer []byte, err error) {
	op := s.operations[name]
	if op == nil {
		return nil, refuse(abi.Unknown, "there is no operation %q", name)
	}
	g := s.granted(caller.Function, inv)
	if g == nil {
		return nil, denied(op.grant, name)
	}
	c, err := op.newCall(g, inv, request)
	if err != nil {
		return nil, err
	}
	defer func() { // what a guest sends must not end the process
		if cause := recover(); cause != nil {
			s.options.Logger.ErrorContext(ctx, "operation panicked", "operation", name, "cause", cause, "stack", string(debug.Stack()))
			answer, err = nil, refuse(abi.Failed, "the operation panicked: %v", cause)
		}
	}()
	limited, cancel := context.WithTimeout(ctx, op.timeout)
	defer cancel()
	r, err := op.run(limited, c)
	switch {
	case err == nil:
		return r.encode()
	case ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded):
		return nil, &Error{Errno: abi.TimedOut, Reason: fmt.Sprintf("not done within %v", op.timeout), Err: err}
	default:
		return nil, err
	}
}
