package dispatch

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/abi"
)

// process takes a batch through the function and decides what becomes of each message.
func (w *worker) process(b *batch) {
	if !w.stopping() {
		w.sieve(b)
		w.breakLoops(b)
		w.invoke(b, b.undecided())
	}
	b.decide(b.undecided(), released)
	w.tell(b)
	b.hold.end()
}

// stopping says that no work is to be begun.
func (w *worker) stopping() bool { return w.p.take.Err() != nil }

// sieve finds the messages that no filter wants.
func (w *worker) sieve(b *batch) {
	if len(b.plan.filters) == 0 {
		return
	}
	for i := range b.messages {
		if !b.plan.wants(w.encoder.record(b, i)) {
			b.fates[i].outcome = filtered
		}
	}
}

// invoke gives a part of a batch to the function, in several events if it is too large for one or if it fails and is to be
// bisected. What it leaves undecided was not worked on.
func (w *worker) invoke(b *batch, part []int) {
	part = b.stillUndecided(part)
	if len(part) == 0 || w.stopping() || b.hold.ctx.Err() != nil {
		return
	}
	event, ids := w.encoder.encode(b, part)
	if len(event) > abi.MaxEvent && len(part) > 1 {
		w.halve(b, part)
		return
	}
	inv := newInvocation(b, part, event, ids)
	reply := reading{whole: b.plan.WholeBatch, ids: ids}
	inv.Failed, inv.Flow = reply.failed, w.flow
	result := w.invoker.Invoke(b.hold.ctx, b.plan.Function, inv)
	said := b.concludes(part, inv.RequestID)
	if result.Failure == "" {
		result = judge(b, part, &reply, result)
	}
	said.keep(result)
	switch {
	case result.Failure == "":
	case w.finish.Err() != nil:
		// Given up: the messages are released.
	case b.plan.Bisect && len(part) > 1 && result.Failure.divisible():
		w.report(b, part, &inv, result)
		w.halve(b, part)
		return
	default:
		b.failAll(part)
	}
	w.report(b, part, &inv, result)
}

func (w *worker) halve(b *batch, part []int) {
	middle := (len(part) + 1) / 2
	w.invoke(b, part[:middle])
	w.tell(b)
	w.settle(b, b.settlement(false))
	w.invoke(b, part[middle:])
}

func newInvocation(b *batch, part []int, event []byte, ids []string) Invocation {
	inv := Invocation{
		RequestID: newRequestID(), FunctionARN: b.plan.functionARN, Event: event, MessageIDs: ids,
		Queue: b.plan.Queue, Extend: b.extend,
	}
	for _, i := range part {
		inv.Attempt = max(inv.Attempt, int(b.messages[i].ReceiveCount))
		inv.Depth = max(inv.Depth, b.messages[i].Depth)
	}
	// An invocation may wait for room as long as it may run.
	inv.Deadline = time.Now().Add(2 * b.timeout)
	if limit := b.hold.deadline(); limit.Before(inv.Deadline) {
		inv.Deadline = limit
	}
	return inv
}

// newRequestID makes a random UUID, as Lambda's request ids are.
func newRequestID() string {
	var id queue.MessageID
	_, _ = rand.Read(id[:])   // never fails: see its documentation
	id[6] = id[6]&0x0f | 0x40 // version 4
	id[8] = id[8]&0x3f | 0x80 // variant of RFC 9562
	return id.String()
}

// judge gives the messages of an invocation the fate that the function's reply means. A reply that makes no sense becomes
// a failure.
func judge(b *batch, part []int, r *reading, result Result) Result {
	r.read(result.Response)
	if r.err != nil {
		result.Failure, result.Err = FailureResponse, r.err
		return result
	}
	if len(r.failures) > 0 {
		named := make(map[string]abi.BatchItemFailure, len(r.failures))
		for _, failure := range r.failures {
			named[failure.ItemIdentifier] = failure
		}
		for n, i := range part {
			if failure, ok := named[r.ids[n]]; ok && b.fates[i].outcome == undecided {
				b.fail(i, fateOf(failure))
			}
		}
	}
	b.decide(part, handled)
	return result
}

func fateOf(failure abi.BatchItemFailure) fate {
	switch {
	case failure.DeadLetter:
		return fate{outcome: condemned}
	case failure.DelaySeconds != nil:
		return fate{outcome: retried, delay: time.Duration(*failure.DelaySeconds) * time.Second}
	default:
		return fate{outcome: failed}
	}
}

// settleTime is how long the queue may take to be told what became of a batch.
const settleTime = 10 * time.Second

// settle tells the queue what became of messages, and waits until that is on its disk. It does so also when the work is
// given up: what was done is done.
func (w *worker) settle(b *batch, s settlement) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.finish), settleTime)
	defer cancel()
	complain := func(what string, err error) { w.complain(ctx, b, what, err) }
	if len(s.bury) > 0 {
		told := !b.plan.OnFailure.IsZero() // so that the destination has them
		if _, err := w.bury(ctx, b, &s, condemned, told); err != nil {
			complain("messages could not be moved to the dead-letter queue and come again", err)
		}
	}
	if len(s.remove) > 0 {
		if _, err := w.source.DeleteConsumed(ctx, b.plan.Queue, s.remove); err != nil {
			w.undeleted(ctx, b, &s, err)
		}
	}
	if len(s.change) > 0 {
		if _, err := w.source.ChangeConsumedVisibility(ctx, b.plan.Queue, s.change); err != nil {
			complain("messages come again later than they should", err)
		}
	}
	w.p.settled(&s.counts)
}

func (w *worker) complain(ctx context.Context, b *batch, what string, err error) {
	w.p.log.ErrorContext(ctx, what, "queue", b.plan.Queue.Name, "function", b.plan.Function, "error", err)
}

// undeleted notes that messages could not be deleted.
func (w *worker) undeleted(ctx context.Context, b *batch, s *settlement, err error) {
	w.complain(ctx, b, "messages that are done could not be deleted and come again", err)
	s.comeAgain(handled, filtered)
	w.p.troubled(sourceTrouble, "messages cannot be deleted: "+err.Error())
}

// bury moves messages to the dead-letter queue, or deletes them where there is none and they may be dropped. It counts those
// that it could not give up as failed, instead of under their outcome.
func (w *worker) bury(ctx context.Context, b *batch, s *settlement, o outcome, drop bool) (dropped bool, err error) {
	errs, err := w.source.DeadLetterConsumed(ctx, b.plan.Queue, s.bury)
	if drop && errors.Is(err, queue.ErrNoDeadLetterQueue) {
		dropped = true
		errs, err = w.source.DeleteConsumed(ctx, b.plan.Queue, s.buried())
	}
	if err != nil {
		s.comeAgain(o)
		return dropped, err
	}
	s.stay(o, errs)
	return dropped, nil
}
