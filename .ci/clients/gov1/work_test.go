package gov1

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/service/sqs"
)

// Two hundred orders go through four workers by long polls. Some fail at first, and one
// always, until it is in the dead-letter queue; from there a move task brings it back.
func TestOrdersThroughWorkers(t *testing.T) {
	t.Parallel()
	const orders, poisoned = 200, "order 42"
	client := newClient(t, "AWS")
	dead := newQueue(t, client, "", nil)
	deadARN := attribute(t, client, dead, "QueueArn")
	url := newQueue(t, client, "", map[string]string{
		"VisibilityTimeout": "60",
		"RedrivePolicy":     fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"3"}`, deadARN),
	})
	seal := []byte{0, 1, 0xfe, 0xff, '\r'}

	var mu sync.Mutex
	done := map[string]bool{}
	var sent atomic.Bool
	var workers sync.WaitGroup
	defer workers.Wait()
	for range 4 {
		workers.Go(func() {
			for {
				all := sent.Load()
				messages := receive(t, client, url, 2)
				if len(messages) == 0 {
					if all || t.Failed() {
						return
					}
					continue
				}
				var finished []*sqs.DeleteMessageBatchRequestEntry
				var failed []*sqs.ChangeMessageVisibilityBatchRequestEntry
				for _, m := range messages {
					again := aws.StringValue(m.Attributes["ApproximateReceiveCount"]) != "1"
					if got := m.MessageAttributes["seal"]; got == nil || !bytes.Equal(got.BinaryValue, seal) {
						t.Errorf("%s: seal %v", *m.Body, got)
					}
					if *m.Body == poisoned || strings.HasSuffix(*m.Body, "7") && !again {
						failed = append(failed, &sqs.ChangeMessageVisibilityBatchRequestEntry{
							Id: m.MessageId, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: aws.Int64(0),
						})
						continue
					}
					mu.Lock()
					done[*m.Body] = true
					mu.Unlock()
					finished = append(finished, &sqs.DeleteMessageBatchRequestEntry{Id: m.MessageId, ReceiptHandle: m.ReceiptHandle})
				}
				if len(failed) > 0 {
					out, err := client.ChangeMessageVisibilityBatch(&sqs.ChangeMessageVisibilityBatchInput{QueueUrl: url, Entries: failed})
					if err != nil || len(out.Successful) != len(failed) {
						t.Errorf("give back: %v, %v", out, err)
					}
				}
				if len(finished) > 0 {
					out, err := client.DeleteMessageBatch(&sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: finished})
					if err != nil || len(out.Successful) != len(finished) {
						t.Errorf("delete: %v, %v", out, err)
					}
				}
			}
		})
	}
	for first := 0; first < orders; first += 10 {
		var entries []*sqs.SendMessageBatchRequestEntry
		for n := first; n < first+10; n++ {
			entries = append(entries, &sqs.SendMessageBatchRequestEntry{
				Id: aws.String(fmt.Sprint("id-", n)), MessageBody: aws.String(fmt.Sprint("order ", n)),
				MessageAttributes: map[string]*sqs.MessageAttributeValue{
					"customer": {DataType: aws.String("String"), StringValue: aws.String("Zoë & <Söhne>")},
					"amount":   {DataType: aws.String("Number.euro"), StringValue: aws.String("42.50")},
					"seal":     {DataType: aws.String("Binary.raw"), BinaryValue: seal},
				},
			})
		}
		out, err := client.SendMessageBatch(&sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
		if err != nil || len(out.Successful) != 10 {
			t.Fatalf("send: %v, %v", out, err)
		}
	}
	sent.Store(true)
	workers.Wait()
	if len(done) != orders-1 || done[poisoned] {
		t.Errorf("%d of %d orders are done", len(done), orders-1)
	}

	sources, err := client.ListDeadLetterSourceQueues(&sqs.ListDeadLetterSourceQueuesInput{QueueUrl: dead})
	if err != nil || len(sources.QueueUrls) != 1 || *sources.QueueUrls[0] != *url {
		t.Errorf("sources of the dead-letter queue: %v, %v", sources, err)
	}
	if _, err := client.StartMessageMoveTask(&sqs.StartMessageMoveTaskInput{SourceArn: &deadARN}); err != nil {
		t.Fatal(err)
	}
	back := receive(t, client, url, 20)
	if len(back) != 1 || *back[0].Body != poisoned {
		t.Fatalf("after the move: %v", back)
	}
	if _, err := client.DeleteMessage(&sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: back[0].ReceiptHandle}); err != nil {
		t.Error(err)
	}
	tasks, err := client.ListMessageMoveTasks(&sqs.ListMessageMoveTasksInput{SourceArn: &deadARN})
	if err != nil || len(tasks.Results) != 1 || aws.Int64Value(tasks.Results[0].ApproximateNumberOfMessagesToMove) != 1 {
		t.Errorf("move tasks: %v, %v", tasks, err)
	}
}

// Producers that send everything twice, and workers that take ten groups in turn.
func TestGroupsInOrder(t *testing.T) {
	t.Parallel()
	const groups, each = 10, 12
	client := newClient(t, "AWS")
	url := newQueue(t, client, ".fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	var producers sync.WaitGroup
	for g := range groups {
		producers.Go(func() {
			last := ""
			for n := range each {
				in := &sqs.SendMessageInput{
					QueueUrl: url, MessageBody: aws.String(fmt.Sprintf("%d/%02d", g, n)), MessageGroupId: aws.String(fmt.Sprint("group-", g)),
				}
				first, err := client.SendMessage(in)
				if err != nil {
					t.Error(err)
					return
				}
				second, err := client.SendMessage(in)
				if err != nil || *second.MessageId != *first.MessageId {
					t.Errorf("sent again: %v, %v", second, err)
				}
				if *first.SequenceNumber <= last {
					t.Errorf("sequence number %s follows %s", *first.SequenceNumber, last)
				}
				last = *first.SequenceNumber
			}
		})
	}
	producers.Wait()
	seen := map[string][]string{}
	for {
		messages := receive(t, client, url, 0)
		if len(messages) == 0 {
			break
		}
		for _, m := range messages {
			group := *m.Attributes["MessageGroupId"]
			seen[group] = append(seen[group], *m.Body)
			if _, err := client.DeleteMessage(&sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Error(err)
			}
		}
	}
	for _, group := range slices.Sorted(maps.Keys(seen)) {
		if bodies := seen[group]; len(bodies) != each || !slices.IsSorted(bodies) {
			t.Errorf("%s: %v", group, bodies)
		}
	}
	if len(seen) != groups {
		t.Errorf("%d groups came", len(seen))
	}
}

// An account shares a queue with another, and signs a link for somebody without a key.
func TestSharing(t *testing.T) {
	t.Parallel()
	client, other := newClient(t, "AWS"), newClient(t, "SQS_OTHER")
	url := newQueue(t, client, "", nil)
	send := &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("from another account\r\n")}
	wantCode(t, func() error { _, err := other.SendMessage(send); return err }, sqs.ErrCodeQueueDoesNotExist, http.StatusBadRequest)
	if _, err := client.AddPermission(&sqs.AddPermissionInput{
		QueueUrl: url, Label: aws.String("partner"), Actions: []*string{aws.String("SendMessage")},
		AWSAccountIds: []*string{aws.String(os.Getenv("SQS_OTHER_ACCOUNT"))},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.SendMessage(send); err != nil {
		t.Error(err)
	}
	wantCode(t, func() error { _, err := other.ReceiveMessage(&sqs.ReceiveMessageInput{QueueUrl: url}); return err },
		"AccessDenied", http.StatusForbidden)

	request, _ := client.ReceiveMessageRequest(&sqs.ReceiveMessageInput{QueueUrl: url})
	request.HTTPRequest.Method = http.MethodGet
	link, err := request.Presign(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(answer.Body); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || !strings.Contains(body.String(), "<Body>from another account&#xD;\n</Body>") {
		t.Errorf("by the link: %s %s", answer.Status, body.String())
	}

	session := newClient(t, "SQS_SESSION")
	if attribute(t, session, url, "QueueArn") == "" {
		t.Error("a session token sees no ARN")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	client := newClient(t, "AWS")
	url := newQueue(t, client, "", nil)
	for _, c := range []struct {
		call   func() error
		code   string
		status int
	}{
		{func() error {
			_, err := client.GetQueueUrl(&sqs.GetQueueUrlInput{QueueName: aws.String("nowhere")})
			return err
		}, sqs.ErrCodeQueueDoesNotExist, 400},
		{func() error {
			_, err := client.DeleteMessage(&sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("garbage")})
			return err
		}, sqs.ErrCodeReceiptHandleIsInvalid, 404},
		{func() error {
			_, err := client.SendMessage(&sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("\x01")})
			return err
		}, sqs.ErrCodeInvalidMessageContents, 400},
		{func() error {
			_, err := client.SetQueueAttributes(&sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: aws.StringMap(map[string]string{"Foo": "1"})})
			return err
		}, sqs.ErrCodeInvalidAttributeName, 400},
		{func() error {
			_, err := client.SendMessageBatch(&sqs.SendMessageBatchInput{QueueUrl: url})
			return err
		}, "", 0},
	} {
		wantCode(t, c.call, c.code, c.status)
	}
}

// wantCode wants an error of the service, or with an empty code one that the client
// found itself.
func wantCode(t *testing.T, call func() error, code string, status int) {
	t.Helper()
	err := call()
	failure, ok := err.(awserr.RequestFailure)
	switch {
	case code == "" && (ok || err == nil):
		t.Errorf("%v, want an error of the client itself", err)
	case code != "" && (!ok || failure.Code() != code || failure.StatusCode() != status):
		t.Errorf("%v, want %s and %d", err, code, status)
	}
}
