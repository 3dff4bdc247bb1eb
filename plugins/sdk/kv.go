package queuelet

import (
	"context"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Bucket keeps keys and values of the function, when it was granted one. All instances of the function share it, and it
// outlives them. Keys consist of letters, digits and any of -_=./ and do not begin or end with a dot; a value may have
// 1 MiB.
type Bucket struct{}

// KV returns the function's bucket.
func KV() Bucket { return Bucket{} }

// Value is what a bucket keeps for a key.
type Value struct {
	Data     []byte
	Revision uint64 // goes up with each write
}

// Get reads a key. The error is abi.NotFound when it is not there.
func (Bucket) Get(ctx context.Context, key string) (Value, error) {
	var answer abi.RevisionResponse
	data, err := Call(ctx, abi.OpKVGet, abi.KeyRequest{Key: key}, nil, &answer)
	return Value{Data: data, Revision: answer.Revision}, err
}

// Put writes a key, whatever it was, and returns its revision.
func (Bucket) Put(ctx context.Context, key string, data []byte) (uint64, error) {
	return write(ctx, abi.OpKVPut, abi.KeyRequest{Key: key}, data)
}

// Create writes a key that is not there. The error is abi.Conflict when it is.
func (Bucket) Create(ctx context.Context, key string, data []byte) (uint64, error) {
	return write(ctx, abi.OpKVCreate, abi.KeyRequest{Key: key}, data)
}

// Update writes a key that nobody has written since it had the revision. The error is abi.Conflict when somebody has.
func (Bucket) Update(ctx context.Context, key string, data []byte, revision uint64) (uint64, error) {
	return write(ctx, abi.OpKVUpdate, abi.KeyRequest{Key: key, Revision: revision}, data)
}

func write(ctx context.Context, operation string, request abi.KeyRequest, data []byte) (uint64, error) {
	var answer abi.RevisionResponse
	_, err := Call(ctx, operation, request, data, &answer)
	return answer.Revision, err
}

// Delete removes a key. With a revision it does so only if that is the last one, or else the error is abi.Conflict; 0 stands
// for any.
func (Bucket) Delete(ctx context.Context, key string, revision uint64) error {
	_, err := Call(ctx, abi.OpKVDelete, abi.KeyRequest{Key: key, Revision: revision}, nil, nil)
	return err
}

// Keys returns the keys whose first parts, as they are divided by dots, are the prefix, in order; all keys for "".
func (Bucket) Keys(ctx context.Context, prefix string) ([]string, error) {
	var answer abi.KeysResponse
	_, err := Call(ctx, abi.OpKVKeys, abi.KeysRequest{Prefix: prefix}, nil, &answer)
	return answer.Keys, err
}
