package host

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins"
)

// metrics are the measurements that the host takes of its parts.
type metrics struct {
	registry      *prometheus.Registry
	requests      *prometheus.HistogramVec
	lambda        *prometheus.HistogramVec
	invocations   *prometheus.HistogramVec
	reloadSuccess prometheus.Gauge
	reloadTime    prometheus.Gauge
}

func newMetrics(registry *prometheus.Registry) *metrics {
	m := &metrics{
		registry: registry,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "queuelet_sqs_request_duration_seconds",
			Help:    "How long SQS requests took, long polling included, by operation and error code (empty on success).",
			Buckets: []float64{.0005, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 5, 20},
		}, []string{"operation", "code"}),
		lambda: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "queuelet_lambda_request_duration_seconds",
			Help:    "How long requests of the Lambda API took, by operation and exception (empty on success).",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 30, 60, 300, 900},
		}, []string{"operation", "code"}),
		invocations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "queuelet_function_invocation_duration_seconds",
			Help:    "How long a function worked on an invocation, by whomever it was invoked.",
			Buckets: []float64{.0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5, 30, 60, 300, 900},
		}, []string{"function"}),
		reloadSuccess: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "queuelet_config_last_reload_success",
			Help: "1 when the last reload of the configuration was taken over, 0 when it was refused.",
		}),
		reloadTime: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "queuelet_config_last_reload_timestamp_seconds",
			Help: "When the configuration was last taken over.",
		}),
	}
	m.reloadSuccess.Set(1)
	m.reloadTime.SetToCurrentTime()
	registry.MustRegister(m.requests, m.lambda, m.invocations, m.reloadSuccess, m.reloadTime)
	return m
}

func (m *metrics) observeRequest(operation, code string, took time.Duration) {
	m.requests.WithLabelValues(operation, code).Observe(took.Seconds())
}

func (m *metrics) observeLambda(operation, code string, took time.Duration) {
	m.lambda.WithLabelValues(operation, code).Observe(took.Seconds())
}

func (m *metrics) observeInvocation(function string, took time.Duration) {
	m.invocations.WithLabelValues(function).Observe(took.Seconds())
}

// forgetFunction drops the series of a function that is gone.
func (m *metrics) forgetFunction(function string) { m.invocations.DeleteLabelValues(function) }

// counter is what queueCollector reads.
type counter interface {
	Queues(account, prefix string) []*queue.Definition
	Counts(ctx context.Context, def *queue.Definition) (queue.Counts, error)
}

// queueCollector reads the exact counts of all queues when metrics are asked for.
type queueCollector struct{ store counter }

const scrapeTimeout = 5 * time.Second

func queueMessagesDesc() *prometheus.Desc {
	return prometheus.NewDesc("queuelet_queue_messages", "Messages of a queue by state: visible, in_flight or delayed.",
		[]string{"account", "queue", "state"}, nil)
}

func queueAgeDesc() *prometheus.Desc {
	return prometheus.NewDesc("queuelet_queue_oldest_message_age_seconds", "Age of the oldest message of a queue, 0 when it is empty.",
		[]string{"account", "queue"}, nil)
}

func (queueCollector) Describe(descs chan<- *prometheus.Desc) {
	descs <- queueMessagesDesc()
	descs <- queueAgeDesc()
}

func (c queueCollector) Collect(out chan<- prometheus.Metric) {
	//nolint:forbidigo // Prometheus gives a collector no context to derive from.
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	messages, age := queueMessagesDesc(), queueAgeDesc()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	for _, def := range c.store.Queues("", "") {
		counts, err := c.store.Counts(ctx, def)
		if err != nil {
			continue // it was deleted meanwhile, or the process is stopping
		}
		gauge(messages, float64(counts.Visible), def.Account, def.Name, "visible")
		gauge(messages, float64(counts.InFlight), def.Account, def.Name, "in_flight")
		gauge(messages, float64(counts.Delayed), def.Account, def.Name, "delayed")
		oldest := 0.0
		if !counts.OldestSent.IsZero() {
			oldest = time.Since(counts.OldestSent).Seconds()
		}
		gauge(age, oldest, def.Account, def.Name)
	}
}

// functionCollector reads what the functions did when metrics are asked for.
type functionCollector struct{ runtime *plugins.Runtime }

type functionDescs struct {
	invocations, errors, duration, inits, initDuration, memoryPeak, instances *prometheus.Desc
}

func newFunctionDescs() functionDescs {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("queuelet_function_"+name, help, append([]string{"function"}, labels...), nil)
	}
	return functionDescs{
		invocations:  desc("invocations_total", "Invocations of a function."),
		errors:       desc("errors_total", "Failed invocations of a function by kind.", "kind"),
		duration:     desc("duration_seconds_total", "Time that all invocations of a function took together."),
		inits:        desc("inits_total", "Invocations that waited for a new instance."),
		initDuration: desc("init_duration_seconds_total", "Time that new instances took to get ready."),
		memoryPeak:   desc("memory_peak_bytes", "Most memory that any instance of a function had."),
		instances:    desc("instances", "Instances of a function by state: busy or idle.", "state"),
	}
}

func (functionCollector) Describe(descs chan<- *prometheus.Desc) {
	d := newFunctionDescs()
	for _, desc := range []*prometheus.Desc{d.invocations, d.errors, d.duration, d.inits, d.initDuration, d.memoryPeak, d.instances} {
		descs <- desc
	}
}

func (c functionCollector) Collect(out chan<- prometheus.Metric) {
	d := newFunctionDescs()
	metric := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, kind, value, labels...)
	}
	for _, s := range c.runtime.Stats() {
		metric(d.invocations, prometheus.CounterValue, float64(s.Invocations), s.Name)
		for kind, n := range s.Errors {
			metric(d.errors, prometheus.CounterValue, float64(n), s.Name, string(kind))
		}
		metric(d.duration, prometheus.CounterValue, s.Duration.Seconds(), s.Name)
		metric(d.inits, prometheus.CounterValue, float64(s.Inits), s.Name)
		metric(d.initDuration, prometheus.CounterValue, s.InitDuration.Seconds(), s.Name)
		metric(d.memoryPeak, prometheus.GaugeValue, float64(s.MemoryPeak), s.Name)
		metric(d.instances, prometheus.GaugeValue, float64(s.Instances-s.Idle), s.Name, "busy")
		metric(d.instances, prometheus.GaugeValue, float64(s.Idle), s.Name, "idle")
	}
}
