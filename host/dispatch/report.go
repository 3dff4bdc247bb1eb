package dispatch

import (
	"github.com/queuelet/queuelet/host/activity"
)

// report tells everybody who watches about an invocation.
func (w *worker) report(b *batch, part []int, inv *Invocation, result Result) {
	failures := 0
	for _, i := range part {
		if o := b.fates[i].outcome; o != handled {
			failures++
		}
	}
	first := inv.MessageIDs[0]
	event := activity.Event{
		Kind: activity.Invoked, Account: b.plan.Queue.Account, Queue: b.plan.Queue.Name, Function: b.plan.Function,
		MessageID: first, Messages: len(part), Failed: failures, Duration: result.Duration,
	}
	if result.Failure != "" {
		event.Detail = string(result.Failure)
		if result.Err != nil {
			event.Detail += ": " + result.Err.Error()
		}
		w.p.log.WarnContext(w.finish, "invocation failed", "queue", b.plan.Queue.Name, "function", b.plan.Function,
			"request_id", inv.RequestID, "kind", string(result.Failure), "records", len(part), "message_id", first,
			"attempt", inv.Attempt, "error", result.Err)
	}
	w.p.d.options.Activity.Publish(event)
	w.p.invoked(result, event.Detail)
	switch {
	case result.Failure.unreliable():
		w.p.troubled(crashTrouble, event.Detail)
	case result.Failure == "" || result.Failure == FailureHandler:
		w.p.overcome(crashTrouble)
	}
}
