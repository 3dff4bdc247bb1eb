package hosttest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/hosttest"
	"github.com/queuelet/queuelet/plugins/build"
)

// handlerModule is the function of testdata/handler, compiled once.
var handlerModule = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "hosttest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	module := filepath.Join(folder, "handler.wasm")
	if err := build.Go(context.Background(), "testdata/handler", module); err != nil {
		return nil, err
	}
	return os.ReadFile(module)
})

// buildHandler returns a file with the function.
func buildHandler(t *testing.T) string {
	t.Helper()
	module, err := handlerModule()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "handler.wasm")
	if err := os.WriteFile(file, module, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// mapped is a configuration with a function between a queue and its dead-letter queue.
func mapped(module string) string {
	return fmt.Sprintf(`
queues:
  - {name: work, attributes: {VisibilityTimeout: 1}, dead_letter: {queue: dead, max_receives: 2}}
functions: [{name: handler, path: %q}]
mappings: [{queue: work, function: handler}]
`, module)
}

// counts returns how many messages of a queue are visible and in flight.
func counts(t *testing.T, c client, url string) (visible, inFlight string) {
	t.Helper()
	got, err := c.getAttributes(t.Context(), url, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
	if err != nil {
		t.Fatal(err)
	}
	return got["ApproximateNumberOfMessages"], got["ApproximateNumberOfMessagesNotVisible"]
}

// eventually repeats a check until it holds.
func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !check(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestMapping lets a function fail one record of ten.
func TestMapping(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config(mapped(buildHandler(t))))
	c := v2{server.SQS()}
	work, err := c.getQueueURL(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	dead, err := c.getQueueURL(t.Context(), "dead")
	if err != nil {
		t.Fatal(err)
	}
	var entries []message
	for i := range 10 {
		entries = append(entries, message{Entry: strconv.Itoa(i), Body: strconv.Itoa(i)})
	}
	entries[6].Body = "fail"
	if _, failed, err := c.sendBatch(t.Context(), work, entries...); err != nil || len(failed) > 0 {
		t.Fatal(failed, err)
	}
	eventually(t, "the failed record is in the dead-letter queue", func() bool {
		visible, _ := counts(t, c, dead)
		return visible == "1"
	})
	got := mustReceive(t, c, dead, 1, receive{All: true})[0]
	if got.Body != "fail" || got.Attributes["DeadLetterQueueSourceArn"] != "arn:aws:sqs:us-east-1:000000000000:work" {
		t.Errorf("dead letter = %+v", got)
	}
	eventually(t, "the queue is empty", func() bool {
		visible, inFlight := counts(t, c, work)
		return visible == "0" && inFlight == "0"
	})
	mustBeEmpty(t, c, dead)

	invocations := server.Host.Feed().Recent(activity.Query{Kinds: []activity.Kind{activity.Invoked}, Queue: "work"})
	if len(invocations) == 0 || invocations[0].Function != "handler" {
		t.Errorf("the activity feed has the invocations %+v", invocations)
	}
	expectMetrics(t, server.ConsoleURL(),
		`queuelet_dispatch_records_total{mapping="000000000000/work:handler",outcome="deleted"} 9`,
		`queuelet_dispatch_records_total{mapping="000000000000/work:handler",outcome="failed"} 2`,
		`queuelet_function_invocations_total{function="handler"} `,
		`queuelet_queue_messages{account="000000000000",queue="dead",state="in_flight"} 1`,
		`queuelet_sqs_request_duration_seconds_count{code="",operation="SendMessageBatch"} 1`,
	)
}

// TestStopFinishesRunningFunctions stops a server while a function works on a message:
// it is done, and what was not taken yet is still there.
func TestStopFinishesRunningFunctions(t *testing.T) {
	dir := t.TempDir()
	server := hosttest.Start(t, hosttest.Dir(dir), hosttest.Config(mapped(buildHandler(t))))
	c := v2{server.SQS()}
	work, err := c.getQueueURL(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.send(t.Context(), work, message{Body: "sleep"}); err != nil {
		t.Fatal(err)
	}
	// A message that was received, and that the function has not begun with, is given back.
	eventually(t, "the function has the message", func() bool { return strings.Contains(server.Log(), "asleep") })
	server.Stop()

	c = v2{hosttest.Start(t, hosttest.Dir(dir)).SQS()}
	if work, err = c.getQueueURL(t.Context(), "work"); err != nil {
		t.Fatal(err)
	}
	visible, inFlight := counts(t, c, work)
	if diff := cmp.Diff([]string{"0", "0"}, []string{visible, inFlight}); diff != "" {
		t.Errorf("messages left (-want +got):\n%s", diff)
	}
}

// TestReloadMappings adds a mapping to a running server and takes it away again.
func TestReloadMappings(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config("queues: [{name: work}]\n"))
	c := v2{server.SQS()}
	work, err := c.getQueueURL(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	send := func() {
		t.Helper()
		if _, err := c.send(t.Context(), work, message{Body: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	send()
	if err := server.Reload(mapped(buildHandler(t))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the function has emptied the queue", func() bool {
		visible, inFlight := counts(t, c, work)
		return visible == "0" && inFlight == "0"
	})
	if err := server.Reload("queues: [{name: work}]\n"); err != nil {
		t.Fatal(err)
	}
	send()
	if got := mustReceive(t, c, work, 1, receive{})[0]; got.Body != "x" {
		t.Errorf("received %q", got.Body)
	}
}

// TestNativeClients sends with a NATS client and receives with an SDK.
func TestNativeClients(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config("nats: {listen: 127.0.0.1:0}\nqueues: [{name: orders}]\n"))
	connection, err := nats.Connect(server.Host.Endpoints().NATS, nats.UserInfo("queuelet", "queuelet"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := connection.Request("sqs.send.orders", []byte("from NATS"), time.Minute); err != nil {
		t.Fatal(err)
	}
	c := v2{server.SQS()}
	url, err := c.getQueueURL(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	if got := mustReceive(t, c, url, 1, receive{})[0]; got.Body != "from NATS" {
		t.Errorf("received %q", got.Body)
	}
	if _, err := nats.Connect(server.Host.Endpoints().NATS, nats.UserInfo("queuelet", "wrong")); err == nil {
		t.Error("a wrong secret was let in")
	}
}

// TestBrokenModule starts with a module that is none: queues are served, and the messages
// wait until it is replaced.
func TestBrokenModule(t *testing.T) {
	module := filepath.Join(t.TempDir(), "handler.wasm")
	if err := os.WriteFile(module, []byte("not a module"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := hosttest.Start(t, hosttest.Config(mapped(module)))
	c := v2{server.SQS()}
	work, err := c.getQueueURL(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.send(t.Context(), work, message{Body: "waits"}); err != nil {
		t.Fatal(err)
	}
	if err := server.Host.Redeploy(t.Context(), "handler"); err == nil {
		t.Error("the broken module was deployed")
	}
	if visible, inFlight := counts(t, c, work); visible != "1" || inFlight != "0" {
		t.Errorf("%s visible and %s in flight, want the message to wait", visible, inFlight)
	}
	good, err := os.ReadFile(buildHandler(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(module, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := server.Host.Redeploy(t.Context(), "handler"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the message is done", func() bool {
		visible, inFlight := counts(t, c, work)
		return visible == "0" && inFlight == "0"
	})
}
