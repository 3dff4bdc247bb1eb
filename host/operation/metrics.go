package operation

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/queuelet/queuelet/plugins/abi"
)

// metrics are the measurements of all operations, and the counters that functions keep.
type metrics struct {
	calls *prometheus.CounterVec
	own   *prometheus.CounterVec
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "queuelet_operation_calls_total",
			Help: "Operations that functions asked the host for, by result: ok, or why they were not carried out.",
		}, []string{"function", "operation", "result"}),
		own: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "queuelet_function_custom_total",
			Help: "Counters that functions keep with metrics.add.",
		}, []string{"function", "counter"}),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.calls, m.own} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of operations: %w", err)
		}
	}
	return m, nil
}

// called counts a call that was answered.
func (m *metrics) called(function, operation string, err error) {
	if !abi.IsOperation(operation) {
		operation = "unknown"
	}
	m.calls.WithLabelValues(function, operation, result(err)).Inc()
}

// result is how a call went, in a word that fits a metric label.
func result(err error) string {
	var errno abi.Errno
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &errno):
		return errnoWord(errno)
	case errors.Is(err, context.DeadlineExceeded):
		return errnoWord(abi.TimedOut)
	case errors.Is(err, context.Canceled):
		return "canceled"
	default:
		return errnoWord(abi.Failed)
	}
}

func errnoWord(e abi.Errno) string {
	switch e {
	case abi.Invalid:
		return "invalid"
	case abi.Denied:
		return "denied"
	case abi.NotFound:
		return "not_found"
	case abi.TooBig:
		return "too_big"
	case abi.TimedOut:
		return "timed_out"
	case abi.Conflict:
		return "conflict"
	case abi.Limit:
		return "limit"
	case abi.Unknown:
		return "unknown"
	case abi.OK, abi.End, abi.Failed:
		return "failed"
	default:
		return "failed"
	}
}

// forget drops the series of a function that is gone.
func (m *metrics) forget(function string) {
	labels := prometheus.Labels{"function": function}
	m.calls.DeletePartialMatch(labels)
	m.own.DeletePartialMatch(labels)
}
