package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var crashGroups = flag.Int("crash.groups", 20, "how many message groups the FIFO crash test has")

const (
	// fifoVisibility is short, so that messages whose receive was never answered come back soon.
	fifoVisibility = 2 * time.Second
	// poison divides the numbers of messages that no consumer deletes: they end in the dead-letter
	// queue.
	poison = 7
)

// TestKillFIFO kills the process while producers and consumers work on a FIFO queue with a
// dead-letter queue. Consumers delete in order, give back or forget what they received, and give
// poisoned messages back. Over all of that order within each group must hold in both queues, no
// group may have two consumers at a time, and in the end each message that was acknowledged must
// have been deleted or be in the dead-letter queue, once and not both.
func TestKillFIFO(t *testing.T) {
	s := newVictim(t)
	c := newFIFOChecker(t)
	for range crashes() {
		s.start()
		ctx, cancel := context.WithCancel(t.Context())
		var workers sync.WaitGroup
		for worker := range crashWorkers {
			workers.Go(func() { c.produce(ctx, s, worker) })
			workers.Go(func() { c.consume(ctx, s, true) })
		}
		time.Sleep(*crashLoad)
		s.kill()
		cancel()
		workers.Wait()
	}
	s.start()
	c.drain(s)
	c.bury(s)
	s.kill()
	c.checkAll()
}

func fifoURL(s *victim) *string { return aws.String("http://" + s.sqs + "/000000000000/work.fifo") }

// produce sends the messages of some groups in order. One that was not answered is sent again,
// also after the server was started again: its deduplication id makes it one message.
func (c *fifoChecker) produce(ctx context.Context, s *victim, worker int) {
	client := newClient(s)
	for ctx.Err() == nil {
		for g := worker; g < len(c.groups); g += crashWorkers {
			n := c.nextOf(g)
			body := fmt.Sprintf("%d %d", g, n)
			_, err := client.SendMessage(ctx, &sqs.SendMessageInput{
				QueueUrl: fifoURL(s), MessageBody: &body, MessageGroupId: aws.String(strconv.Itoa(g)),
				MessageDeduplicationId: aws.String(strings.ReplaceAll(body, " ", "-")),
			})
			if err != nil {
				return
			}
			c.sent(g, n)
		}
	}
}

// consume receives until an answer fails, or until there is nothing more.
func (c *fifoChecker) consume(ctx context.Context, s *victim, fails bool) (got int) {
	client := newClient(s)
	for ctx.Err() == nil {
		asked := time.Now()
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: fifoURL(s), MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: int32(fifoVisibility / time.Second),
		})
		if err != nil {
			return got
		}
		if len(out.Messages) == 0 && !fails {
			return got
		}
		got += len(out.Messages)
		for _, batch := range c.received(out.Messages, asked) {
			if !c.settle(ctx, s, client, batch, fails) {
				return got
			}
		}
	}
	return got
}

// settle deletes the messages of a batch in order, up to one that is poisoned, or the first of
// them, or none, and gives the rest back or forgets it.
func (c *fifoChecker) settle(ctx context.Context, s *victim, client *sqs.Client, b fifoBatch, fails bool) bool {
	remove := slices.IndexFunc(b.numbers, func(n int) bool { return n%poison == 0 })
	poisoned := remove >= 0
	if !poisoned {
		remove = len(b.messages)
	}
	if fails && rand.IntN(3) == 0 {
		remove = rand.IntN(remove + 1)
	}
	for i, m := range b.messages[:remove] {
		if !c.deleting(b, i, remove == len(b.messages)) {
			return true // the visibility timeout is about to end: others may have it now
		}
		_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: fifoURL(s), ReceiptHandle: m.ReceiptHandle})
		if err != nil {
			return ctx.Err() == nil && strings.Contains(err.Error(), "expired")
		}
		c.deleted(b, i)
	}
	if rest := b.messages[remove:]; len(rest) > 0 && (poisoned || rand.IntN(2) == 0) {
		c.release(b)
		for _, m := range slices.Backward(rest) { // the last first, so that order holds
			_, err := client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: fifoURL(s), ReceiptHandle: m.ReceiptHandle})
			if err != nil {
				return ctx.Err() == nil && strings.Contains(err.Error(), "Message does not exist")
			}
		}
	}
	return true
}

// drain consumes what is left.
func (c *fifoChecker) drain(s *victim) {
	for idle := 0; idle < 4; idle++ { // messages that were forgotten come back in between
		if c.consume(c.t.Context(), s, false) > 0 {
			idle = 0
		}
	}
}

// bury takes the messages of the dead-letter queue down.
func (c *fifoChecker) bury(s *victim) {
	client := newClient(s)
	url := aws.String("http://" + s.sqs + "/000000000000/work-dlq.fifo")
	for {
		out, err := client.ReceiveMessage(c.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
		if err != nil {
			c.t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return
		}
		for _, m := range out.Messages {
			c.buried(m)
			if _, err := client.DeleteMessage(c.t.Context(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				c.t.Fatal(err)
			}
		}
	}
}

// fifoBatch are the messages of one group in one answer.
type fifoBatch struct {
	group    int
	receive  int
	messages []types.Message
	numbers  []int // of the messages
}
