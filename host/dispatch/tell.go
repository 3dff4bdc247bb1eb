package dispatch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

const (
	// A queue takes so many messages at once (AWS API reference, SendMessageBatch).
	maxSend = 10

	// tellTime is how long a destination may take for what a batch has for it.
	tellTime = 10 * time.Second
)

// tell sends to the destinations what became of records, before the queue is told: a record that a destination does not
// take is not deleted and comes again. So a destination misses nothing, and sees some things twice: after a crash, or when
// the deletion fails.
func (w *worker) tell(b *batch) {
	if b.plan.OnSuccess.IsZero() && b.plan.OnFailure.IsZero() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.finish), tellTime)
	defer cancel()
	if !b.plan.OnSuccess.IsZero() {
		w.tellOf(ctx, b, b.plan.OnSuccess, b.succeeded)
	}
	if !b.plan.OnFailure.IsZero() {
		w.tellOf(ctx, b, b.plan.OnFailure, b.givenUp)
	}
}

// succeeded is the condition under which the destination for successes hears of a record, "" if it does not.
func (b *batch) succeeded(i int) string {
	if b.fates[i].outcome == handled {
		return conditionSuccess
	}
	return ""
}

// givenUp is the condition under which the destination for failures hears of a record, "" if it does not. One that is given
// back after its last receive is given up by that: nobody gets it any more, also when the function did not see it.
func (b *batch) givenUp(i int) string {
	switch o := b.fates[i].outcome; {
	case o == released && b.lastReceive(i):
		return conditionExhausted
	case b.fates[i].said == nil:
		return ""
	case o == condemned:
		return conditionCondemned
	case (o == failed || o == retried) && b.lastReceive(i):
		return conditionExhausted
	default:
		return ""
	}
}

// tellOf sends the records that have a condition, in order. Of a FIFO queue it sends one at a time: when one is not taken
// the later ones of its group must not be sent.
func (w *worker) tellOf(ctx context.Context, b *batch, to Destination, condition func(i int) string) {
	most := maxSend
	if b.plan.fifo {
		most = 1
	}
	d := delivery{b: b, to: to}
	for i := range b.fates {
		why := condition(i)
		if why == "" || b.fates[i].told {
			continue
		}
		if d.err != nil {
			d.part = append(d.part, i) // it would take no more than those before
			continue
		}
		text, err := w.encoder.envelope(b, i, why)
		if err != nil {
			w.untold(&d, []int{i}, err)
			continue
		}
		if len(d.part) == most || d.bytes+len(text) > queue.MaxSendSize {
			w.deliver(ctx, &d)
		}
		d.add(i, text, why)
		if most == 1 {
			w.deliver(ctx, &d)
		}
	}
	w.deliver(ctx, &d)
}

// delivery are invocation records on their way to one destination.
type delivery struct {
	b     *batch
	to    Destination
	part  []int // of the batch
	texts [][]byte
	why   []string // condition of each
	bytes int
	err   error // why the destination takes nothing
}

func (d *delivery) add(i int, text []byte, why string) {
	d.part, d.texts, d.why = append(d.part, i), append(d.texts, text), append(d.why, why)
	d.bytes += len(text)
}

// deliver sends what was added, and begins anew.
func (w *worker) deliver(ctx context.Context, d *delivery) {
	if len(d.part) == 0 {
		return
	}
	var refused map[int]error
	switch {
	case d.err != nil:
	case d.to.Subject != "":
		refused = w.publish(ctx, d)
	default:
		refused, d.err = w.send(ctx, d)
	}
	if d.err != nil {
		w.untold(d, d.part, d.err)
		w.p.told(0, len(d.part))
		w.p.troubled(deliveryTrouble, fmt.Sprintf("destination %s takes nothing: %v", d.to, d.err))
	} else {
		for _, i := range d.part {
			d.b.fates[i].told = refused[i] == nil
		}
		for i, cause := range refused {
			w.untold(d, []int{i}, cause)
		}
		w.p.told(len(d.part)-len(refused), len(refused))
		w.p.overcome(deliveryTrouble)
	}
	d.part, d.texts, d.why, d.bytes = d.part[:0], d.texts[:0], d.why[:0], 0
}

