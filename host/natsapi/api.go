package natsapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

	flushTimeout = 5 * time.Second
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
	Logger  *slog.Logger // nil for none
}

// API serves native NATS clients.
type API struct {
	nc          *nats.Conn
	queues      Queues
	definitions Definitions
	opts        Options

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
	return &API{nc: nc, queues: queues, definitions: definitions, opts: o}, nil
}

// Run answers requests until ctx ends, and then those that have arrived.
func (a *API) Run(ctx context.Context) error {
	working := context.WithoutCancel(ctx)
	defer a.work.Wait()
	var arrived sync.WaitGroup
	var subs []*nats.Subscription
	for _, subject := range []string{sendSubject, sendFIFOSubject} {
		sub, err := a.subscribe(working, subject, &arrived)
		if err != nil {
			return fmt.Errorf("subscribe to sends of NATS clients: %w", err)
		}
		subs = append(subs, sub)
	}
	if err := a.nc.FlushTimeout(flushTimeout); err != nil {
		return fmt.Errorf("subscribe to sends of NATS clients: %w", err)
	}
	a.watch(ctx)
	for _, sub := range subs {
		if err := sub.Drain(); err != nil {
			return fmt.Errorf("finish the sends of NATS clients: %w", err)
		}
	}
	arrived.Wait()
	a.work.Wait()
	// What was answered has to leave before the connection is closed.
	if err := a.nc.FlushTimeout(flushTimeout); err != nil {
		return fmt.Errorf("finish the sends of NATS clients: %w", err)
	}
	return nil
}

// subscribe receives the requests on a subject until the subscription is drained.
func (a *API) subscribe(ctx context.Context, subject string, arrived *sync.WaitGroup) (*nats.Subscription, error) {
	sub, err := a.nc.Subscribe(subject, func(m *nats.Msg) { a.receive(ctx, m) })
	if err != nil {
		return nil, err
	}
	arrived.Add(1)
	sub.SetClosedHandler(func(string) { arrived.Done() })
	return sub, sub.SetPendingLimits(-1, maxWaiting)
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
