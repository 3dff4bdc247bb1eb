package operation

import (
	"context"

	"github.com/queuelet/queuelet/plugins/abi"
)

// kvGet reads a key with its revision.
func kvGet() operation {
	return keyOperation(abi.OpKVGet, 0, func(ctx context.Context, b Bucket, in *abi.KeyRequest, _ []byte) (response, error) {
		value, revision, err := b.Get(ctx, in.Key)
		return response{header: abi.RevisionResponse{Revision: revision}, body: value}, err
	})
}
