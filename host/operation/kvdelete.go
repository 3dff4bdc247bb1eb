package operation

import (
	"context"

	"github.com/queuelet/queuelet/plugins/abi"
)

// kvDelete removes a key. One that is not there is no error.
func kvDelete() operation {
	return keyOperation(abi.OpKVDelete, 0, func(ctx context.Context, b Bucket, in *abi.KeyRequest, _ []byte) (response, error) {
		return response{}, b.Delete(ctx, in.Key, in.Revision)
	})
}
