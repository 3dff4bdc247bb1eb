package queuelet_test

import (
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/queuelet/queuelet/host/hosttest"
	"github.com/queuelet/queuelet/plugins/build"
)

// toolchains is set where all toolchains are installed.
var toolchains = flag.Bool("toolchains", false, "fail where a toolchain is missing, instead of leaving its language out")

// examples are the folders of the same function in every language.
var examples = map[string]string{
	"assemblyscript": "assemblyscript/example",
	"c":              "c/example",
	"rust":           "rust/example",
}

// buildExample builds a folder to a module.
func buildExample(t *testing.T, dir string) string {
	t.Helper()
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
// function said, which is long before the queue would have it, and ends in the dead-letter queue. Nothing is granted.
func TestExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds functions")
	}
	for language, dir := range examples {
		t.Run(language, func(t *testing.T) {
			module := buildExample(t, dir)
			server := hosttest.Start(t, hosttest.Config(fmt.Sprintf(`
queues:
  - {name: orders, attributes: {VisibilityTimeout: 600}, dead_letter: {queue: orders-dlq, max_receives: 2}}
functions: [{name: orders, path: %q, timeout: 5s}]
mappings: [{queue: orders, function: orders, batch_size: 10}]
`, module)))
			o := orders{t, server, server.SQS()}
			poisoned := o.send()
			dead := o.dead()
			if *dead.MessageId != poisoned || *dead.Body != `{"order":7,"quantity":-1}` {
				t.Errorf("dead order %s: %s, want %s", *dead.MessageId, *dead.Body, poisoned)
			}
			for n := 1; n <= 10; n++ {
				if n == 7 {
					continue
				}
				o.awaitLog(fmt.Sprintf("order %d is done", n), 1)
				o.awaitLog(fmt.Sprintf("order %d is not published: not granted to this function", n), 1)
			}
			o.awaitLog("order 7 refused at attempt 1", 1)
			o.awaitLog("order 7 refused at attempt 2", 1)
		})
	}
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

// dead waits for the only message in the dead-letter queue.
func (o orders) dead() types.Message {
	o.t.Helper()
	for range 6 {
		out, err := o.sqs.ReceiveMessage(o.t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: o.url("orders-dlq"), MaxNumberOfMessages: 10, WaitTimeSeconds: 10,
		})
		if err != nil || len(out.Messages) > 1 {
			o.t.Fatal(err, len(out.Messages))
		}
		if len(out.Messages) == 1 {
			return out.Messages[0]
		}
	}
	o.t.Fatal("after a minute there is no message in the dead-letter queue")
	return types.Message{}
}

// awaitLog asks that a text comes in the log, once or several times.
func (o orders) awaitLog(text string, times int) {
	o.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		got := strings.Count(o.server.Log(), text)
		if got == times {
			return
		}
		if got > times || time.Now().After(end) {
			o.t.Errorf("the log says %q %d times, want %d", text, got, times)
			return
		}
	}
}
