package operation

import (
	"context"
	"math"
	"regexp"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/queuelet/queuelet/plugins/abi"
)

// maxCounters is how many counters a function may have.
const maxCounters = 100

var counterName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// counters are those of one function.
type counters struct {
	series *prometheus.CounterVec // by name

	mu    sync.Mutex
	names map[string]struct{}
}

// countersOf returns a function's counters, which go on where it had some before.
func (m *metrics) countersOf(function string, before *grants) *counters {
	if before != nil && before.counters != nil {
		return before.counters
	}
	return &counters{series: m.own.MustCurryWith(prometheus.Labels{"function": function}), names: map[string]struct{}{}}
}

// metricsAdd adds to a counter of the function.
func metricsAdd() operation {
	return operation{
		name: abi.OpMetricsAdd, grant: "metrics", granted: func(g *grants) bool { return g.counters != nil },
		maxHeader: 1 << 10, maxCalls: 10_000, timeout: time.Second,
		run: func(_ context.Context, c *call) (response, error) {
			var in abi.MetricRequest
			if err := c.decode(&in); err != nil {
				return response{}, err
			}
			if !counterName.MatchString(in.Name) {
				return response{}, refuse(abi.Invalid, "%.80q is no name of a counter: write 1 to 64 letters, digits and _", in.Name)
			}
			if in.Value < 0 || math.IsInf(in.Value, 0) || math.IsNaN(in.Value) {
				return response{}, refuse(abi.Invalid, "%v cannot be added to a counter", in.Value)
			}
			return response{}, c.counters.add(in.Name, in.Value)
		},
	}
}

func (c *counters) add(name string, value float64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.names[name]; !known {
		if len(c.names) >= maxCounters {
			return refuse(abi.Limit, "more than %d counters", maxCounters)
		}
		c.names[name] = struct{}{}
	}
	c.series.WithLabelValues(name).Add(value)
	return nil
}
