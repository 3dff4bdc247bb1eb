package jetstream

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/host/queue"
)

const secretBytes = 32

// CreateQueue implements [queue.Store]. The key in the metadata bucket is the claim on the
// name; the queue's stream is made at the first send.
func (s *Store) CreateQueue(ctx context.Context, def queue.Definition) (*queue.Definition, error) {
	if q := s.lookup(def.Key); q != nil {
		return q.def.Load(), queue.ErrQueueExists
	}
	def.ID = newID()
	text, err := json.Marshal(def)
	if err != nil {
		return nil, fmt.Errorf("create queue %s: %w", def.Name, err)
	}
	if _, err := s.kv.Create(ctx, queueKey(def.Key), text); err != nil {
		if errors.Is(err, jetstream.ErrKeyExists) {
			return s.existing(ctx, def.Key)
		}
		return nil, fmt.Errorf("create queue %s: %w", def.Name, s.notStored(ctx, err))
	}
	if err := s.durable(); err != nil {
		return nil, fmt.Errorf("create queue %s: %w", def.Name, err)
	}
	q := newOwnedQueue(s.owner, &def)
	s.register(q)
	if def.Tap == queue.TapStream {
		q.redefineTap(ctx)
	}
	return &def, nil
}

// existing waits for the definition that another call is just creating.
func (s *Store) existing(ctx context.Context, key queue.Key) (*queue.Definition, error) {
	def, _, err := s.stored(ctx, key)
	if err != nil {
		return nil, err
	}
	return def, queue.ErrQueueExists
}

// stored reads a definition and its revision from the metadata bucket.
func (s *Store) stored(ctx context.Context, key queue.Key) (*queue.Definition, uint64, error) {
	entry, err := s.kv.Get(ctx, queueKey(key))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, queue.ErrQueueNotFound
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read definition of %s: %w", key.Name, unavailable(err))
	}
	def := &queue.Definition{}
	if err := json.Unmarshal(entry.Value(), def); err != nil {
		return nil, 0, fmt.Errorf("read definition of %s: %w", key.Name, err)
	}
	return def, entry.Revision(), nil
}

// UpdateQueue implements [queue.Store].
func (s *Store) UpdateQueue(ctx context.Context, key queue.Key, change func(*queue.Definition) error) (*queue.Definition, error) {
	for {
		def, revision, err := s.stored(ctx, key)
		if err != nil {
			return nil, err
		}
		id := def.ID
		if err := change(def); err != nil {
			return nil, err
		}
		def.Key, def.ID = key, id
		text, err := json.Marshal(def)
		if err != nil {
			return nil, fmt.Errorf("update queue %s: %w", key.Name, err)
		}
		revision, err = s.kv.Update(ctx, queueKey(key), text, revision)
		if isConflict(err) {
			continue // somebody else was faster: look at what they left
		}
		if err != nil {
			return nil, fmt.Errorf("update queue %s: %w", key.Name, s.notStored(ctx, err))
		}
		if err := s.durable(); err != nil {
			return nil, fmt.Errorf("update queue %s: %w", key.Name, err)
		}
		q := s.lookup(key)
		if q == nil || q.id != id {
			return nil, queue.ErrQueueNotFound
		}
		before := q.def.Load()
		q.redefine(def, revision)
		s.generation.Add(1)
		if before.Tap != def.Tap || before.Attributes.Retention != def.Attributes.Retention {
			q.redefineTap(ctx)
		}
		return def, nil
	}
}

// DeleteQueue implements [queue.Store]. Once the key is gone the queue is; its stream is
// removed then, and at the next start if that fails.
func (s *Store) DeleteQueue(ctx context.Context, key queue.Key) error {
	q := s.lookup(key)
	if q == nil {
		return queue.ErrQueueNotFound
	}
	if err := s.kv.Purge(ctx, queueKey(key)); err != nil {
		return fmt.Errorf("delete queue %s: %w", key.Name, s.notStored(ctx, err))
	}
	if !s.unregister(q) {
		return queue.ErrQueueNotFound
	}
	q.end(queue.ErrQueueNotFound)
	q.abandon()
	q.dropTap(ctx)
	err := s.js.DeleteStream(ctx, logStream(q.id))
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		s.opts.Logger.WarnContext(ctx, "log of a deleted queue remains until the next start", "queue", key.Name, "error", err)
	}
	return s.durable()
}

