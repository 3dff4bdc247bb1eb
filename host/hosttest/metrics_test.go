package hosttest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// metricNames is the list of metrics that dashboards may rely on, without those that
// only show once something has failed.
func metricNames() []string {
	return []string{
		"queuelet_build_info",
		"queuelet_config_last_reload_success",
		"queuelet_config_last_reload_timestamp_seconds",
		"queuelet_dispatch_batches_running",
		"queuelet_dispatch_destination_records_total",
		"queuelet_dispatch_invocation_duration_seconds",
		"queuelet_dispatch_invocations_total",
		"queuelet_dispatch_iterator_age_seconds",
		"queuelet_dispatch_records_total",
		"queuelet_function_duration_seconds_total",
		"queuelet_function_init_duration_seconds_total",
		"queuelet_function_inits_total",
		"queuelet_function_instances",
		"queuelet_function_invocation_duration_seconds",
		"queuelet_function_invocations_total",
		"queuelet_function_memory_peak_bytes",
		"queuelet_queue_messages",
		"queuelet_queue_oldest_message_age_seconds",
		"queuelet_sqs_request_duration_seconds",
	}
}

// expectMetrics compares the names on /metrics with the list, and looks for series.
func expectMetrics(t *testing.T, consoleURL string, series ...string) {
	t.Helper()
	_, body := get(t, consoleURL+"/metrics")
	var names []string
	for line := range strings.Lines(body) {
		if rest, ok := strings.CutPrefix(line, "# TYPE queuelet_"); ok {
			name, _, _ := strings.Cut(rest, " ")
			if name == "lambda_request_duration_seconds" {
				continue // only there once the Lambda API was called
			}
			names = append(names, "queuelet_"+name)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(metricNames(), names); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	for _, want := range series { // what is done is counted after it is done
		eventually(t, "/metrics has "+want, func() bool {
			_, body := get(t, consoleURL+"/metrics")
			return strings.Contains(body, want)
		})
	}
}
