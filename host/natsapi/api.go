package natsapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/queue"
)

const (
	// The subjects of sends in the engine's account: sqs.send.<token>.<queue>. The name of a
	// FIFO queue is two tokens.
	sendPrefix      = "sqs.send."
	sendSubject     = sendPrefix + "*.*"
	sendFIFOSubject = sendPrefix + "*.*.*"

	// Requests that wait to be looked at, and those that are being worked on, take at most
	// that many bytes. Beyond the second one they are answered RequestThrottled.
	maxWaiting  = 16 << 20
	maxUnderWay = 64 << 20
	// requestCost is what a request of any size counts for at least.
	requestCost = 16 << 10

	// checkInterval is how often rights of connected clients are compared with the queues.
	checkInterval = time.Second

	drainTimeout = 5 * time.Second

	// endMark begins the subjects of a message to ourselves behind the last request. No
	// client's token is "-", and a client can only publish with its own.
	endMark = sendPrefix + "-.end"
)

// Queues is what natsapi asks of the domain; [queue.Service] implements it.
type Queues interface {
	SendMessage(ctx context.Context, caller queue.Caller, key queue.Key, in *queue.SendMessageInput) (queue.SendMessageResult, error)
	Authorize(caller queue.Caller, key queue.Key, action queue.Action) error
}

// Definitions is what natsapi asks of the store.
type Definitions interface {
	// Queues lists an account's queues whose names have the prefix.
	Queues(account, prefix string) []*queue.Definition
	// Generation changes whenever a queue is made, changed or deleted.
	Generation() uint64
}

// Credential is an access key.
type Credential struct {
	Secret string
	// SessionToken is "" for a long-term key. Temporary ones are not admitted.
	SessionToken string
	Expires      time.Time // zero for never
	Caller       queue.Caller
}

// Options configure an [API].
type Options struct {
	// Credential looks an access key up as it is now.
	Credential func(accessKeyID string) (Credential, bool)
	// Recheck is called when queues changed, so that clients whose rights are different now
	// are disconnected. Nil does without.
	Recheck func()
	// Functions returns the subjects on which functions of an account publish and make requests, and whether there are
	// requests to be answered. Nil when there are none.
	Functions func(account string) (subjects []string, requests bool)
	Logger    *slog.Logger // nil for none
}

// API serves native NATS clients.
type API struct {
	nc          *nats.Conn
	queues      Queues
	definitions Definitions
	opts        Options
	subscribed  chan struct{}

	underWay atomic.Int64 // bytes of requests that are being worked on
	work     sync.WaitGroup
}

// New returns an API on a connection of the engine's account, which it should have for
// itself: clients can make it busy.
func New(nc *nats.Conn, queues Queues, definitions Definitions, o Options) (*API, error) {
	if nc == nil || queues == nil || definitions == nil || o.Credential == nil {
		return nil, errors.New("the API for NATS clients needs a connection, queues, their definitions and credentials")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &API{nc: nc, queues: queues, definitions: definitions, opts: o, subscribed: make(chan struct{})}, nil
}

// Subscribed is closed once Run takes requests. Before that, nobody answers them.
func (a *API) Subscribed() <-chan struct{} { return a.subscribed }

// Run answers requests until ctx ends, and then those that have arrived. It is called once.
func (a *API) Run(ctx context.Context) error {
	working := context.WithoutCancel(ctx)
	defer a.work.Wait()
	single, err := a.subscribe(working, sendSubject)
	if err != nil {
		return err
	}
	defer single.end()
	double, err := a.subscribe(working, sendFIFOSubject)
	if err != nil {
		return err
	}
	defer double.end()
	if err := a.flush(working); err != nil {
		return fmt.Errorf("subscribe to sends of NATS clients: %w", err)
	}
	close(a.subscribed)
	a.watch(ctx)
	if err := errors.Join(a.drain(working, single, endMark), a.drain(working, double, endMark+".fifo")); err != nil {
		return fmt.Errorf("finish the sends of NATS clients: %w", err)
	}
	a.work.Wait()
	// What was answered has to leave before the connection is closed.
	if err := a.flush(working); err != nil {
		return fmt.Errorf("finish the sends of NATS clients: %w", err)
	}
	return nil
}

// subscription receives requests.
type subscription struct {
	*nats.Subscription

	drained chan struct{} // closed when the end mark has come through
}

func (a *API) subscribe(ctx context.Context, subject string) (*subscription, error) {
	s := &subscription{drained: make(chan struct{})}
	var err error
	s.Subscription, err = a.nc.Subscribe(subject, func(m *nats.Msg) {
		if strings.HasPrefix(m.Subject, endMark) {
			close(s.drained)
			return
		}
		a.receive(ctx, m)
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe to sends of NATS clients: %w", err)
	}
	if err := s.SetPendingLimits(-1, maxWaiting); err != nil {
		s.end()
		return nil, fmt.Errorf("limit the sends of NATS clients: %w", err)
	}
	return s, nil
}

// end ends the subscription. It fails only where the connection has ended it.
func (s *subscription) end() { _ = s.Unsubscribe() }

// drain waits until the subscription has handed over what arrived before now.
func (a *API) drain(ctx context.Context, s *subscription, mark string) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	if err := a.nc.Publish(mark, nil); err != nil {
		return fmt.Errorf("publish the end mark: %w", err)
	}
	select {
	case <-s.drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the end mark: %w", ctx.Err())
	}
}

// flush waits until the server has seen all that was published.
func (a *API) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	if err := a.nc.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	return nil
}

// watch asks for a recheck of the clients when queues have changed, until ctx ends.
func (a *API) watch(ctx context.Context) {
	t := time.NewTicker(checkInterval)
	defer t.Stop()
	seen := a.definitions.Generation()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if now := a.definitions.Generation(); now != seen && a.opts.Recheck != nil {
			seen = now
			a.opts.Recheck()
		}
	}
}
