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

// fifoVisibility is short, so that messages whose receive was never answered come back soon.
const fifoVisibility = 2 * time.Second

// TestKillFIFO kills the process while producers and consumers work on a FIFO queue. Consumers
// delete in order, give back or forget what they received. Order within each group must hold
// over all of that, nothing that was acknowledged may be lost, and no group may have two
// consumers at a time.
func TestKillFIFO(t *testing.T) {
	s := newVictim(t)
	c := &fifoChecker{t: t, groups: make([]fifoGroup, *crashGroups)}
	for range *crashRounds {
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
	s.kill()
	c.checkAll()
}

// fifoGroup is what the checker knows of one message group. Its messages are numbered from 1.
type fifoGroup struct {
	sent    int // the last one that was acknowledged
	deleted int // the last one whose delete was acknowledged
	asked   int // the last one whose delete was asked for

	holder    int       // the receive that has messages of the group, 0 when none
	heldSince time.Time // when its answer came
	heldUntil time.Time // when its visibility timeout ends at the earliest
}

type fifoChecker struct {
	t        *testing.T
	mu       sync.Mutex
	groups   []fifoGroup
	receives int
}

func fifoURL(s *victim) *string { return aws.String("http://" + s.sqs + "/000000000000/work.fifo") }

// produce sends the messages of some groups in order. One that was not answered is sent again,
// also after the server was started again: its deduplication id makes it one message.
func (c *fifoChecker) produce(ctx context.Context, s *victim, worker int) {
	client := newClient(s)
	for ctx.Err() == nil {
		for g := worker; g < len(c.groups); g += crashWorkers {
			c.mu.Lock()
			n := c.groups[g].sent + 1
			c.mu.Unlock()
			body := fmt.Sprintf("%d %d", g, n)
			_, err := client.SendMessage(ctx, &sqs.SendMessageInput{
				QueueUrl: fifoURL(s), MessageBody: &body, MessageGroupId: aws.String(strconv.Itoa(g)),
				MessageDeduplicationId: aws.String(strings.ReplaceAll(body, " ", "-")),
			})
			if err != nil {
				return
			}
			c.mu.Lock()
			c.groups[g].sent = n
			c.mu.Unlock()
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

// fifoBatch are the messages of one group in one answer.
type fifoBatch struct {
	group, first int
	receive      int
	messages     []types.Message
}

// received checks an answer and splits it by group.
func (c *fifoChecker) received(messages []types.Message, asked time.Time) []fifoBatch {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.receives++
	var batches []fifoBatch
	for _, m := range messages {
		var g, n int
		if _, err := fmt.Sscanf(*m.Body, "%d %d", &g, &n); err != nil {
			c.t.Errorf("body %q: %v", *m.Body, err)
			continue
		}
		if last := len(batches) - 1; last >= 0 && batches[last].group == g {
			if want := batches[last].first + len(batches[last].messages); n != want {
				c.t.Errorf("group %d: message %d where %d should be in one answer", g, n, want)
			}
			batches[last].messages = append(batches[last].messages, m)
			continue
		}
		f := &c.groups[g]
		if n <= f.deleted || n > f.asked+1 {
			c.t.Errorf("group %d: message %d is handed out; %d are deleted, for %d that was asked", g, n, f.deleted, f.asked)
		}
		now := time.Now()
		if f.holder != 0 && asked.After(f.heldSince) && now.Before(f.heldUntil) {
			c.t.Errorf("group %d: message %d is handed out while another receive has messages of the group", g, n)
		}
		f.holder, f.heldSince, f.heldUntil = c.receives, now, asked.Add(fifoVisibility)
		batches = append(batches, fifoBatch{group: g, first: n, receive: c.receives, messages: []types.Message{m}})
	}
	return batches
}

// settle deletes the messages of a batch in order, or the first of them, or none, and gives the
// rest back or forgets it.
func (c *fifoChecker) settle(ctx context.Context, s *victim, client *sqs.Client, b fifoBatch, fails bool) bool {
	remove := len(b.messages)
	if fails && rand.IntN(3) == 0 {
		remove = rand.IntN(len(b.messages) + 1)
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
	if rest := b.messages[remove:]; len(rest) > 0 && rand.IntN(2) == 0 {
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

// deleting notes that a delete is asked for. It returns false when it is too late for that.
func (c *fifoChecker) deleting(b fifoBatch, i int, all bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &c.groups[b.group]
	if f.holder != b.receive || time.Until(f.heldUntil) < fifoVisibility/4 {
		return false
	}
	f.asked = max(f.asked, b.first+i)
	if all && i == len(b.messages)-1 {
		f.holder = 0 // the delete of the last one frees the group
	}
	return true
}

func (c *fifoChecker) deleted(b fifoBatch, i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &c.groups[b.group]
	f.deleted = max(f.deleted, b.first+i)
}

func (c *fifoChecker) release(b fifoBatch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := &c.groups[b.group]; f.holder == b.receive {
		f.holder = 0
	}
}

// drain consumes what is left.
func (c *fifoChecker) drain(s *victim) {
	for idle := 0; idle < 4; idle++ { // messages that were forgotten come back in between
		if c.consume(c.t.Context(), s, false) > 0 {
			idle = 0
		}
	}
}

func (c *fifoChecker) checkAll() {
	total := 0
	for g := range c.groups {
		f := &c.groups[g]
		total += f.sent
		if f.asked < f.sent {
			c.t.Errorf("group %d: %d messages were acknowledged, only %d came", g, f.sent, f.asked)
		}
	}
	c.t.Logf("%d rounds: %d messages in %d groups, %d receives", *crashRounds, total, len(c.groups), c.receives)
}
