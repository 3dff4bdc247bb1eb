package hosttest_test

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/queuelet/queuelet/host/hosttest"
	"github.com/queuelet/queuelet/plugins/abi"
)

// TestLambdaRestart finds functions, versions, aliases, mappings, event invoke configurations and what roles grant again.
func TestLambdaRestart(t *testing.T) {
	dir := t.TempDir()
	queues := hosttest.Config("queues: [{name: work}]\nroles: [{name: sender, grants: {queues: [work]}}]")
	server := hosttest.Start(t, hosttest.Dir(dir), queues)
	c := server.Lambda()
	createFunction(t, c, "worker", done("first"))
	version := publish(t, c, "worker")
	updateFunction(t, c, "worker", done("second"))
	if _, err := c.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: aws.String("worker"), Name: aws.String("live"), FunctionVersion: &version}); err != nil {
		t.Fatal(err)
	}
	m, err := c.CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{
		FunctionName: aws.String("worker:live"), EventSourceArn: aws.String("arn:aws:sqs:us-east-1:000000000000:work"),
	})
	if err != nil {
		t.Fatal(err)
	}
	createWithRole(t, c, "sender", "arn:aws:iam::000000000000:role/sender", zipped(t, asking(ask{abi.OpQueueSend, `{"queue":"work"}`})))
	if _, err := c.PutFunctionEventInvokeConfig(t.Context(), &lambda.PutFunctionEventInvokeConfigInput{
		FunctionName: aws.String("worker:live"), MaximumRetryAttempts: aws.Int32(1),
	}); err != nil {
		t.Fatal(err)
	}
	before, err := c.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("worker")})
	if err != nil {
		t.Fatal(err)
	}
	server.Stop()

	server = hosttest.Start(t, hosttest.Dir(dir), queues)
	c = server.Lambda()
	after, err := c.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("worker")})
	if err != nil || *after.Configuration.CodeSha256 != *before.Configuration.CodeSha256 || *after.Configuration.RevisionId != *before.Configuration.RevisionId ||
		after.Configuration.State != types.StateActive {
		t.Errorf("after the restart: %+v, %v", after, err)
	}
	if log := logOf(t, c, "worker:live"); !strings.Contains(log, "first") {
		t.Errorf("the alias runs:\n%s", log)
	}
	if _, err := c.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: m.UUID}); err != nil {
		t.Error(err)
	}
	events, err := c.GetFunctionEventInvokeConfig(t.Context(), &lambda.GetFunctionEventInvokeConfigInput{FunctionName: aws.String("worker:live")})
	if err != nil || *events.MaximumRetryAttempts != 1 {
		t.Errorf("event invoke configuration %+v, %v", events, err)
	}
	if out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("sender")}); err != nil || string(out.Payload) != "[1]" {
		t.Errorf("the function with a role could do %s, %v", out.Payload, err)
	}
	sqs := v2{server.SQS()}
	work, err := sqs.getQueueURL(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqs.send(t.Context(), work, message{Body: "x"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the mapping goes on", func() bool {
		visible, inFlight := counts(t, sqs, work)
		return visible == "0" && inFlight == "0"
	})
}

var swapFor = flag.Duration("swap", 2*time.Second, "how long TestHotSwap swaps versions")

// TestHotSwap replaces a function every 50 ms while messages flow through it. Every message is handled, none fails.
func TestHotSwap(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config("queues: [{name: work, attributes: {VisibilityTimeout: 30}, dead_letter: {queue: dead, max_receives: 1}}]"))
	c, sqs := server.Lambda(), v2{server.SQS()}
	createFunction(t, c, "worker", done("version 0"))
	_, err := c.CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{
		FunctionName: aws.String("worker"), EventSourceArn: aws.String("arn:aws:sqs:us-east-1:000000000000:work"),
	})
	if err != nil {
		t.Fatal(err)
	}
	work, err := sqs.getQueueURL(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	var sent atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			var entries []message
			for i := range 10 {
				entries = append(entries, message{Entry: strconv.Itoa(i), Body: "x"})
			}
			ok, failed, err := sqs.sendBatch(t.Context(), work, entries...)
			if err != nil || len(failed) > 0 {
				t.Error(failed, err)
				return
			}
			sent.Add(int64(len(ok)))
		}
	}()
	swaps := 0
	every := time.NewTicker(50 * time.Millisecond)
	defer every.Stop()
	for end := time.Now().Add(*swapFor); time.Now().Before(end); <-every.C {
		swaps++
		updateFunction(t, c, "worker", done("version "+strconv.Itoa(swaps)))
	}
	close(stop)
	<-stopped
	records := `queuelet_dispatch_records_total{mapping="000000000000/work:000000000000/worker",outcome="`
	handled := fmt.Sprintf(`%sdeleted"} %d`, records, sent.Load())
	eventually(t, "all messages are handled", func() bool {
		_, body := get(t, server.ConsoleURL()+"/metrics")
		return strings.Contains(body, handled+"\n")
	})
	expectMetrics(t, server.ConsoleURL(), records+`failed"} 0`,
		`queuelet_queue_messages{account="000000000000",queue="work",state="visible"} 0`,
		`queuelet_queue_messages{account="000000000000",queue="dead",state="visible"} 0`)
	t.Logf("%d messages through %d versions", sent.Load(), swaps)
}
