package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const crashWorkers = 4

// load sends, receives, deletes and changes visibility timeouts until it is stopped.
type load struct {
	t       *testing.T
	ledger  *ledger
	client  *sqs.Client
	base    string
	round   int
	workers sync.WaitGroup
	cancel  context.CancelFunc
}

func newClient(s *victim) *sqs.Client {
	return sqs.New(sqs.Options{
		BaseEndpoint:     aws.String("http://" + s.sqs),
		Region:           "us-east-1",
		Credentials:      credentials.NewStaticCredentialsProvider("queuelet", "queuelet", ""),
		RetryMaxAttempts: 1, // an answer that was lost must be known as lost
	})
}

func newLoad(t *testing.T, s *victim, l *ledger, round int) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ld := &load{t: t, ledger: l, client: newClient(s), base: "http://" + s.sqs + "/000000000000/", round: round, cancel: cancel}
	for worker := range crashWorkers {
		ld.workers.Go(func() { ld.send(ctx, worker) })
		ld.workers.Go(func() { ld.sendHandled(ctx, worker) })
		ld.workers.Go(func() { ld.consume(ctx) })
	}
	return ld
}

// stop waits for the workers. The server is gone: each of their requests fails.
func (ld *load) stop() {
	ld.cancel()
	ld.workers.Wait()
}

func (ld *load) url(queue string) *string { return aws.String(ld.base + queue) }

// send sends single messages and batches to the queue that is consumed from here.
func (ld *load) send(ctx context.Context, worker int) {
	for n := 0; ctx.Err() == nil; n++ {
		if n%2 == 0 {
			body := fmt.Sprintf("m-%d-%d-%d", ld.round, worker, n)
			_, err := ld.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: ld.url("work"), MessageBody: &body})
			if err != nil {
				return
			}
			ld.ledger.sent("work", body)
			continue
		}
		in := &sqs.SendMessageBatchInput{QueueUrl: ld.url("work")}
		bodies := map[string]string{}
		for i := range 5 {
			id, body := strconv.Itoa(i), fmt.Sprintf("b-%d-%d-%d-%d", ld.round, worker, n, i)
			bodies[id] = body
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body})
		}
		out, err := ld.client.SendMessageBatch(ctx, in)
		if err != nil {
			return
		}
		for _, ok := range out.Successful {
			ld.ledger.sent("work", bodies[*ok.Id])
		}
	}
}

// sendHandled sends to the queue of the handler; every tenth message is poisoned.
func (ld *load) sendHandled(ctx context.Context, worker int) {
	for n := 0; ctx.Err() == nil; n++ {
		queue, body := "handled", fmt.Sprintf("h-%d-%d-%d", ld.round, worker, n)
		if n%10 == 9 {
			queue, body = "poisoned", "poison-"+body
		}
		_, err := ld.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: ld.url("handled"), MessageBody: &body})
		if err != nil {
			return
		}
		ld.ledger.sent(queue, body)
	}
}

// consume receives, and deletes half of what it receives. Of the rest it leaves some hidden
// and gives some back.
func (ld *load) consume(ctx context.Context) {
	for ctx.Err() == nil {
		asked := time.Now()
		out, err := ld.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: ld.url("work"), MaxNumberOfMessages: 10, WaitTimeSeconds: 1,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{"ApproximateReceiveCount"},
		})
		if err != nil {
			return
		}
		for _, m := range out.Messages {
			count, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
			if err != nil {
				ld.t.Error(err)
			}
			ld.ledger.received(*m.Body, asked, count)
		}
		for _, m := range out.Messages {
			if !ld.settle(ctx, m) {
				return
			}
		}
	}
}

// settle does one of the things that a consumer may do to a message it has received.
func (ld *load) settle(ctx context.Context, m types.Message) bool {
	switch rand.IntN(6) {
	case 0: // leaves it hidden
		return true
	case 1:
		ld.ledger.givingBack(*m.Body)
		_, err := ld.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: ld.url("work"), ReceiptHandle: m.ReceiptHandle})
		if err == nil {
			ld.ledger.gaveBack(*m.Body)
		}
		return err == nil
	default:
		ld.ledger.deleting(*m.Body)
		_, err := ld.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: ld.url("work"), ReceiptHandle: m.ReceiptHandle})
		if err == nil {
			ld.ledger.deleted(*m.Body)
		}
		return err == nil
	}
}
