package operation

import (
	"context"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// configGet reads a value of the function's configuration.
func configGet() operation {
	return operation{
		name: abi.OpConfigGet, grant: "config", granted: func(g *grants) bool { return len(g.config) > 0 },
		maxHeader: 1 << 10, maxCalls: 10_000, timeout: time.Second, atStart: true,
		run: func(_ context.Context, c *call) (response, error) { return c.lookUp(c.config) },
	}
}

// lookUp answers with the value of the name that the header gives.
func (c *call) lookUp(values map[string]string) (response, error) {
	var in abi.NameRequest
	if err := c.decode(&in); err != nil {
		return response{}, err
	}
	value, ok := values[in.Name]
	if !ok {
		return response{}, refuse(abi.NotFound, "there is nothing by the name %.80q", in.Name)
	}
	return response{body: []byte(value)}, nil
}