// publish publishes to a subject. It returns why single messages were not taken, by their record.
func (w *worker) publish(ctx context.Context, d *delivery) (refused map[int]error) {
	refused = make(map[int]error)
	for n, i := range d.part {
		if err := w.p.d.options.Publisher.Publish(ctx, d.b.plan.Queue.Account, d.to.Subject, d.texts[n]); err != nil {
			refused[i] = fmt.Errorf("publish: %w", err)
		}
	}
	return refused
}

// errRefused is why a queue does not take a message that it would not take later either.
var errRefused = errors.New("it refuses the message")

// send sends to a queue. It returns why single messages were not taken, by their record.
func (w *worker) send(ctx context.Context, d *delivery) (refused map[int]error, err error) {
	messages := make([]queue.SendMessageInput, len(d.part))
	for n, i := range d.part {
		messages[n] = d.b.notice(i, d.to.Queue, d.texts[n], d.why[n])
		messages[n].ID = strconv.Itoa(n)
	}
	result, err := w.p.d.options.Sender.SendMessageBatch(ctx, d.b.plan.caller(), d.to.Queue, messages)
	if known, ok := errors.AsType[*queue.Error](err); ok && known.Code == queue.CodeBatchRequestTooLong {
		return map[int]error{d.part[0]: err}, nil // it was sent alone, see tellOf
	}
	if err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	refused = make(map[int]error, len(result.Failed))
	for _, failure := range result.Failed {
		if n, err := strconv.Atoi(failure.ID); err == nil && n < len(d.part) {
			refused[d.part[n]] = fmt.Errorf("%w: %s: %s", errRefused, failure.Code, failure.Message)
		}
	}
	return refused, nil
}

// notice makes the message to a queue about one record. It keeps the message group, if there is one. A FIFO queue takes the
// same notice only once within five minutes, so that one that is sent again there is no second.
func (b *batch) notice(i int, to queue.Key, text []byte, why string) queue.SendMessageInput {
	m := &b.messages[i]
	in := queue.SendMessageInput{
		Body: text, BodySet: true, GroupID: m.Group, GroupIDSet: m.Group != "", TraceHeader: m.TraceHeader, Depth: m.Depth + 1,
	}
	if isFIFO(to.Name) {
		if !in.GroupIDSet {
			in.GroupID, in.GroupIDSet = b.plan.Function, true
		}
		in.DedupID, in.DedupIDSet = m.ID.String()+"-"+why, true
	}
	return in
}

// caller is who sends to destinations: the mapping's account, on behalf of the function.
func (p *plan) caller() queue.Caller {
	return queue.Caller{Account: p.Queue.Account, Principal: p.Function, SourceARN: p.functionARN, Secure: true}
}

// untold notes that a destination did not take records. Those that would be deleted, or moved, come again.
func (w *worker) untold(d *delivery, part []int, cause error) {
	b := d.b
	for _, i := range part {
		if o := b.fates[i].outcome; o == handled || o == condemned {
			b.fail(i, fate{outcome: failed})
		}
	}
	w.p.log.ErrorContext(w.finish, "destination does not take what became of records", "destination", d.to.String(),
		"queue", b.plan.Queue.Name, "function", b.plan.Function, "records", len(part),
		"message_id", b.messages[part[0]].ID.String(), "error", cause)
}

// unreachable says why nothing can be sent to a destination now.
func (w *worker) unreachable(p *plan) error {
	for _, to := range []Destination{p.OnSuccess, p.OnFailure} {
		if to.Queue.Name == "" {
			continue
		}
		if err := w.p.d.options.Sender.Authorize(p.caller(), to.Queue, queue.ActionSendMessage); err != nil {
			return fmt.Errorf("destination %s cannot be sent to: %w", to, err)
		}
	}
	return nil
}
