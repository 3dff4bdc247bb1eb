package orders_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/hosttest"
	"github.com/queuelet/queuelet/plugins/build"
)

// start runs the example's configuration with the handler as it is in the source.
func start(t *testing.T) *hosttest.Server {
	t.Helper()
	module := filepath.Join(t.TempDir(), "orders.wasm")
	if err := build.Go(t.Context(), "handler", module); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const path = "./orders.wasm"
	if !strings.Contains(string(text), path) {
		t.Fatalf("config.yaml does not name %s", path)
	}
	return hosttest.Start(t, hosttest.Config(strings.Replace(string(text), path, module, 1)))
}

// shop is a client of the queues of the example.
type shop struct {
	t   *testing.T
	sqs *sqs.Client
}

func (s shop) url(name string) *string {
	s.t.Helper()
	queue, err := s.sqs.GetQueueUrl(s.t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(name)})
	if err != nil {
		s.t.Fatal(err)
	}
	return queue.QueueUrl
}

// sendOrders sends ten orders and returns the message ids. The seventh is poisoned.
func (s shop) sendOrders() (ids []string) {
	s.t.Helper()
	in := &sqs.SendMessageBatchInput{QueueUrl: s.url("orders")}
	for n := 1; n <= 10; n++ {
		quantity := 1
		if n == 7 {
			quantity = -1
		}
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(n)), MessageBody: aws.String(fmt.Sprintf(`{"order":%d,"quantity":%d}`, n, quantity)),
		})
	}
	out, err := s.sqs.SendMessageBatch(s.t.Context(), in)
	if err != nil || len(out.Failed) > 0 {
		s.t.Fatal(err, out)
	}
	for _, sent := range out.Successful {
		ids = append(ids, *sent.MessageId)
	}
	return ids
}

// size is how many messages a queue has, visible or in flight.
func (s shop) size(name string) (n int) {
	s.t.Helper()
	out, err := s.sqs.GetQueueAttributes(s.t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: s.url(name), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, attribute := range []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	} {
		var part int
		if _, err := fmt.Sscan(out.Attributes[string(attribute)], &part); err != nil {
			s.t.Fatal(err)
		}
		n += part
	}
	return n
}

func (s shop) receive(name string) []types.Message {
	s.t.Helper()
	out, err := s.sqs.ReceiveMessage(s.t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: s.url(name), MaxNumberOfMessages: 10, WaitTimeSeconds: 1,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out.Messages
}

// pull receives and deletes what there is, and returns the bodies.
func (s shop) pull(name string) (bodies []string) {
	s.t.Helper()
	for _, m := range s.receive(name) {
		bodies = append(bodies, *m.Body)
		_, err := s.sqs.DeleteMessage(s.t.Context(), &sqs.DeleteMessageInput{QueueUrl: s.url(name), ReceiptHandle: m.ReceiptHandle})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return bodies
}

func TestOrders(t *testing.T) {
	server := start(t)
	s := shop{t, server.SQS()}
	invocations := server.Host.Feed().Subscribe(t.Context(), activity.Query{Kinds: []activity.Kind{activity.Invoked}})
	ids := s.sendOrders()
	var sent, pulled []string
	for end := time.Now().Add(time.Minute); s.size("orders") > 0 || s.size("orders-dlq") == 0 || len(sent) < 20; {
		if time.Now().After(end) {
			t.Fatal("the orders are not worked off after a minute")
		}
		for range 5 {
			sent = append(sent, fmt.Sprintf("invoice %d", len(sent)))
			_, err := s.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: s.url("invoices"), MessageBody: &sent[len(sent)-1]})
			if err != nil {
				t.Fatal(err)
			}
		}
		pulled = append(pulled, s.pull("invoices")...)
		time.Sleep(50 * time.Millisecond)
	}
	for len(pulled) < len(sent) {
		more := s.pull("invoices")
		if len(more) == 0 {
			break
		}
		pulled = append(pulled, more...)
	}
	if d := cmp.Diff(sent, pulled); d != "" {
		t.Errorf("invoices (-want +got):\n%s", d)
	}
	if n := s.size("invoices"); n != 0 {
		t.Errorf("%d invoices are left", n)
	}

	dead := s.receive("orders-dlq")
	if len(dead) != 1 || *dead[0].Body != `{"order":7,"quantity":-1}` || *dead[0].MessageId != ids[6] {
		t.Fatalf("dead orders %+v", dead)
	}
	// Three receives by the function, and this one.
	if count := dead[0].Attributes["ApproximateReceiveCount"]; count != "4" {
		t.Errorf("receive count %s", count)
	}
	if source := dead[0].Attributes["DeadLetterQueueSourceArn"]; source != "arn:aws:sqs:us-east-1:000000000000:orders" {
		t.Errorf("source %s", source)
	}
	wantInvocations(t, invocations, ids[6])
}

// wantInvocations checks that all orders were tried once, and then the poisoned one alone, twice more.
func wantInvocations(t *testing.T, seen <-chan activity.Event, poisoned string) {
	t.Helper()
	next := func() activity.Event {
		select {
		case e := <-seen:
			return e
		case <-time.After(time.Minute):
			t.Fatal("an invocation is missing")
			return activity.Event{}
		}
	}
	for first := 0; first < 10; {
		e := next()
		if e.Detail != "" || e.Function != "orders" || e.Queue != "orders" {
			t.Errorf("invocation %+v", e)
		}
		first += e.Messages
	}
	for range 2 {
		if e := next(); e.Messages != 1 || e.Failed != 1 || e.MessageID != poisoned || e.Detail != "" {
			t.Errorf("invocation %+v", e)
		}
	}
	select {
	case e := <-seen:
		t.Errorf("one more invocation: %+v", e)
	default:
	}
}

// TestBoto3 runs check.py with every Python here that has boto3: newer ones speak SQS's JSON protocol, older ones (such as
// that of Debian 12) its query protocol.
func TestBoto3(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts other programs")
	}
	found := map[string]string{} // path by version of boto3
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		version, err := exec.CommandContext(t.Context(), name, "-c", "import boto3; print(boto3.__version__)").Output()
		if err == nil {
			found[strings.TrimSpace(string(version))] = name
		}
	}
	if len(found) == 0 {
		t.Skip("no Python with boto3 was found; pip install boto3, or apt install python3-boto3")
	}
	for version, python := range found {
		t.Run(version, func(t *testing.T) {
			server := start(t)
			shop{t, server.SQS()}.sendOrders() // of before, which the check does not count
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			check := exec.CommandContext(ctx, python, "-B", "check.py",
				"--endpoint", server.URL(), "--metrics", server.ConsoleURL()+"/metrics")
			output, err := check.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			t.Logf("%s", output)
		})
	}
}
