package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/log"
)

var _ queue.Store = (*Store)(nil)

// DefaultCacheBytes is how much memory the bodies of queued messages may take. Bodies
// beyond it are read back from disk when they are received.
const DefaultCacheBytes = 64 << 20

// Options configure a Store. The zero value answers when the operating system has the
// data, and never refuses for lack of disk.
type Options struct {
	// Sync makes durable what is stored so far in a stream, or everything that is written
	// when none is named. Answers that promise durability wait for it, many for one
	// call; there is one call at a time. Nil means that what the server stored is durable
	// enough.
	Sync func(stream string) error
	// FreeBytes tells how much of the disk is free; below MinFree, messages are refused.
	FreeBytes func() (int64, error)
	MinFree   int64
	// Reopen opens all streams of the server again, of which a failed write makes JetStream
	// give one up. Nil means that a process has to start again then.
	Reopen func() error
	// Interest tells whether anybody would get a message published on a subject. Nil
	// switches taps off.
	Interest func(subject string) bool
	// Taps are the streams of queues that keep what was stored for replay.
	Taps TapOptions
	// CacheBytes bounds the memory for message bodies; 0 means DefaultCacheBytes.
	CacheBytes int64
	Logger     *slog.Logger
}

// Store keeps queues on JetStream. It owns their shard: it is their only writer.
type Store struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	kv     jetstream.KeyValue
	opts   Options
	commit *log.Committer // nil without Options.Sync
	disk   disk
	repair repair
	taps   *tapStreams // nil without Options.Taps
	owner  *owner

	generation atomic.Uint64

	mu    sync.RWMutex
	byKey map[queue.Key]*ownedQueue
	names []queue.Key // sorted by account and name
}

// Open takes ownership of the shard on the server that nc is connected to, and reads its
// queues. It ends the right of an earlier owner to write. ctx bounds the opening only.
func Open(ctx context.Context, nc *nats.Conn, opts Options) (*Store, error) {
	js, err := log.Connect(nc)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if opts.CacheBytes == 0 {
		opts.CacheBytes = DefaultCacheBytes
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{
		nc: nc, js: js, opts: opts,
		taps:   newTapStreams(opts.Taps),
		disk:   disk{free: opts.FreeBytes, min: opts.MinFree},
		repair: repair{reopen: opts.Reopen},
		byKey:  map[queue.Key]*ownedQueue{},
	}
	if opts.Sync != nil {
		s.commit = log.NewCommitter(opts.Sync)
	}
	s.kv, err = js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: metadataBucket})
	if err != nil {
		return nil, fmt.Errorf("open metadata bucket: %w", err)
	}
	if err := s.takeOver(ctx); err != nil {
		return nil, err
	}
	s.reconcileTaps(ctx)
	return s, nil
}

// Close hands the shard back: what was promised is stored, waiting receives end with
// queue.ErrUnavailable, and nothing is written afterwards.
func (s *Store) Close() error {
	s.owner.close(queue.ErrUnavailable)
	if s.taps != nil {
		s.taps.close()
	}
	if s.commit == nil {
		return nil
	}
	return s.commit.Wait()
}

// Failed is closed when the store lost its right or its ability to write. Err says why.
// A process then has to start again.
func (s *Store) Failed() <-chan struct{} { return s.owner.ctx.Done() }

// Err says why the store stopped, nil while it works.
func (s *Store) Err() error {
	if err := context.Cause(s.owner.ctx); err != nil && !errors.Is(err, queue.ErrUnavailable) {
		return err
	}
	return nil
}

// Generation is a number that changes whenever a queue is made, changed or deleted.
func (s *Store) Generation() uint64 { return s.generation.Load() }

// durable waits until everything stored so far survives a power cut.
func (s *Store) durable() error {
	if s.commit == nil {
		return nil
	}
	return s.commit.Wait()
}

// find returns the queue of a definition, which must be its present incarnation.
func (s *Store) find(def *queue.Definition) (*ownedQueue, error) {
	s.mu.RLock()
	q := s.byKey[def.Key]
	s.mu.RUnlock()
	if q == nil || q.id != def.ID {
		return nil, queue.ErrQueueNotFound
	}
	return q, nil
}

// findToWrite returns the queue of a definition for an operation that has to be recorded.
func (s *Store) findToWrite(def *queue.Definition) (*ownedQueue, error) {
	if err := s.repair.check(); err != nil {
		return nil, err
	}
	return s.find(def)
}

// lookup returns the present queue of a key, or nil.
func (s *Store) lookup(key queue.Key) *ownedQueue {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byKey[key]
}

// Durable waits until everything stored so far survives a power cut, whoever has stored it.
func (s *Store) Durable() error { return s.durable() }
