package hosttest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/hosttest"
	"github.com/queuelet/queuelet/plugins/build"
)

// operations is a server with a function that asks for operations, and what it talks to.
type operations struct {
	*hosttest.Server

	t      *testing.T
	sqs    *sqs.Client
	config string
	web    *httptest.Server
	mute   chan string   // tells when requests that are not answered begin and end
	answer chan struct{} // lets a request be answered that waits for it
}

func startOperations(t *testing.T) *operations {
	t.Helper()
	module := filepath.Join(t.TempDir(), "operations.wasm")
	if err := build.Go(t.Context(), "testdata/operations", module); err != nil {
		t.Fatal(err)
	}
	o := &operations{t: t, mute: make(chan string, 100), answer: make(chan struct{}, 1)}
	o.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/mute":
			o.mute <- "begun"
			<-r.Context().Done()
			o.mute <- "ended"
		case "/late":
			select {
			case <-o.answer:
			case <-r.Context().Done():
			}
		case "/moved":
			http.Redirect(w, r, "/answer", http.StatusTemporaryRedirect)
		default:
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s", r.Method, body)
		}
	}))
	t.Cleanup(o.web.Close)
	o.config = fmt.Sprintf(`
nats: {listen: "127.0.0.1:0"}
queues:
  - {name: work, attributes: {VisibilityTimeout: 2}, dead_letter: {queue: dead, max_receives: 1}}
  - {name: results}
  - {name: secret}
  - {name: ping, dead_letter: {queue: dead, max_receives: 5}}
  - {name: pong}
functions:
  - name: f
    path: %q
    timeout: 3s
    grants:
      queues: [results, p?ng]
      extend: true
      nats: {publish: [events.>], request: [pricing.*]}
      kv: {quota: 1MiB}
      http: [%q]
      config: {RATE: 5}
      secrets: {TOKEN: hush-hush}
      metrics: true
mappings:
  - {queue: work, function: f, batch_size: 1}
  - {queue: ping, function: f}
  - {queue: pong, function: f}
`, module, strings.TrimPrefix(o.web.URL, "http://"))
	o.Server = hosttest.Start(t, hosttest.Config(o.config))
	o.sqs = o.SQS()
	return o
}

func (o *operations) url(queue string) *string { return aws.String(o.URL() + "/000000000000/" + queue) }

func (o *operations) send(queue, body string) {
	o.t.Helper()
	if _, err := o.sqs.SendMessage(o.t.Context(), &sqs.SendMessageInput{
		QueueUrl: o.url(queue), MessageBody: &body,
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{"kept": {DataType: aws.String("String"), StringValue: aws.String("x")}},
	}); err != nil {
		o.t.Fatal(err)
	}
}

// results receives so many messages from a queue.
func (o *operations) results(queue string, n int) []sqstypes.Message {
	o.t.Helper()
	var all []sqstypes.Message
	for end := time.Now().Add(time.Minute); len(all) < n && time.Now().Before(end); {
		got, err := o.sqs.ReceiveMessage(o.t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: o.url(queue), MaxNumberOfMessages: 10, WaitTimeSeconds: 2, VisibilityTimeout: 3600, MessageAttributeNames: []string{"All"},
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"All"},
		})
		if err != nil {
			o.t.Fatal(err)
		}
		all = append(all, got.Messages...)
	}
	if len(all) != n {
		o.t.Fatalf("%d messages in %s, want %d", len(all), queue, n)
	}
	return all
}

// connect connects with the server's first key.
func (o *operations) connect() *nats.Conn {
	o.t.Helper()
	key := o.Host.Config().SQS.Auth.Credentials[0]
	nc, err := nats.Connect(o.Host.Endpoints().NATS, nats.UserInfo(key.AccessKeyID, key.SecretAccessKey.Reveal()))
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(nc.Close)
	return nc
}

