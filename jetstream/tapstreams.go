package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/host/queue"
)

const (
	// DefaultTapBytes is how much one tap stream keeps; older messages go first.
	DefaultTapBytes = 1 << 30

	// maxTapWrites is how many messages may be on their way to the tap streams of one
	// account.
	maxTapWrites = 4096
)

// TapOptions say where tap streams are kept.
type TapOptions struct {
	// Connect returns a connection to the NATS account that holds the tap streams of an
	// account. Nil switches tap streams off.
	Connect func(account string) (*nats.Conn, error)
	// Accounts lists the accounts that may have tap streams from before, so that those of
	// queues that are gone are removed.
	Accounts func() ([]string, error)
	MaxBytes int64 // of one stream; 0 means DefaultTapBytes
}

// tapStreams holds the connections to the accounts of taps.
type tapStreams struct {
	opts TapOptions

	mu       sync.Mutex
	accounts map[string]jetstream.JetStream
	closed   bool
}

// newTapStreams returns nil when tap streams are switched off.
func newTapStreams(o TapOptions) *tapStreams {
	if o.Connect == nil {
		return nil
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultTapBytes
	}
	return &tapStreams{opts: o, accounts: map[string]jetstream.JetStream{}}
}

// of returns JetStream in the NATS account of an account's taps.
func (t *tapStreams) of(account string) (jetstream.JetStream, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if js := t.accounts[account]; js != nil {
		return js, nil
	}
	if t.closed {
		return nil, queue.ErrUnavailable
	}
	nc, err := t.opts.Connect(account)
	if err != nil {
		return nil, fmt.Errorf("connect to the taps of account %s: %w", account, err)
	}
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(maxTapWrites),
		jetstream.WithPublishAsyncTimeout(tapTimeout))
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("connect to the taps of account %s: %w", account, err)
	}
	t.accounts[account] = js
	return js, nil
}

func (t *tapStreams) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, js := range t.accounts {
		js.Conn().Close()
	}
	clear(t.accounts)
}

// config is the tap stream that a definition asks for. Messages in it cannot be deleted one
// by one or purged: it is what was stored.
func (t *tapStreams) config(def *queue.Definition, next uint64) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:           TapStream(def.Name),
		Description:    "messages stored in queue " + def.Name,
		Subjects:       []string{ClientTapSubject(def.Name)},
		MaxAge:         def.Attributes.Retention,
		MaxBytes:       t.opts.MaxBytes,
		MaxConsumers:   tapMaxConsumers,
		ConsumerLimits: jetstream.StreamConsumerLimits{MaxAckPending: tapMaxAckPending},
		DenyDelete:     true,
		DenyPurge:      true,
		Replicas:       1,
		Metadata: map[string]string{
			tapQueueKey: tapOwner(def),
			tapFromKey:  strconv.FormatUint(next, 10),
		},
	}
}

// reconcileTaps makes the tap streams what the definitions say, after a takeover.
func (s *Store) reconcileTaps(ctx context.Context) {
	if s.taps == nil {
		return
	}
	wanted := map[queue.Key]bool{} // by account and name of the stream
	for _, q := range s.owner.queues() {
		if def := q.def.Load(); def.Tap == queue.TapStream {
			wanted[queue.Key{Account: def.Account, Name: TapStream(def.Name)}] = true
			q.redefineTap(ctx)
		}
	}
	if s.opts.Taps.Accounts == nil {
		return
	}
	accounts, err := s.opts.Taps.Accounts()
	for _, account := range accounts {
		err = errors.Join(err, s.removeTaps(ctx, account, wanted))
	}
	if err != nil {
		s.opts.Logger.WarnContext(ctx, "tap streams of deleted queues remain until the next start", "error", err)
	}
}

// removeTaps removes the tap streams of an account that are not wanted.
func (s *Store) removeTaps(ctx context.Context, account string, wanted map[queue.Key]bool) error {
	js, err := s.taps.of(account)
	if err != nil {
		return err
	}
	names := js.StreamNames(ctx)
	for name := range names.Name() {
		if !wanted[queue.Key{Account: account, Name: name}] {
			err = errors.Join(err, js.DeleteStream(ctx, name))
		}
	}
	if err := errors.Join(err, names.Err()); err != nil {
		return fmt.Errorf("remove tap streams of account %s: %w", account, err)
	}
	return nil
}
