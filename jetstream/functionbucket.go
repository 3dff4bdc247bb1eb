package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// maxFunctionValue is the largest value in the bucket of a function, in bytes.
	maxFunctionValue = 1 << 20
	// deletedKeyTime is how long a bucket remembers that a key was deleted. Without an end it would fill with such memories.
	deletedKeyTime = time.Minute
)

// FunctionBucket keeps keys and values of one function. What it has answered is as durable as messages are. Its errors are
// those of nats.go: jetstream.ErrKeyNotFound, ErrKeyExists and ErrKeyRevisionMismatch.
type FunctionBucket struct {
	store *Store
	kv    jetstream.KeyValue
}

// FunctionBucket opens the bucket of a function. It is made, or changed, to hold so many bytes.
func (s *Store) FunctionBucket(ctx context.Context, account, function string, quota int64) (*FunctionBucket, error) {
	kv, err := s.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket:         functionBucket(account, function),
		MaxBytes:       quota,
		MaxValueSize:   maxFunctionValue,
		LimitMarkerTTL: deletedKeyTime,
	})
	if err != nil {
		return nil, fmt.Errorf("open the bucket of function %s: %w", function, err)
	}
	if err := s.durable(); err != nil {
		return nil, fmt.Errorf("open the bucket of function %s: %w", function, err)
	}
	return &FunctionBucket{store: s, kv: kv}, nil
}

// Get returns a value and its revision.
func (b *FunctionBucket) Get(ctx context.Context, key string) (value []byte, revision uint64, err error) {
	entry, err := b.kv.Get(ctx, key)
	if err != nil {
		return nil, 0, fmt.Errorf("get: %w", err)
	}
	return entry.Value(), entry.Revision(), nil
}

// Put sets a value and returns its revision.
func (b *FunctionBucket) Put(ctx context.Context, key string, value []byte) (revision uint64, err error) {
	return b.written(b.kv.Put(ctx, key, value))
}

// Create sets the value of a key that does not exist.
func (b *FunctionBucket) Create(ctx context.Context, key string, value []byte) (revision uint64, err error) {
	return b.written(b.kv.Create(ctx, key, value))
}

// Update sets the value of a key whose last revision is the one given.
func (b *FunctionBucket) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	return b.written(b.kv.Update(ctx, key, value, revision))
}

func (b *FunctionBucket) written(revision uint64, err error) (uint64, error) {
	if err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	return revision, b.store.durable()
}

// Delete removes a key, if its last revision is the one given or that is 0.
func (b *FunctionBucket) Delete(ctx context.Context, key string, revision uint64) error {
	options := []jetstream.KVDeleteOpt{jetstream.PurgeTTL(deletedKeyTime)}
	if revision != 0 {
		options = append(options, jetstream.LastRevision(revision))
	}
	if err := b.kv.Purge(ctx, key, options...); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return b.store.durable()
}

// Keys returns at most so many of the keys whose first parts are the prefix, or of all.
func (b *FunctionBucket) Keys(ctx context.Context, prefix string, most int) ([]string, error) {
	filter := ">"
	if prefix != "" {
		filter = prefix + ".>"
	}
	watcher, err := b.kv.Watch(ctx, filter, jetstream.IgnoreDeletes(), jetstream.MetaOnly())
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	defer func() { _ = watcher.Stop() }() // what there was to read was read
	var keys []string
	for len(keys) < most {
		select {
		case entry := <-watcher.Updates():
			if entry == nil { // all that were there
				return keys, nil
			}
			keys = append(keys, entry.Key())
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return keys, nil
}
