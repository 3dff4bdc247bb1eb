package operation

import (
	"context"
	"slices"

	"github.com/queuelet/queuelet/plugins/abi"
)

// maxListedKeys is how many keys one call may list.
const maxListedKeys = 10_000

// kvKeys lists keys.
func kvKeys() operation {
	return operation{
		name: abi.OpKVKeys, grant: "kv", granted: func(g *grants) bool { return g.bucket != nil },
		maxHeader: maxKeyHeader, maxCalls: 100, timeout: keyTimeout,
		run: listKeys,
	}
}

func listKeys(ctx context.Context, c *call) (response, error) {
	var in abi.KeysRequest
	if err := c.decode(&in); err != nil {
		return response{}, err
	}
	if in.Prefix != "" && !validKey(in.Prefix) {
		return response{}, refuse(abi.Invalid, "%s is no prefix of keys: write whole parts of a key, without the dot behind them", shorten(in.Prefix))
	}
	b, err := c.bucket.get(ctx)
	if err != nil {
		return response{}, err
	}
	keys, err := b.Keys(ctx, in.Prefix, maxListedKeys+1)
	switch {
	case err != nil:
		return response{}, keyError(in.Prefix, err)
	case len(keys) > maxListedKeys:
		return response{}, refuse(abi.TooBig, "more than %d keys: list those below a prefix", maxListedKeys)
	}
	slices.Sort(keys)
	return response{header: abi.KeysResponse{Keys: keys}}, nil
}
