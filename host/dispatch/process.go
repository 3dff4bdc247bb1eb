package dispatch

import (
	"crypto/rand"
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
	for i := range b.fates {
		b.fates[i].decide(released)
	}
	w.tell(b)
	if !b.hold.end() || b.abandoned {
		b.hold.lose(nil)
		w.held = newHold(w.finish, w.source, w.p.log)
	}
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
	reply := &b.reply
	*reply = reading{whole: b.plan.WholeBatch, ids: ids}
	inv.Failed, inv.Flow = reply.failed, w.flow
	result := w.invoker.Invoke(b.hold.ctx, b.plan.Function, inv)
	b.abandoned = b.abandoned || result.Failure != ""
	said := b.concludes(part, inv.RequestID)
	if result.Failure == "" {
		result = judge(b, part, reply, result)
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
	s := b.settlement(false, nil)
	w.settle(b, &s)
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
	for _, i := range part {
		b.fates[i].decide(handled)
	}
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
