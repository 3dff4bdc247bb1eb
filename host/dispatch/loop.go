package dispatch

import (
	"context"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/queue"
)

// maxDepth is how many functions may work, one after the other, on what comes of one message. Lambda stops at about 16
// (AWS Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops").
const maxDepth = 16

// breakLoops keeps messages from the function that have come through so many functions that these must be feeding each
// other. As with Lambda they go to the dead-letter queue, or are dropped where there is none.
func (w *worker) breakLoops(b *batch) {
	var loop []int
	for i := range b.messages {
		if b.fates[i].outcome == undecided && b.messages[i].Depth >= maxDepth {
			loop = append(loop, i)
		}
	}
	if len(loop) == 0 {
		return
	}
	messages := make([]queue.ReceivedMessage, len(loop))
	for n, i := range loop {
		messages[n] = b.messages[i]
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.finish), settleTime)
	defer cancel()
	s := settlement{bury: messages}
	s.counts[looped] = len(messages)
	dropped, err := w.bury(ctx, b, &s, looped, true)
	if err != nil {
		w.p.log.ErrorContext(ctx, "messages of a loop of functions could not be taken out of the queue and come again",
			"queue", b.plan.Queue.Name, "function", b.plan.Function, "error", err)
		b.failAll(loop)
		return
	}
	for _, i := range loop {
		b.fates[i] = fate{outcome: looped, settled: true}
	}
	what := "moved to the dead-letter queue"
	if dropped {
		what = "dropped: there is no dead-letter queue"
	}
	w.reportLoop(ctx, b, messages, what)
	w.p.settled(&s.counts)
}

func (w *worker) reportLoop(ctx context.Context, b *batch, messages []queue.ReceivedMessage, what string) {
	first := messages[0].ID.String()
	w.p.log.ErrorContext(ctx, "functions feed each other in a loop: its messages were "+what,
		"queue", b.plan.Queue.Name, "function", b.plan.Function, "messages", len(messages), "message_id", first, "depth", messages[0].Depth)
	w.p.d.options.Activity.Publish(activity.Event{
		Kind: activity.LoopStopped, Account: b.plan.Queue.Account, Queue: b.plan.Queue.Name, Function: b.plan.Function,
		MessageID: first, Messages: len(messages), Failed: len(messages), Detail: what,
	})
}
