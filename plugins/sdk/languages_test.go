package queuelet_test

import (
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/hosttest"
	"github.com/queuelet/queuelet/plugins/build"
)

// toolchains is set where all toolchains are installed.
var toolchains = flag.Bool("toolchains", false, "fail where a toolchain is missing, instead of leaving its language out")

// examples are the folders of the same function in every language.
var examples = map[string]string{
	"assemblyscript": "assemblyscript/example",
	"c":              "c/example",
	"go":             "example",
	"javascript":     "javascript/example",
	"rust":           "rust/example",
}

// buildExample builds a folder to a module, unless it holds a script, and returns the path.
func buildExample(t *testing.T, dir string) string {
	t.Helper()
	if script := build.Script(dir); script != "" {
		path, err := filepath.Abs(script)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	out := filepath.Join(t.TempDir(), "handler.wasm")
	began := time.Now()
	err := build.Dir(t.Context(), dir, out)
	if failed, ok := errors.AsType[*build.Error](err); ok && failed.Hint != "" && !*toolchains {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("built in %s", time.Since(began).Round(time.Millisecond))
	return out
}

// TestExamples sends ten orders to the function in every language. One of them is poisoned: it comes again when the
// function said, which is long before the queue would have it, and ends in the dead-letter queue. The function may not send
// to the queue of invoices at first; then it may.
func TestExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds functions")
	}
	for language, dir := range examples {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			module := buildExample(t, dir)
			t.Run("denied", func(t *testing.T) {
				o := startOrders(t, module, "{}")
				o.work()
				for n := 1; n <= 10; n++ {
					if n != 7 {
						o.awaitLog(fmt.Sprintf("order %d has no invoice: (queue.send: )?not granted to this function", n))
					}
				}
			})
			t.Run("granted", func(t *testing.T) {
				o := startOrders(t, module, "{queues: [invoices]}")
				o.work()
				var want []string
				for n := 1; n <= 10; n++ {
					if n != 7 {
						want = append(want, fmt.Sprintf(`{"order":%d,"quantity":1}`, n))
					}
				}
				slices.Sort(want)
				if d := cmp.Diff(want, o.invoices()); d != "" {
					t.Errorf("invoices (-want +got):\n%s", d)
				}
			})
		})
	}
}

// startOrders runs a server with the function.
func startOrders(t *testing.T, module, grants string) orders {
	t.Helper()
	server := hosttest.Start(t, hosttest.Config(fmt.Sprintf(`
queues:
  - {name: orders, attributes: {VisibilityTimeout: 600}, dead_letter: {queue: orders-dlq, max_receives: 2}}
  - {name: invoices}
functions: [{name: orders, path: %q, timeout: 5s, grants: %s}]
mappings: [{queue: orders, function: orders, batch_size: 10}]
`, module, grants)))
	return orders{t, server, server.SQS()}
}

// orders is a client of the queue of orders.
type orders struct {
	t      *testing.T
	server *hosttest.Server
	sqs    *sqs.Client
}

func (o orders) url(queue string) *string {
	return aws.String(o.server.URL() + "/000000000000/" + queue)
}

// work has ten orders worked off.
func (o orders) work() {
	o.t.Helper()
	poisoned := o.send()
	dead := o.receive("orders-dlq", 1)[0]
	if *dead.MessageId != poisoned || *dead.Body != `{"order":7,"quantity":-1}` {
		o.t.Errorf("dead order %s: %s, want %s", *dead.MessageId, *dead.Body, poisoned)
	}
	for n := 1; n <= 10; n++ {
		if n != 7 {
			o.awaitLog(fmt.Sprintf("order %d is done", n))
		}
	}
	o.awaitLog("order 7 refused at attempt 1")
	o.awaitLog("order 7 refused at attempt 2")
}

// invoices are the bodies of the nine messages in the queue of invoices, in order.
func (o orders) invoices() (bodies []string) {
	o.t.Helper()
	for _, m := range o.receive("invoices", 9) {
		bodies = append(bodies, *m.Body)
	}
	slices.Sort(bodies)
	return bodies
}

// send sends ten orders and returns the message id of the seventh, which is poisoned.
func (o orders) send() (poisoned string) {
	o.t.Helper()
	in := &sqs.SendMessageBatchInput{QueueUrl: o.url("orders")}
	for n := 1; n <= 10; n++ {
		quantity := 1
		if n == 7 {
			quantity = -1
		}
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(n)), MessageBody: aws.String(fmt.Sprintf(`{"order":%d,"quantity":%d}`, n, quantity)),
		})
	}
	out, err := o.sqs.SendMessageBatch(o.t.Context(), in)
	if err != nil || len(out.Successful) != 10 {
		o.t.Fatal(err, out)
	}
	for _, sent := range out.Successful {
		if *sent.Id == "7" {
			poisoned = *sent.MessageId
		}
	}
	return poisoned
}

// receive waits for a number of messages in a queue.
func (o orders) receive(queue string, count int) (messages []types.Message) {
	o.t.Helper()
	for range 20 {
		out, err := o.sqs.ReceiveMessage(o.t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: o.url(queue), MaxNumberOfMessages: 10, WaitTimeSeconds: 5, VisibilityTimeout: 600,
		})
		if err != nil {
			o.t.Fatal(err)
		}
		if messages = append(messages, out.Messages...); len(messages) >= count {
			return messages
		}
	}
	o.t.Fatalf("there are %d messages in %s, want %d", len(messages), queue, count)
	return nil
}

// awaitLog asks that something comes in the log, and only once.
func (o orders) awaitLog(pattern string) {
	o.t.Helper()
	wanted := regexp.MustCompile(pattern)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		got := len(wanted.FindAllString(o.server.Log(), -1))
		if got == 1 {
			return
		}
		if got > 1 || time.Now().After(end) {
			o.t.Errorf("the log says %q %d times", pattern, got)
			return
		}
	}
}
