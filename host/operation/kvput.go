package operation

import (
	"context"

	"github.com/queuelet/queuelet/plugins/abi"
)

// kvPut writes a key, whatever it was.
func kvPut() operation {
	return keyOperation(abi.OpKVPut, maxValue, func(ctx context.Context, b Bucket, in *abi.KeyRequest, value []byte) (response, error) {
		return revisionResponse(b.Put(ctx, in.Key, value))
	})
}