// TestOperations runs every operation from a compiled guest.
func TestOperations(t *testing.T) {
	o := startOperations(t)
	client := o.connect()
	events, err := client.SubscribeSync("events.>")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Subscribe("pricing.get", func(m *nats.Msg) {
		_ = m.Respond([]byte("price of " + string(m.Data)))
	}); err != nil {
		t.Fatal(err)
	}
	if err := client.Flush(); err != nil {
		t.Fatal(err)
	}
	o.send("work", "everything "+o.web.URL+"/moved")
	var got []string
	for _, m := range o.results("results", 22) {
		got = append(got, *m.Body)
		if *m.Body == "from a batch" && *m.MessageAttributes["kept"].StringValue != "x" {
			t.Errorf("the attributes of the record were not sent on: %v", m.MessageAttributes)
		}
		if sender := m.Attributes["SenderId"]; sender != "function/f" {
			t.Errorf("sender %q", sender)
		}
	}
	want := []string{
		"from a batch", "config at start: 5", "queue.send_batch: 1 sent, 1 failed", "queue.send_batch of one: 1", "queue.send elsewhere: true",
		"queue.extend: yes", "nats.publish: yes", "nats.request: price of tea", "kv.create: true", "kv.create again: true", "kv.update: true",
		"kv.update of old: true", "kv.put: yes", "kv.get: 2 true", "kv.keys: [count other]", "kv.delete: yes", "config.get: 5",
		"secret.get: hush-hush", "secret.get of none: true", "metrics.add: yes", "http.fetch: 200 OK POST question", "http.fetch of metadata: true",
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	m, err := events.NextMsg(time.Minute)
	if err != nil || m.Subject != "events.done" || string(m.Data) != "published" || m.Header.Get("X") != "y" {
		t.Errorf("the NATS client got %+v, %v", m, err)
	}
	for _, line := range []string{
		`queuelet_function_custom_total{counter="done",function="f"} 2`,
		`queuelet_operation_calls_total{function="f",operation="http.fetch",result="denied"} 1`,
	} {
		eventually(t, "the metrics have the line "+line, func() bool {
			_, metrics := get(t, o.ConsoleURL()+"/metrics")
			return strings.Contains(metrics, line)
		})
	}

	// What is not granted any more is refused from the next call on.
	if err := o.Reload(strings.Replace(o.config, "[results, p?ng]", "[results]", 1)); err != nil {
		t.Fatal(err)
	}
	o.send("work", "ping")
	if got := o.results("dead", 1); *got[0].Body != "ping" {
		t.Errorf("%s", *got[0].Body)
	}
}

// TestRequestsEndWithTheirInvocation lets the function leave requests behind, and wait for them, that nobody answers.
func TestRequestsEndWithTheirInvocation(t *testing.T) {
	o := startOperations(t)
	next := func(want string) {
		t.Helper()
		select {
		case got := <-o.mute:
			if got != want {
				t.Errorf("the request has %s, want %s", got, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("the request has not %s", want)
		}
	}
	o.send("work", "wait "+o.web.URL+"/mute")
	next("begun")
	next("ended") // with the invocation, after three seconds
	if got := o.results("dead", 1); !strings.HasPrefix(*got[0].Body, "wait") {
		t.Errorf("%s in the dead-letter queue", *got[0].Body)
	}
	began := time.Now()
	o.send("work", "leave "+o.web.URL)
	next("begun")
	o.answer <- struct{}{} // to its other request, so that it is done
	next("ended")          // with the invocation, which is over before the timeout
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the request was left alone for %v", took)
	}
	o.send("work", "flood")
	if got := o.results("results", 1); *got[0].Body != "flood: 1000 calls, then over the limit: true" {
		t.Errorf("%s", *got[0].Body)
	}
}

// TestFunctionsInALoop is stopped after sixteen invocations.
func TestFunctionsInALoop(t *testing.T) {
	o := startOperations(t)
	o.send("ping", "ping")
	if got := o.results("dead", 1); *got[0].Body != "ping" {
		t.Errorf("%s", *got[0].Body)
	}
	// The message moves first, and then it is known that it did.
	recent := func(kind activity.Kind) []activity.Event {
		return o.Host.Feed().Recent(activity.Query{Kinds: []activity.Kind{kind}})
	}
	eventually(t, "the feed says what was done", func() bool {
		return len(recent(activity.LoopStopped)) > 0 && len(recent(activity.Invoked)) >= 16
	})
	if n := len(recent(activity.Invoked)); n != 16 {
		t.Errorf("%d invocations", n)
	}
	stopped := recent(activity.LoopStopped)
	if len(stopped) != 1 || stopped[0].Queue != "ping" || stopped[0].Detail != "moved to the dead-letter queue" {
		t.Errorf("%+v", stopped)
	}
}
