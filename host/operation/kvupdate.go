package operation

import (
	"context"

	"github.com/queuelet/queuelet/plugins/abi"
)

// kvUpdate writes a key if nobody has written it since it was read.
func kvUpdate() operation {
	return keyOperation(abi.OpKVUpdate, maxValue, func(ctx context.Context, b Bucket, in *abi.KeyRequest, value []byte) (response, error) {
		if in.Revision == 0 {
			return response{}, refuse(abi.Invalid, "the header gives no revision: kv.put writes without one, kv.create a new key")
		}
		return revisionResponse(b.Update(ctx, in.Key, value, in.Revision))
	})
}
