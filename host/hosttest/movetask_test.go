package hosttest_test

import (
	"errors"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/queuelet/queuelet/host/hosttest"
)

// newestMove returns the last message move task of a queue.
func newestMove(t *testing.T, c v2, source string) types.ListMessageMoveTasksResultEntry {
	t.Helper()
	out, err := c.ListMessageMoveTasks(t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: &source})
	if err != nil {
		t.Fatalf("ListMessageMoveTasks: %v", err)
	}
	if len(out.Results) != 1 {
		t.Fatalf("%d tasks are listed, want 1", len(out.Results))
	}
	return out.Results[0]
}

// arnOf returns the ARN of a queue.
func arnOf(t *testing.T, c client, url string) string {
	t.Helper()
	attributes, err := c.getAttributes(t.Context(), url, "QueueArn")
	if err != nil {
		t.Fatal(err)
	}
	return attributes["QueueArn"]
}

// newRedrive makes a queue that gives messages up after one receive, and its dead-letter
// queue.
func newRedrive(t *testing.T, c client) (source, dead, deadARN string) {
	t.Helper()
	dead = newQueue(t, c, "dead", nil)
	deadARN = arnOf(t, c, dead)
	source = newQueue(t, c, "source", map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":1}`,
	})
	return source, dead, deadARN
}

func TestMoveTask(t *testing.T) {
	ctx := t.Context()
	c := v2{hosttest.Start(t).SQS()}
	source, dead, deadARN := newRedrive(t, c)
	id, err := c.send(ctx, source, message{Body: "x", Text: map[string]string{"k": "v"}})
	if err != nil {
		t.Fatal(err)
	}
	failed := mustReceive(t, c, source, 1, receive{})[0]
	if err := c.changeVisibility(ctx, source, failed.Receipt, 0); err != nil {
		t.Fatal(err)
	}
	mustBeEmpty(t, c, source) // it goes to the dead-letter queue

	began := time.Now()
	started, err := c.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &deadARN})
	if err != nil || aws.ToString(started.TaskHandle) == "" {
		t.Fatalf("StartMessageMoveTask: %+v, %v", started, err)
	}
	eventually(t, "the task completes", func() bool { return aws.ToString(newestMove(t, c, deadARN).Status) == "COMPLETED" })
	task := newestMove(t, c, deadARN)
	if task.ApproximateNumberOfMessagesMoved != 1 || aws.ToInt64(task.ApproximateNumberOfMessagesToMove) != 1 ||
		aws.ToString(task.SourceArn) != deadARN || task.DestinationArn != nil || task.MaxNumberOfMessagesPerSecond != nil ||
		task.TaskHandle != nil || task.FailureReason != nil || time.UnixMilli(task.StartedTimestamp).Sub(began).Abs() > time.Minute {
		t.Errorf("the task is %+v", task)
	}
	back := mustReceive(t, c, source, 1, receive{All: true})[0]
	if back.ID == id || back.Body != "x" || back.Text["k"] != "v" || back.Attributes["ApproximateReceiveCount"] != "1" {
		t.Errorf("it came back as %+v", back)
	}
	mustBeEmpty(t, c, dead)
}

func TestMoveTaskErrors(t *testing.T) {
	ctx := t.Context()
	c := v2{hosttest.Start(t).SQS()}
	source, dead, deadARN := newRedrive(t, c)
	sourceARN := arnOf(t, c, source)
	start := func(from, to string, rate *int32) (string, error) {
		in := &sqs.StartMessageMoveTaskInput{SourceArn: &from, MaxNumberOfMessagesPerSecond: rate}
		if to != "" {
			in.DestinationArn = &to
		}
		out, err := c.StartMessageMoveTask(ctx, in)
		if err != nil {
			return "", err
		}
		return *out.TaskHandle, nil
	}
	_, err := start(deadARN+"-not", "", nil)
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("of a queue that is not there: %v", err)
	}
	_, err = start(sourceARN, "", nil)
	expectCode(t, c, err, "InvalidParameterValue")
	_, err = start(deadARN, "", aws.Int32(501))
	expectCode(t, c, err, "InvalidParameterValue")
	_, err = c.CancelMessageMoveTask(ctx, &sqs.CancelMessageMoveTaskInput{TaskHandle: aws.String("x")})
	expectCode(t, c, err, "InvalidParameterValue")

	var entries []message
	for i := range 10 {
		entries = append(entries, message{Entry: strconv.Itoa(i), Body: "x"})
	}
	for range 10 { // so that the task takes minutes
		if _, failed, err := c.sendBatch(ctx, dead, entries...); err != nil || len(failed) > 0 {
			t.Fatal(failed, err)
		}
	}
	handle, err := start(deadARN, sourceARN, aws.Int32(1))
	if err != nil {
		t.Fatal(err)
	}
	task := newestMove(t, c, deadARN)
	if aws.ToString(task.Status) != "RUNNING" || aws.ToString(task.TaskHandle) != handle || aws.ToString(task.DestinationArn) != sourceARN ||
		aws.ToInt32(task.MaxNumberOfMessagesPerSecond) != 1 {
		t.Errorf("the task is %+v", task)
	}
	_, err = start(deadARN, "", nil)
	expectCode(t, c, err, "InvalidParameterValue")
	cancelled, err := c.CancelMessageMoveTask(ctx, &sqs.CancelMessageMoveTaskInput{TaskHandle: &handle})
	if err != nil || cancelled.ApproximateNumberOfMessagesMoved > 99 {
		t.Fatalf("CancelMessageMoveTask: %+v, %v", cancelled, err)
	}
	eventually(t, "the task ends", func() bool { return aws.ToString(newestMove(t, c, deadARN).Status) == "CANCELLED" })
}

// TestMoveTaskGoesOnAfterARestart stops the server while a task runs.
func TestMoveTaskGoesOnAfterARestart(t *testing.T) {
	ctx := t.Context()
	dir := hosttest.Dir(filepath.Join(t.TempDir(), "data"))
	server := hosttest.Start(t, dir)
	c := v2{server.SQS()}
	_, dead, deadARN := newRedrive(t, c)
	to := newQueue(t, c, "to", nil)
	want := make(map[string]bool)
	for i := range 60 {
		body := strconv.Itoa(i)
		want[body] = true
		if _, err := c.send(ctx, dead, message{Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{
		SourceArn: &deadARN, DestinationArn: aws.String(arnOf(t, c, to)), MaxNumberOfMessagesPerSecond: aws.Int32(30),
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "some have moved", func() bool { return newestMove(t, c, deadARN).ApproximateNumberOfMessagesMoved > 5 })
	server.Stop()

	c = v2{hosttest.Start(t, dir).SQS()}
	if dead, err = c.getQueueURL(ctx, "dead"); err != nil {
		t.Fatal(err)
	}
	if to, err = c.getQueueURL(ctx, "to"); err != nil {
		t.Fatal(err)
	}
	if visible, _ := counts(t, c, dead); visible == "0" {
		t.Log("the task was over before anybody looked: the machine is busy")
	}
	eventually(t, "the task completes", func() bool { return aws.ToString(newestMove(t, c, deadARN).Status) == "COMPLETED" })
	if moved := newestMove(t, c, deadARN).ApproximateNumberOfMessagesMoved; moved != 60 {
		t.Errorf("%d messages were counted", moved)
	}
	for _, m := range mustReceive(t, c, to, 60, receive{}) {
		if !want[m.Body] {
			t.Errorf("%s came twice", m.Body)
		}
		delete(want, m.Body)
	}
	mustBeEmpty(t, c, to)
	mustBeEmpty(t, c, dead)
}
