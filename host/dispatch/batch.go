package dispatch

import (
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

// batch is what a worker has in hand.
type batch struct {
	plan     *plan
	messages []queue.ReceivedMessage
	fates    []fate   // of the messages
	few      [10]fate // has room for those of a batch of the usual size
	hold     *hold
	reply    reading // of the last invocation
	// abandoned says that a function may still be at work on the batch, which has failed: the hold is not for another one then.
	abandoned bool
	timeout   time.Duration // of the function
	// maxReceives is after how many receives a message goes to the dead-letter queue; 0 if there is none.
	maxReceives int
}

// fate is what becomes of a message.
type fate struct {
	outcome outcome
	delay   time.Duration // of a message that is retried
	// said is what the function said in the invocation that decided; nil if destinations need not know.
	said    *conclusion
	told    bool // the destination knows
	settled bool // the queue knows
}

type outcome uint8

const (
	undecided outcome = iota
	handled           // by the function: deleted
	filtered          // wanted by no filter: deleted
	failed            // comes again when its visibility timeout ends
	retried           // comes again after a delay
	condemned         // goes to the dead-letter queue
	released          // was not worked on: comes again at once
	looped            // went through too many functions: taken out of the queue before the function saw it
	outcomes          // how many there are
)

// undecided returns the messages whose fate is open, by their place in the batch.
func (b *batch) undecided() []int {
	open := make([]int, 0, len(b.messages))
	for i := range b.fates {
		if b.fates[i].outcome == undecided {
			open = append(open, i)
		}
	}
	return open
}

// stillUndecided keeps those of a part whose fate is open.
func (b *batch) stillUndecided(part []int) []int {
	open := part[:0]
	for _, i := range part {
		if b.fates[i].outcome == undecided {
			open = append(open, i)
		}
	}
	return open
}

// decide gives an outcome to a message that has none.
func (f *fate) decide(o outcome) {
	if f.outcome == undecided {
		f.outcome = o
	}
}

// fail gives a message that failed its fate. In a FIFO queue the later ones of its group share it, whatever the function
// says of them: they must not get ahead of it.
func (b *batch) fail(i int, f fate) {
	b.fates[i].outcome, b.fates[i].delay = f.outcome, f.delay
	if !b.plan.fifo {
		return
	}
	follow := f
	if f.outcome == condemned {
		follow = fate{outcome: retried} // nothing is ahead of them any more
	}
	for later := i + 1; later < len(b.messages); later++ {
		at := &b.fates[later]
		if b.messages[later].Group != b.messages[i].Group || at.outcome == filtered {
			continue
		}
		at.outcome, at.delay = follow.outcome, follow.delay
		if at.said == nil {
			at.said = b.fates[i].said // it was not worked on any more
		}
	}
}

// lastReceive says whether a message that comes again goes to the dead-letter queue instead.
func (b *batch) lastReceive(i int) bool {
	return b.maxReceives > 0 && int(b.messages[i].Handle.ReceiveCount) >= b.maxReceives
}

// failAll makes a part of the batch fail.
func (b *batch) failAll(part []int) {
	for _, i := range part {
		if b.fates[i].outcome == undecided {
			b.fail(i, fate{outcome: failed})
		}
	}
}

// extend is [Invocation.Extend].
func (b *batch) extend(receiptHandle string, timeout time.Duration, change func() error) (found bool, err error) {
	for i := range b.messages {
		if b.messages[i].ReceiptHandle == receiptHandle {
			return true, b.hold.extend(b.messages[i].Handle, timeout, change)
		}
	}
	return false, nil
}

// settlement is what the queue has to be told about messages.
type settlement struct {
	remove []queue.Handle
	change []queue.VisibilityChange
	bury   []queue.ReceivedMessage
	counts [outcomes]int
}

// settlement returns what is left to tell the queue: only deletions while the batch is still in work, because a renewal
// might undo a change of visibility. The handles of what is to be deleted are appended to room.
func (b *batch) settlement(last bool, room []queue.Handle) settlement {
	s := settlement{remove: room}
	for i := range b.fates {
		f := &b.fates[i]
		deleted := f.outcome == handled || f.outcome == filtered
		if f.settled || f.outcome == undecided || !deleted && !last {
			continue
		}
		f.settled = true
		s.counts[f.outcome]++
		handle := b.messages[i].Handle
		switch f.outcome {
		case handled, filtered:
			s.remove = append(s.remove, handle)
		case retried:
			s.change = append(s.change, queue.VisibilityChange{Handle: handle, Timeout: f.delay})
		case released:
			s.change = append(s.change, queue.VisibilityChange{Handle: handle})
		case condemned:
			s.bury = append(s.bury, b.messages[i])
		case failed, looped, undecided, outcomes:
		}
	}
	return s
}

// comeAgain counts messages as failed, because the queue could not be told.
func (s *settlement) comeAgain(planned ...outcome) {
	for _, o := range planned {
		s.counts[failed] += s.counts[o]
		s.counts[o] = 0
	}
}

// buried are the handles of what is to be given up.
func (s *settlement) buried() []queue.Handle {
	handles := make([]queue.Handle, len(s.bury))
	for i := range s.bury {
		handles[i] = s.bury[i].Handle
	}
	return handles
}

// stay counts those as failed that could not be given up because they were not held any more.
func (s *settlement) stay(planned outcome, errs []error) {
	for _, err := range errs {
		if err != nil {
			s.counts[planned]--
			s.counts[failed]++
		}
	}
}
