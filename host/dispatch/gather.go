package dispatch

import (
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/abi"
)

const (
	// pollWait is how long a receive waits for a message: as long as SQS lets one wait.
	pollWait = 20 * time.Second
	// minVisibility hides messages of queues with a shorter visibility timeout, so that there is time to renew it.
	minVisibility = time.Second
)

// gather receives a batch. It returns nil when there is none: nothing came, the turn ended, or the queue is in trouble.
func (w *worker) gather(t turn) *batch {
	wait := pollWait
	if t.trouble == sourceTrouble {
		wait = 0
	}
	began := time.Now()
	got, err := w.receiveOrSettle(t, wait)
	switch {
	case err != nil:
		if t.ctx.Err() == nil {
			w.p.troubled(sourceTrouble, "messages cannot be received: "+err.Error())
		}
		return nil
	case t.trouble == sourceTrouble && len(got.Messages) == 0:
		w.p.overcome(sourceTrouble)
		return nil
	case len(got.Messages) == 0:
		// A receive that ends early has met messages that it could neither hand out nor move to the dead-letter queue.
		if early := time.Since(began) < wait; !early || sleep(t.ctx, firstBackoff) {
			w.p.idle()
		}
		return nil
	}
	b := &batch{plan: t.plan, messages: got.Messages, maxReceives: got.MaxReceives}
	b.hold = w.held
	b.hold.begin(t.plan.Queue, got)
	if t.trouble == sourceTrouble {
		w.p.overcome(sourceTrouble)
	}
	if t.plan.Window > 0 {
		w.fill(t, b)
	}
	b.fates = append(b.few[:0], make([]fate, len(b.messages))...)
	w.p.metrics.gathered(b.messages)
	w.p.took(len(b.messages) >= t.plan.BatchSize)
	return b
}

// receiveOrSettle receives what there is, or else waits, after it has seen to the batch before.
func (w *worker) receiveOrSettle(t turn, wait time.Duration) (queue.Consumed, error) {
	if w.deleting.pending.Load() != nil {
		if got, err := w.receive(t, t.plan.BatchSize, 0); err != nil || len(got.Messages) > 0 {
			return got, err
		}
		w.settled()
	}
	return w.receive(t, t.plan.BatchSize, wait)
}

// fill goes on receiving until the batch is full or heavy enough, its window is over or the turn ends. A receive that
// fails ends it too: the next one will tell.
func (w *worker) fill(t turn, b *batch) {
	w.settled()
	over := time.Now().Add(t.plan.Window)
	weight := weigh(b.messages)
	for len(b.messages) < t.plan.BatchSize && weight < abi.MaxEvent && t.ctx.Err() == nil {
		left := time.Until(over)
		if left <= 0 {
			return
		}
		got, err := w.receive(t, t.plan.BatchSize-len(b.messages), min(left, pollWait))
		if err != nil {
			return
		}
		if len(got.Messages) == 0 {
			continue
		}
		b.messages = append(b.messages, got.Messages...)
		b.hold.add(got)
		weight += weigh(got.Messages)
	}
}

func (w *worker) receive(t turn, most int, wait time.Duration) (queue.Consumed, error) {
	return w.source.Consume(t.ctx, t.plan.Queue, queue.ConsumeRequest{
		Max: min(most, maxReceive), Wait: wait, MinVisibility: minVisibility,
	})
}

// recordOverhead is about what a record takes in an event besides its texts.
const recordOverhead = 800

// weigh is about how many bytes messages take in an event, at least.
func weigh(messages []queue.ReceivedMessage) (bytes int) {
	for i := range messages {
		m := &messages[i]
		bytes += recordOverhead + len(m.Body)
		for j := range m.Attributes {
			bytes += len(m.Attributes[j].Name) + len(m.Attributes[j].Value)
		}
	}
	return bytes
}