// Queue implements [queue.Store].
func (s *Store) Queue(key queue.Key) (*queue.Definition, error) {
	if q := s.lookup(key); q != nil {
		return q.def.Load(), nil
	}
	return nil, queue.ErrQueueNotFound
}

// Queues implements [queue.Store].
func (s *Store) Queues(account, prefix string) []*queue.Definition {
	s.mu.RLock()
	defer s.mu.RUnlock()
	first := 0
	if account != "" {
		first, _ = slices.BinarySearchFunc(s.names, queue.Key{Account: account, Name: prefix}, compareKeys)
	}
	var found []*queue.Definition
	for _, key := range s.names[first:] {
		if account != "" && (key.Account != account || !strings.HasPrefix(key.Name, prefix)) {
			break
		}
		if strings.HasPrefix(key.Name, prefix) {
			found = append(found, s.byKey[key].def.Load())
		}
	}
	return found
}

// Secret implements [queue.Store].
func (s *Store) Secret(ctx context.Context, name string) ([]byte, error) {
	secret := make([]byte, secretBytes)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("make secret %s: %w", name, err)
	}
	_, err := s.kv.Create(ctx, secretKey(name), secret)
	if err == nil {
		return secret, s.durable()
	}
	if !errors.Is(err, jetstream.ErrKeyExists) {
		return nil, fmt.Errorf("make secret %s: %w", name, unavailable(err))
	}
	entry, err := s.kv.Get(ctx, secretKey(name))
	if err != nil {
		return nil, fmt.Errorf("read secret %s: %w", name, unavailable(err))
	}
	return entry.Value(), nil
}

// definitions reads all definitions from the metadata bucket.
func (s *Store) definitions(ctx context.Context) ([]*queue.Definition, error) {
	var defs []*queue.Definition
	err := s.each(ctx, queueKeyPrefix, func(entry jetstream.KeyValueEntry) error {
		def := &queue.Definition{}
		if err := json.Unmarshal(entry.Value(), def); err != nil {
			return fmt.Errorf("read definition %s: %w", entry.Key(), err)
		}
		defs = append(defs, def)
		return nil
	})
	return defs, err
}

// each calls do for the present value of every key of the metadata bucket with the prefix.
func (s *Store) each(ctx context.Context, prefix string, do func(jetstream.KeyValueEntry) error) error {
	watch, err := s.kv.Watch(ctx, prefix+">", jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("read metadata: %w", err)
	}
	defer func() { _ = watch.Stop() }()
	for {
		select {
		case entry := <-watch.Updates():
			if entry == nil {
				return nil
			}
			if err := do(entry); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("read metadata: %w", ctx.Err())
		}
	}
}

// register makes a queue known.
func (s *Store) register(q *ownedQueue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation.Add(1)
	key := q.def.Load().Key
	s.byKey[key] = q
	i, found := slices.BinarySearchFunc(s.names, key, compareKeys)
	if !found {
		s.names = slices.Insert(s.names, i, key)
	}
}

// registerAll makes many queues known at once, at takeover.
func (s *Store) registerAll(queues []*ownedQueue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range queues {
		s.byKey[q.def.Load().Key] = q
	}
	s.names = slices.SortedFunc(maps.Keys(s.byKey), compareKeys)
}

// unregister forgets a queue; false when it was gone already.
func (s *Store) unregister(q *ownedQueue) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := q.def.Load().Key
	if s.byKey[key] != q {
		return false
	}
	s.generation.Add(1)
	delete(s.byKey, key)
	if i, found := slices.BinarySearchFunc(s.names, key, compareKeys); found {
		s.names = slices.Delete(s.names, i, i+1)
	}
	return true
}

func compareKeys(a, b queue.Key) int {
	return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Name, b.Name))
}

// newID returns a random incarnation id, never 0.
func newID() uint64 {
	var b [8]byte
	for {
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		if id := binary.LittleEndian.Uint64(b[:]); id != 0 {
			return id
		}
	}
}

// isConflict tells a lost race of compare-and-set from other errors.
func isConflict(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence
}

// unavailable marks an error of the server as one that may pass.
func unavailable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", queue.ErrUnavailable, err)
}
