package main

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var crashMoved = flag.Int("crash.moved", 40_000, "how many messages the crash test of move tasks has")

// TestKillMoveTask kills the process while a message move task runs, again and again. The task
// must go on by itself each time, and in the end every message must be in one of the two
// queues, once.
func TestKillMoveTask(t *testing.T) {
	s := newVictim(t)
	m := &mover{t: t, client: newClient(s), base: "http://" + s.sqs + "/000000000000/"}
	s.start()
	m.fill("handled-dlq", *crashMoved)
	m.startTask("handled-dlq", "work")
	interrupted := 0
	for range *crashRounds {
		time.Sleep(rand.N(100 * time.Millisecond))
		if m.status("handled-dlq") == "RUNNING" {
			interrupted++
		}
		s.kill()
		s.start()
	}
	if interrupted == 0 {
		t.Error("the task was over before the first kill: give it more messages")
	}
	m.waitForTask("handled-dlq")
	t.Logf("%d of %d kills came while the task ran", interrupted, *crashRounds)
	seen := make(map[string]string)
	for _, queue := range []string{"handled-dlq", "work"} {
		m.collect(queue, seen)
	}
	s.kill()
	if len(seen) != *crashMoved {
		t.Errorf("%d messages are there, %d were sent", len(seen), *crashMoved)
	}
}

// mover is a client of a server with a message move task.
type mover struct {
	t      *testing.T
	client *sqs.Client
	base   string
}

func (m *mover) url(queue string) *string { return aws.String(m.base + queue) }

func (m *mover) arn(queue string) *string {
	return aws.String("arn:aws:sqs:us-east-1:000000000000:" + queue)
}

// fill sends n numbered messages.
func (m *mover) fill(queue string, n int) {
	m.t.Helper()
	var senders sync.WaitGroup
	for worker := range crashWorkers {
		senders.Go(func() {
			for first := worker * 10; first < n; first += crashWorkers * 10 {
				in := &sqs.SendMessageBatchInput{QueueUrl: m.url(queue)}
				for i := first; i < min(n, first+10); i++ {
					number := strconv.Itoa(i)
					in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: &number, MessageBody: &number})
				}
				if _, err := m.client.SendMessageBatch(m.t.Context(), in); err != nil {
					m.t.Error(err)
					return
				}
			}
		})
	}
	senders.Wait()
}

func (m *mover) startTask(source, destination string) {
	m.t.Helper()
	_, err := m.client.StartMessageMoveTask(m.t.Context(), &sqs.StartMessageMoveTaskInput{
		SourceArn: m.arn(source), DestinationArn: m.arn(destination),
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

// task returns the last task of a queue.
func (m *mover) task(source string) types.ListMessageMoveTasksResultEntry {
	m.t.Helper()
	out, err := m.client.ListMessageMoveTasks(m.t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: m.arn(source)})
	if err != nil {
		m.t.Fatal(err)
	}
	return out.Results[0]
}

func (m *mover) status(source string) string {
	m.t.Helper()
	return aws.ToString(m.task(source).Status)
}

// waitForTask waits until the last task of a queue is completed.
func (m *mover) waitForTask(source string) {
	m.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); m.status(source) != "COMPLETED"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("the task has not ended: %+v", m.task(source))
		}
	}
	if moved := int(m.task(source).ApproximateNumberOfMessagesMoved); moved != *crashMoved {
		m.t.Errorf("%d of %d moves were counted", moved, *crashMoved)
	}
}

// collect receives all messages of a queue, and reports those that were seen before.
func (m *mover) collect(queue string, seen map[string]string) {
	m.t.Helper()
	n := 0
	for {
		out, err := m.client.ReceiveMessage(m.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: m.url(queue), MaxNumberOfMessages: 10})
		if err != nil {
			m.t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			m.t.Logf("%d messages are in %s", n, queue)
			return
		}
		for _, message := range out.Messages {
			n++
			if before := seen[*message.Body]; before != "" {
				m.t.Errorf("message %s is in %s and was in %s", *message.Body, queue, before)
			}
			seen[*message.Body] = queue
		}
	}
}
