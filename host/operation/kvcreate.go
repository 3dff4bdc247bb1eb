package operation

import (
	"context"

	"github.com/queuelet/queuelet/plugins/abi"
)

// kvCreate writes a key that is not there.
func kvCreate() operation {
	return keyOperation(abi.OpKVCreate, maxValue, func(ctx context.Context, b Bucket, in *abi.KeyRequest, value []byte) (response, error) {
		return revisionResponse(b.Create(ctx, in.Key, value))
	})
}
