package dispatch

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/queuelet/queuelet/host/queue"
)

// metrics are the measurements of all mappings.
type metrics struct {
	invocations *prometheus.CounterVec
	records     *prometheus.CounterVec
	told        *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	running     *prometheus.GaugeVec
	age         *prometheus.GaugeVec
}

// succeeded is the result of an invocation that did not fail as a whole.
const succeeded = "success"

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		invocations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "queuelet_dispatch_invocations_total",
			Help: "Invocations by mapping and result: success, or why they failed as a whole.",
		}, []string{"mapping", "result"}),
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "queuelet_dispatch_records_total",
			Help: "Messages by mapping and outcome: deleted, filtered, failed, dead_lettered, released or looped.",
		}, []string{"mapping", "outcome"}),
		told: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "queuelet_dispatch_destination_records_total",
			Help: "Records of which the destinations of a mapping were told, by result: sent or failed.",
		}, []string{"mapping", "result"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "queuelet_dispatch_invocation_duration_seconds",
			Help:    "How long functions worked on an event, by mapping.",
			Buckets: []float64{.0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5, 30, 60, 300, 900},
		}, []string{"mapping"}),
		running: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "queuelet_dispatch_batches_running",
			Help: "Batches in work, by mapping.",
		}, []string{"mapping"}),
		age: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "queuelet_dispatch_iterator_age_seconds",
			Help: "How long ago the oldest record of the last batch was sent when the batch was complete, by mapping.",
		}, []string{"mapping"}),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.invocations, m.records, m.told, m.duration, m.running, m.age} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of dispatch: %w", err)
		}
	}
	return m, nil
}

// mappingMetrics are those of one mapping.
type mappingMetrics struct {
	invocations *prometheus.CounterVec
	succeeded   prometheus.Counter
	records     [outcomes]prometheus.Counter
	told        prometheus.Counter
	untold      prometheus.Counter
	duration    prometheus.Observer
	running     prometheus.Gauge
	age         prometheus.Gauge
}

func (m *metrics) mapping(id string) *mappingMetrics {
	invocations := m.invocations.MustCurryWith(prometheus.Labels{"mapping": id})
	again := m.records.WithLabelValues(id, "failed")
	return &mappingMetrics{
		invocations: invocations,
		succeeded:   invocations.WithLabelValues(succeeded),
		records: [outcomes]prometheus.Counter{
			handled:   m.records.WithLabelValues(id, "deleted"),
			filtered:  m.records.WithLabelValues(id, "filtered"),
			failed:    again,
			retried:   again,
			condemned: m.records.WithLabelValues(id, "dead_lettered"),
			released:  m.records.WithLabelValues(id, "released"),
			looped:    m.records.WithLabelValues(id, "looped"),
		},
		told:     m.told.WithLabelValues(id, "sent"),
		untold:   m.told.WithLabelValues(id, "failed"),
		duration: m.duration.WithLabelValues(id),
		running:  m.running.WithLabelValues(id),
		age:      m.age.WithLabelValues(id),
	}
}

// forget drops the series of a mapping that is gone.
func (m *metrics) forget(id string) {
	labels := prometheus.Labels{"mapping": id}
	m.invocations.DeletePartialMatch(labels)
	m.records.DeletePartialMatch(labels)
	m.told.DeletePartialMatch(labels)
	m.duration.DeletePartialMatch(labels)
	m.running.DeletePartialMatch(labels)
	m.age.DeletePartialMatch(labels)
}

func (m *mappingMetrics) invoked(result Result) {
	m.duration.Observe(result.Duration.Seconds())
	if result.Failure == "" {
		m.succeeded.Inc()
		return
	}
	m.invocations.WithLabelValues(string(result.Failure)).Inc()
}

// gathered notes how old a batch is.
func (m *mappingMetrics) gathered(messages []queue.ReceivedMessage) {
	oldest := messages[0].Sent
	for i := range messages {
		if messages[i].Sent.Before(oldest) {
			oldest = messages[i].Sent
		}
	}
	m.age.Set(max(0, time.Since(oldest).Seconds()))
}

func (m *mappingMetrics) settled(counts *[outcomes]int) {
	for o, n := range counts {
		if n > 0 {
			m.records[o].Add(float64(n))
		}
	}
}
