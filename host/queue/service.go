package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/queuelet/queuelet/host/activity"
)

// Options configure a [Service].
type Options struct {
	// Region is the one that ARNs name.
	Region string
	// KnownAccount tells whether an account exists, for queue URLs that name one.
	// nil knows only the caller's own.
	KnownAccount func(account string) bool
	// DeleteCooldown is how long a deleted queue's name stays blocked, 60 s in AWS.
	// 0 switches the guard off.
	DeleteCooldown time.Duration
	// PurgeCooldown is the least time between two purges of a queue, 60 s in AWS.
	// 0 switches the guard off.
	PurgeCooldown time.Duration
	// Activity is told what happens; nil for nobody.
	Activity *activity.Feed
}

// Service answers every SQS operation. It is safe for concurrent use.
//
// Every error it returns is an [*Error], except that a context's error comes back
// as it is when the caller went away.
type Service struct {
	store        Store
	region       string
	knownAccount func(account string) bool
	receipts     *receiptSealer
	ids          idSource
	deleted      *cooldown
	purged       *cooldown
	policies     policyCache
	moves        *moveTaskList
	activity     *activity.Feed

	// draining ends when Drain is called; every long poll is joined to it.
	draining context.Context //nolint:containedctx // a stop signal to derive from, not a request's context
	drain    context.CancelFunc
}

// receiptSecret names the store's secret that seals receipt handles.
const receiptSecret = "receipt"

// New returns a service over the store. It fetches the key that seals receipt
// handles from it.
func New(ctx context.Context, store Store, o Options) (*Service, error) {
	if store == nil {
		return nil, errors.New("queue service needs a store")
	}
	if o.Region == "" {
		return nil, errors.New("queue service needs a region for its ARNs")
	}
	key, err := store.Secret(ctx, receiptSecret)
	if err != nil {
		return nil, fmt.Errorf("fetch the key of receipt handles: %w", err)
	}
	receipts, err := newReceiptSealer(key)
	if err != nil {
		return nil, fmt.Errorf("set up receipt handles: %w", err)
	}
	s := &Service{
		store:        store,
		region:       o.Region,
		knownAccount: o.KnownAccount,
		activity:     o.Activity,
		receipts:     receipts,
		deleted:      newCooldown(o.DeleteCooldown),
		purged:       newCooldown(o.PurgeCooldown),
		moves:        newMoveTaskList(store),
	}
	s.draining, s.drain = context.WithCancel(context.WithoutCancel(ctx))
	return s, nil
}

// Drain makes every long poll return empty at once, those that wait now and those
// that come later. Short polls and all other operations go on.
func (s *Service) Drain() { s.drain() }
