package dispatch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/dispatch"
)

func TestInvocationsAreReported(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		registry, feed := prometheus.NewRegistry(), activity.New(10)
		s.create("q", "VisibilityTimeout", "30")
		s.send("q", "a", "b", "c")
		s.function.play(func(ctx context.Context, c *call) dispatch.Result {
			if len(c.bodies) == 1 {
				return dispatch.Result{Failure: dispatch.FailureTimeout, Err: errors.New("too slow"), Duration: time.Second}
			}
			result := failing("b")(ctx, c)
			result.Duration = 20 * time.Millisecond
			return result
		})
		s.serve(dispatch.Options{Registerer: registry, Activity: feed}, dispatch.Mapping{ID: "m", Queue: key("q"), Function: "f"})
		after(30 * time.Second)

		first, second := s.function.calls[0], s.function.calls[1]
		want := []activity.Event{
			{
				Kind: activity.Invoked, Account: account, Queue: "q", Function: "f", MessageID: first.MessageIDs[0],
				Messages: 3, Failed: 1, Duration: 20 * time.Millisecond,
			},
			{
				Kind: activity.Invoked, Account: account, Queue: "q", Function: "f", MessageID: second.MessageIDs[0],
				Messages: 1, Failed: 1, Duration: time.Second, Detail: "timed_out: too slow",
			},
		}
		if d := cmp.Diff(want, feed.Recent(activity.Query{}), cmpopts.IgnoreFields(activity.Event{}, "Number", "Time")); d != "" {
			t.Errorf("activity (-want +got):\n%s", d)
		}
		if got := s.status(); got.LastResult != "timed_out: too slow" || got.LastInvoked != second.at {
			t.Errorf("last result %q at %v", got.LastResult, got.LastInvoked)
		}
		wantMetrics := map[string]float64{
			"queuelet_dispatch_batches_running":                  0,
			"queuelet_dispatch_destination_records_total failed": 0,
			"queuelet_dispatch_destination_records_total sent":   0,
			"queuelet_dispatch_invocations_total success":        1,
			"queuelet_dispatch_invocations_total timed_out":      1,
			"queuelet_dispatch_iterator_age_seconds":             30,
			"queuelet_dispatch_invocation_duration_seconds":      1.02,
			"queuelet_dispatch_records_total dead_lettered":      0,
			"queuelet_dispatch_records_total deleted":            2,
			"queuelet_dispatch_records_total failed":             2,
			"queuelet_dispatch_records_total filtered":           0,
			"queuelet_dispatch_records_total released":           0,
			"queuelet_dispatch_records_total looped":             0,
		}
		if d := cmp.Diff(wantMetrics, gather(t, registry)); d != "" {
			t.Errorf("metrics (-want +got):\n%s", d)
		}

		s.apply() // the mapping is gone, and so are its series
		if left := gather(t, registry); len(left) != 0 {
			t.Errorf("left %v", left)
		}
	})
}

// gather returns the values of metrics by name and second label. The first one is the mapping; of histograms it is the sum.
func gather(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, label := range m.GetLabel() {
				if label.GetName() != "mapping" {
					name += " " + label.GetValue()
				} else if label.GetValue() != "m" {
					t.Errorf("%s has mapping %s", name, label.GetValue())
				}
			}
			values[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetHistogram().GetSampleSum()
		}
	}
	return values
}

func TestMetricsOfTwoDispatchersCollide(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		o := dispatch.Options{Registerer: prometheus.NewRegistry()}
		if _, err := dispatch.New(s.Service, s.function, o); err != nil {
			t.Fatal(err)
		}
		if _, err := dispatch.New(s.Service, s.function, o); err == nil {
			t.Error("no error")
		}
	})
}
