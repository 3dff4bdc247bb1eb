package hosttest_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/queuelet/queuelet/host/hosttest"
	"github.com/queuelet/queuelet/plugins/build"
)

// strict holds the test to its limit on a machine that does nothing else. Otherwise it only
// notices what slows most requests down by an order of magnitude.
var strict = flag.Bool("strict", false, "hold timing tests to their limits")

// TestHostileFunctionsLeaveTheServerAnswering runs handlers that loop, recurse, allocate without
// end, panic, exit and flood their log, and meanwhile sends to another queue.
func TestHostileFunctionsLeaveTheServerAnswering(t *testing.T) {
	module := filepath.Join(t.TempDir(), "hostile.wasm")
	if err := build.Go(t.Context(), "testdata/hostile", module); err != nil {
		t.Fatal(err)
	}
	server := hosttest.Start(t, hosttest.Config(fmt.Sprintf(`
log: {level: error}
queues:
  - {name: calm}
  - {name: harm, attributes: {VisibilityTimeout: 1}, dead_letter: {queue: harm-dlq, max_receives: 2}}
functions: [{name: hostile, path: %q, memory: 64MiB, timeout: 300ms}]
mappings: [{queue: harm, function: hostile, batch_size: 1, maximum_concurrency: 4}]
`, module)))
	client := server.SQS()
	send := func(queue, body string) {
		t.Helper()
		url := server.URL() + "/000000000000/" + queue
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
	quantile, percent := "median", 50 // of a busy machine, the slowest request says nothing
	if *strict {
		quantile, percent = "p99", 99
	}
	measure := func(length time.Duration) time.Duration {
		var took []time.Duration
		for end := time.Now().Add(length); time.Now().Before(end); {
			began := time.Now()
			send("calm", "x")
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		return took[len(took)*percent/100]
	}
	send("harm", "nothing") // compiles and instantiates
	measure(500 * time.Millisecond)
	idle := measure(2 * time.Second)
	allow := 3 * idle
	if !*strict {
		allow = max(20*idle, 500*time.Millisecond)
	}
	kinds := []string{"loop", "recurse", "allocate", "panic", "exit", "flood"}
	for _, kind := range kinds {
		for range 3 {
			send("harm", kind)
		}
		got := measure(1500 * time.Millisecond)
		t.Logf("%-8s %s of SendMessage %v, idle %v", kind, quantile, got, idle)
		if got > allow {
			t.Errorf("with a handler that does %q, the %s of SendMessage is %v; idle it is %v", kind, quantile, got, idle)
		}
	}
	// The mapping backs off, as it should: nothing was lost, and it goes on when the harm ends.
	// A message that moves to the dead-letter queue between the two looks is counted twice.
	c := v2{client}
	eventually(t, "all harmful messages are there", func() bool {
		total := 0
		for _, queue := range []string{"harm", "harm-dlq"} {
			url, err := c.getQueueURL(t.Context(), queue)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range twoOf(counts(t, c, url)) {
				n, err := strconv.Atoi(text)
				if err != nil {
					t.Fatal(err)
				}
				total += n
			}
		}
		return total == 3*len(kinds)
	})
}

func twoOf(a, b string) []string { return []string{a, b} }
