package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMappings reads every key of a mapping.
func TestMappings(t *testing.T) {
	c := mustLoad(t, Source{Environ: []string{"COUNTRY=D"}, Text: `
queues: [{name: orders, tap: stream}, {name: shipments}]
functions: [{name: f, path: x}]
mappings:
  - {queue: orders, function: f}
  - queue: orders
    source: tap
    function: f
    batch_size: 10000
    maximum_batching_window: 1s
    minimum_concurrency: 5
    filters:
      - body:
          total: [{numeric: [">", 1.5e2, "<=", -3]}, null, true, "7", plain]
          country: [prefix: "${COUNTRY}"]
        $or: [{attributes: {a: [{exists: false}]}}, {b: ["<&>"]}]
      - '{"body": ["text"]}'
    report_batch_item_failures: false
    bisect_batch_on_function_error: true
    on_success: shipments
    on_failure: nats:orders.failed
    enabled: false
`})
	want := []Mapping{
		{
			Queue: "orders", AccountID: "000000000000", Source: SourceQueue, Function: "f", BatchSize: 10,
			MinimumConcurrency: 1, MaximumConcurrency: 2, ReportBatchItemFailures: true, Enabled: true,
		},
		{
			Queue: "orders", AccountID: "000000000000", Source: SourceTap, Function: "f", BatchSize: 10000,
			MaximumBatchingWindow: time.Second, MinimumConcurrency: 5, MaximumConcurrency: 5,
			Filters: []string{
				`{"body":{"total":[{"numeric":[">",1.5e2,"<=",-3]},null,true,"7","plain"],"country":[{"prefix":"D"}]},` +
					`"$or":[{"attributes":{"a":[{"exists":false}]}},{"b":["<&>"]}]}`,
				`{"body": ["text"]}`,
			},
			BisectBatchOnFunctionError: true, OnSuccess: "shipments", OnFailure: "nats:orders.failed",
		},
	}
	if diff := cmp.Diff(want, c.Mappings); diff != "" {
		t.Errorf("mappings (-want +got):\n%s", diff)
	}
}

// TestMappingErrors is the part of TestErrors that is about mappings: each has line, column, key, reason and hint.
func TestMappingErrors(t *testing.T) {
	const head = "queues: [{name: a}, {name: b}]\nfunctions: [{name: f, path: x}]\nmappings:\n  - queue: a\n    function: f\n"
	tests := []struct {
		name, keys string
		want       []string
	}{
		{"source", "source: stream", []string{`6:13: mappings[0].source: "stream" is not one of queue, tap | write one of: queue, tap`}},
		{"tap of a queue without one", "source: tap", []string{
			`6:13: mappings[0].source: "tap" needs a queue that keeps its messages for taps | write tap: stream at the queue a`,
		}},
		{"batch", "batch_size: 10001", []string{`6:17: mappings[0].batch_size: "10001" is not between 1 and 10000 | `}},
		{"window", "maximum_batching_window: 6m", []string{`6:30: mappings[0].maximum_batching_window: "6m" is not between 0s and 5m0s | `}},
		{"concurrency", "minimum_concurrency: 3\n    maximum_concurrency: 2", []string{
			`6:26: mappings[0].minimum_concurrency: "3" is more than the maximum_concurrency of 2 | write less here or more there`,
		}},
		{"flags", "report_batch_item_failures: yes\n    bisect_batch_on_function_error: 1\n    enabled: no", []string{
			`6:33: mappings[0].report_batch_item_failures: "yes" is neither true nor false | write true or false`,
			`7:37: mappings[0].bisect_batch_on_function_error: "1" is neither true nor false | write true or false`,
			`8:14: mappings[0].enabled: "no" is neither true nor false | write true or false`,
		}},
		{"destinations", "on_success: a b\n    on_failure: 'nats:a.*'", []string{
			`6:17: mappings[0].on_success: "a b" is not a queue name | write 1 to 80 letters, digits, hyphens and underscores; the name of a FIFO queue ends in .fifo`,
			`7:17: mappings[0].on_failure: "nats:a.*" is not a NATS subject | write tokens with dots between them, for example nats:orders.done`,
		}},
		{"more destinations", "on_success: arn:aws:sns:us-east-1:000000000000:t\n    on_failure: a", []string{
			`6:17: mappings[0].on_success: "arn:aws:sns:us-east-1:000000000000:t" is neither a queue nor a NATS subject | write the name of a queue, its ARN, or nats: and a subject`,
			`7:17: mappings[0].on_failure: "a" is the queue that the mapping reads | name another queue`,
		}},
		{"reserved subject", "on_success: nats:sqs.send.a", []string{
			`6:17: mappings[0].on_success: "nats:sqs.send.a" is a subject of NATS or queuelet itself | choose another one, for example nats:orders.done`,
		}},
		{"destination nowhere", "on_success: bb", []string{`6:17: mappings[0].on_success: "bb" is not among the queues | did you mean b?`}},
		{"pattern", "filters:\n      - body:\n          total: [{numeric: [\"!\", 1]}]\n          n: 5", []string{
			`8:18: mappings[0].filters[0].body.total: is no filter pattern: "numeric" compares with =, <, <=, > or >=, not with "!" | `,
		}},
		{"pattern without a list", "filters: [{body: {n: 5}}]", []string{
			`6:26: mappings[0].filters[0].body.n: is no filter pattern: 5 stands alone; write a list: [5] | `,
		}},
		{"pattern in JSON", "filters:\n      - '{\"a\": [1]'\n      - 5", []string{
			`7:9: mappings[0].filters[0]: is no filter pattern: it is not JSON | `,
			`8:9: mappings[0].filters[1]: is no filter pattern: 5 is not an object | `,
		}},
		{"number of a pattern", "filters: [{a: [0x10]}]", []string{
			`6:20: mappings[0].filters[0].a[0]: "0x10" is not a number as JSON has it | write it in decimal digits, or in quotes as a text`,
		}},
		{"anchor in a pattern", "filters: [{a: [&x 1]}]", []string{
			`6:20: mappings[0].filters[0].a[0]: should be a single value, but is an anchor, alias or tag, which this file has no use for | `,
		}},
		{"list as a pattern", "filters: [[a]]", []string{`6:15: mappings[0].filters[0]: should be a single value, but is a list | `}},
		{"too many patterns", "filters: [" + strings.Repeat("{a: [1]}, ", 11) + "]", []string{
			`6:14: mappings[0].filters: has 11 patterns, and at most 10 are possible | put several values into one pattern`,
		}},
		{"twice", "enabled: true\n  - {queue: a, function: f}", []string{
			`7:6: mappings[1]: maps the same queue to the same function again | remove one of the two`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range loadText(t, head+"    "+tt.keys+"\n") {
				got = append(got, strings.TrimPrefix(e.Error(), "config.yaml:")+" | "+e.Hint)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}
