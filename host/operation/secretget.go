package operation

import (
	"context"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// secretGet reads one of the function's secrets.
func secretGet() operation {
	return operation{
		name: abi.OpSecretGet, grant: "secrets", granted: func(g *grants) bool { return len(g.secrets) > 0 },
		maxHeader: 1 << 10, maxCalls: 1000, timeout: time.Second, atStart: true,
		run: func(_ context.Context, c *call) (response, error) { return c.lookUp(c.secrets) },
	}
}
