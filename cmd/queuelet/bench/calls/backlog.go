package calls

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
)

// starved is how long a batch may take.
const starved = 30 * time.Second

var errNotDone = errors.New("the function has not done all messages")

// backlog is a queue in memory with the same messages again and again, for as long as it is told to hand them out.
type backlog struct {
	dispatch.Source // nil: nothing else is asked of it

	// lots are the same messages. They are handed out in turn, without a copy that would count for the measured way: dispatch
	// has no more than two batches of a worker in hand.
	lots [4][]queue.ReceivedMessage
	errs []error // of deletions: none

	mu      sync.Mutex
	due     bool          // it has to hand out messages once more, however late it is
	open    bool          // it hands out messages
	changed chan struct{} // closed, and made anew, when something may have to be looked at again
	taken   int
	deleted int
}

func newBacklog(batch, size int) *backlog {
	b := &backlog{changed: make(chan struct{}), errs: make([]error, batch)}
	var messages []queue.ReceivedMessage
	for n := range batch {
		m := queue.ReceivedMessage{ReceiptHandle: strings.Repeat("r", 75), Sequence: uint64(n), Shown: queue.ShowAll}
		m.ID[0], m.ReceiveCount, m.SenderID = byte(n), 1, "000000000000"
		m.Body = document(n, size)
		m.BodyMD5 = md5.Sum(m.Body)
		m.Handle = queue.Handle{Queue: 1, Sequence: uint64(n), ReceiveCount: 1}
		messages = append(messages, m)
	}
	for i := range b.lots {
		b.lots[i] = slices.Clone(messages)
	}
	return b
}

// document is a JSON document of a size.
func document(number, size int) []byte {
	const text = "lorem ipsum dolor sit amet "
	begin, end := fmt.Sprintf(`{"id":"order-%06d","note":"`, number), fmt.Sprintf(`","amount":%d}`, number)
	room := max(0, size-len(begin)-len(end))
	return []byte(begin + strings.Repeat(text, room/len(text)+1)[:room] + end)
}

// handOut hands out messages for a time and returns when all of them are deleted.
func (b *backlog) handOut(ctx context.Context, d time.Duration) error {
	late := time.NewTimer(d + starved)
	defer late.Stop()
	over := time.AfterFunc(d, b.close)
	defer over.Stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.due, b.open = true, true
	b.tell()
	for b.due || b.deleted < b.taken || b.open {
		changed := b.changed
		b.mu.Unlock()
		select {
		case <-changed:
		case <-late.C:
			b.mu.Lock()
			return errNotDone
		case <-ctx.Done():
			b.mu.Lock()
			return context.Cause(ctx)
		}
		b.mu.Lock()
	}
	return nil
}

// close stops to hand out messages. Nobody looks at the clock for that between two batches.
func (b *backlog) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = false
	b.tell()
}

// tell tells those who wait that something has changed. mu is held.
func (b *backlog) tell() {
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *backlog) settled() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.deleted
}

// ARN is what events call the queue.
func (b *backlog) ARN(key queue.Key) string {
	return "arn:aws:sqs:us-east-1:" + key.Account + ":" + key.Name
}

// Consume hands out all messages.
func (b *backlog) Consume(ctx context.Context, _ queue.Key, _ queue.ConsumeRequest) (queue.Consumed, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for !b.due && !b.open {
		changed := b.changed
		b.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		b.mu.Lock()
		if err := ctx.Err(); err != nil {
			return queue.Consumed{}, context.Cause(ctx)
		}
	}
	now := time.Now()
	b.lots[0], b.lots[1], b.lots[2], b.lots[3] = b.lots[1], b.lots[2], b.lots[3], b.lots[0]
	got := queue.Consumed{Messages: b.lots[0], Visibility: time.Minute}
	for i := range got.Messages {
		m := &got.Messages[i]
		m.Sent, m.FirstReceived, m.Handle.ReceivedAt = now, now, now
	}
	b.due = false
	b.taken += len(got.Messages)
	return got, nil
}

// StartDeleteConsumed counts the messages that are done. It wakes nobody before the time is over: that would cost as much
// as a batch does.
func (b *backlog) StartDeleteConsumed(_ queue.Key, handles []queue.Handle) (func(context.Context) ([]error, error), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.deleted += len(handles); b.deleted == b.taken && !b.open {
		b.tell()
	}
	return func(context.Context) ([]error, error) { return b.errs[:len(handles)], nil }, nil
}
