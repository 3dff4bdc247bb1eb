package operation

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/plugins/abi"
)

const (
	maxKey       = 256     // bytes
	maxValue     = 1 << 20 // bytes
	maxKeyCalls  = 10_000
	maxKeyHeader = 1 << 10
	keyTimeout   = 30 * time.Second
)

// Bucket keeps keys and values of a function. Its errors are, or wrap, those of package jetstream of nats.go.
type Bucket interface {
	Get(ctx context.Context, key string) (value []byte, revision uint64, err error)
	Put(ctx context.Context, key string, value []byte) (revision uint64, err error)
	// Create fails with ErrKeyExists where the key is there.
	Create(ctx context.Context, key string, value []byte) (revision uint64, err error)
	// Update fails with ErrKeyRevisionMismatch where the revision is not the key's last.
	Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)
	// Delete fails with ErrKeyRevisionMismatch where the revision is neither 0 nor the key's last.
	Delete(ctx context.Context, key string, revision uint64) error
	// Keys returns at most so many keys below a prefix, "" for all.
	Keys(ctx context.Context, prefix string, most int) ([]string, error)
}

// bucket opens a function's bucket when it is first used.
type bucket struct {
	open              func(ctx context.Context, account, function string, quota int64) (Bucket, error)
	account, function string
	quota             int64

	mu     sync.Mutex
	opened Bucket // nil before
}

// get returns the bucket.
func (b *bucket) get(ctx context.Context) (Bucket, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened != nil {
		return b.opened, nil
	}
	opened, err := b.open(ctx, b.account, b.function, b.quota)
	if err != nil {
		return nil, &Error{Errno: abi.Failed, Reason: "open the bucket", Err: err}
	}
	b.opened = opened
	return opened, nil
}

// keyOperation is an operation on one key.
func keyOperation(name string, maxBody int, run func(context.Context, Bucket, *abi.KeyRequest, []byte) (response, error)) operation {
	return operation{
		name: name, grant: "kv", granted: func(g *grants) bool { return g.bucket != nil },
		maxHeader: maxKeyHeader, maxBody: maxBody, maxCalls: maxKeyCalls, timeout: keyTimeout,
		run: func(ctx context.Context, c *call) (response, error) {
			var in abi.KeyRequest
			if err := c.decode(&in); err != nil {
				return response{}, err
			}
			if !validKey(in.Key) {
				return response{}, refuse(abi.Invalid, "%s is no key: write up to %d letters, digits and any of -_=./", shorten(in.Key), maxKey)
			}
			b, err := c.bucket.get(ctx)
			if err != nil {
				return response{}, err
			}
			r, err := run(ctx, b, &in, c.body)
			return r, keyError(in.Key, err)
		},
	}
}

var keyPattern = regexp.MustCompile(`^[-/_=.a-zA-Z0-9]+$`)

// validKey says whether a text is a key, all of whose parts are something.
func validKey(key string) bool {
	return len(key) <= maxKey && keyPattern.MatchString(key) && !strings.HasPrefix(key, ".") && !strings.HasSuffix(key, ".") &&
		!strings.Contains(key, "..")
}

// revisionResponse answers with the revision that a write has made.
func revisionResponse(revision uint64, err error) (response, error) {
	return response{header: abi.RevisionResponse{Revision: revision}}, err
}

// keyError gives an error of a bucket its number.
func keyError(key string, err error) error {
	var ours *Error
	var server *jetstream.APIError
	switch {
	case err == nil || errors.As(err, &ours) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return refuse(abi.NotFound, "there is no key %s", shorten(key))
	case errors.Is(err, jetstream.ErrKeyExists), errors.Is(err, jetstream.ErrKeyRevisionMismatch):
		return refuse(abi.Conflict, "key %s is there with another revision", shorten(key))
	case errors.As(err, &server) && strings.Contains(server.Description, "maximum bytes exceeded"):
		return refuse(abi.Limit, "the bucket is full: delete keys, or raise grants.kv.quota of the function")
	default:
		return &Error{Errno: abi.Failed, Reason: "key " + shorten(key), Err: err}
	}
}
