package main

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// fifoChecker knows what was done to a FIFO queue and says what must not happen.
type fifoChecker struct {
	t        *testing.T
	mu       sync.Mutex
	groups   []fifoGroup
	receives int
}

// fifoGroup is what the checker knows of one message group. Its messages are numbered from 1.
type fifoGroup struct {
	sent    int          // the last one that was acknowledged
	passed  int          // the last one that others of the group have followed, or may follow
	asked   map[int]bool // their delete was asked for
	deleted map[int]bool // their delete was acknowledged
	skipped map[int]bool // they must be in the dead-letter queue, because later ones came
	dead    []int        // they are in the dead-letter queue, in this order

	holder    int       // the receive that has messages of the group, 0 when none
	heldSince time.Time // when its answer came
	heldUntil time.Time // when its visibility timeout ends at the earliest
}

func newFIFOChecker(t *testing.T) *fifoChecker {
	t.Helper()
	c := &fifoChecker{t: t, groups: make([]fifoGroup, *crashGroups)}
	for g := range c.groups {
		c.groups[g].asked, c.groups[g].deleted, c.groups[g].skipped = map[int]bool{}, map[int]bool{}, map[int]bool{}
	}
	return c
}

// nextOf is the number of the next message to send of a group.
func (c *fifoChecker) nextOf(group int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.groups[group].sent + 1
}

func (c *fifoChecker) sent(group, number int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.groups[group].sent = number
}

// number reads what message it is. c.mu is held.
func (c *fifoChecker) number(m types.Message) (group, number int) {
	if _, err := fmt.Sscanf(*m.Body, "%d %d", &group, &number); err != nil {
		c.t.Errorf("body %q: %v", *m.Body, err)
	}
	return group, number
}

// received checks an answer and splits it by group.
func (c *fifoChecker) received(messages []types.Message, asked time.Time) []fifoBatch {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.receives++
	var batches []fifoBatch
	for _, m := range messages {
		g, n := c.number(m)
		if last := len(batches) - 1; last >= 0 && batches[last].group == g {
			b := &batches[last]
			if before := b.numbers[len(b.numbers)-1]; n != before+1 {
				c.t.Errorf("group %d: message %d follows %d in one answer", g, n, before)
			}
			b.messages, b.numbers = append(b.messages, m), append(b.numbers, n)
			continue
		}
		f := &c.groups[g]
		c.first(g, n)
		now := time.Now()
		if f.holder != 0 && asked.After(f.heldSince) && now.Before(f.heldUntil) {
			c.t.Errorf("group %d: message %d is handed out while another receive has messages of the group", g, n)
		}
		f.holder, f.heldSince, f.heldUntil = c.receives, now, asked.Add(fifoVisibility)
		batches = append(batches, fifoBatch{group: g, receive: c.receives, messages: []types.Message{m}, numbers: []int{n}})
	}
	return batches
}

// first checks the first message of a group in an answer. What it has passed must have gone to
// the dead-letter queue. c.mu is held.
func (c *fifoChecker) first(group, n int) {
	f := &c.groups[group]
	if f.deleted[n] || f.skipped[n] {
		c.t.Errorf("group %d: message %d is handed out; it was deleted or passed by others", group, n)
	}
	for before := f.passed + 1; before < n; before++ {
		f.skipped[before] = true
	}
	f.passed = max(f.passed, n-1)
}

// deleting notes that a delete is asked for. It returns false when it is too late for that.
func (c *fifoChecker) deleting(b fifoBatch, i int, all bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &c.groups[b.group]
	if f.holder != b.receive || time.Until(f.heldUntil) < fifoVisibility/4 {
		return false
	}
	f.asked[b.numbers[i]] = true
	f.passed = max(f.passed, b.numbers[i])
	if all && i == len(b.messages)-1 {
		f.holder = 0 // the delete of the last one frees the group
	}
	return true
}

func (c *fifoChecker) deleted(b fifoBatch, i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.groups[b.group].deleted[b.numbers[i]] = true
}

func (c *fifoChecker) release(b fifoBatch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := &c.groups[b.group]; f.holder == b.receive {
		f.holder = 0
	}
}

// buried takes down that a message is in the dead-letter queue.
func (c *fifoChecker) buried(m types.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, n := c.number(m)
	c.groups[g].dead = append(c.groups[g].dead, n)
}

func (c *fifoChecker) checkAll() {
	total, dead := 0, 0
	for g := range c.groups {
		f := &c.groups[g]
		total, dead = total+f.sent, dead+len(f.dead)
		buried := map[int]bool{}
		for i, n := range f.dead {
			if i > 0 && n <= f.dead[i-1] {
				c.t.Errorf("group %d: message %d follows %d in the dead-letter queue", g, n, f.dead[i-1])
			}
			if f.deleted[n] {
				c.t.Errorf("group %d: message %d was deleted and is in the dead-letter queue", g, n)
			}
			buried[n] = true
		}
		for n := 1; n <= f.sent; n++ {
			if !buried[n] && (f.skipped[n] || !f.asked[n]) {
				c.t.Errorf("group %d: message %d was acknowledged, and was neither deleted nor is in the dead-letter queue", g, n)
			}
		}
	}
	if dead == 0 && total > poison*len(c.groups) {
		c.t.Error("no message went to the dead-letter queue")
	}
	c.t.Logf("%d messages in %d groups, %d of them dead, %d receives", total, len(c.groups), dead, c.receives)
}
