package jetstream

import (
	"context"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

// Receive implements [queue.Store].
func (s *Store) Receive(ctx context.Context, def *queue.Definition, req queue.ReceiveRequest) ([]queue.Received, error) {
	q, err := s.findToWrite(def)
	if err != nil {
		return nil, err
	}
	r := receive{q: q, req: req}
	for {
		got, err := r.take()
		if err != nil {
			return nil, err
		}
		moved := len(got.dead) > 0 && r.q.moveDead(ctx, got.dead, r.req.DeadLetter)
		messages, err := r.deliver(ctx, got)
		if err != nil || len(messages) > 0 {
			return messages, err
		}
		if moved || len(got.taken) > 0 {
			continue // all of it was moved, or deleted meanwhile: there may be more
		}
		if len(got.dead) > 0 {
			return nil, nil // it could not be moved: looking again at once would find it again
		}
		if req.Wait <= 0 {
			return nil, nil
		}
		if more, err := r.wait(ctx); err != nil || !more {
			return nil, err
		}
	}
}

// receive is one receive that is under way.
type receive struct {
	q        *ownedQueue
	req      queue.ReceiveRequest
	waiter   *waiter
	waited   bool
	deadline *time.Timer
}

// taking is what one look into the index gave.
type taking struct {
	at     int64 // when, or when it was first that is repeated
	taken  []index.Taken
	blocks [][]byte // the block of each taken message, nil where it is not in memory
	dead   []index.Taken
	ticket log.Ticket
}

// take hands out what can be had now and journals it. When there is nothing it leaves a
// waiter behind, if the receive is to wait.
func (r *receive) take() (taking, error) {
	q := r.q
	got := taking{at: time.Now().UnixMilli()}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return got, err
	}
	q.tick(got.at)
	if q.fifo && r.req.AttemptID != "" {
		again, err := q.repeat(got.at, &r.req)
		if err != nil {
			return got, err
		}
		if len(again.messages) > 0 {
			got.at, got.taken = again.at, again.messages
			q.handOut(&got)
			return got, nil
		}
	}
	maxReceives := uint32(0)
	if r.req.DeadLetter != nil {
		maxReceives = uint32(r.req.DeadLetter.MaxReceives)
	}
	got.taken, got.dead = q.index.Take(got.at, r.req.Max, r.req.Visibility.Milliseconds(), maxReceives, nil, nil)
	if len(got.taken)+len(got.dead) > 0 {
		if q.fifo && r.req.AttemptID != "" && len(got.taken) > 0 {
			q.attempts.add(got.at, r.req.AttemptID, got.taken)
		}
		q.handOut(&got)
		return got, nil
	}
	if r.req.Wait <= 0 {
		if q.index.OverLimit() && !q.fifo {
			return got, queue.ErrOverLimit
		}
		return got, nil
	}
	if r.waiter == nil {
		r.waiter = &waiter{woken: make(chan struct{}, 1)}
	}
	q.waiters.push(r.waiter, r.waited)
	return got, nil
}

// handOut journals what was taken. Lock held.
func (q *ownedQueue) handOut(got *taking) {
	if len(got.taken) > 0 {
		got.ticket = q.o.states(q, got.taken, log.AskStored)
		got.blocks = q.cachedBlocks(got.taken)
	}
	q.arm()
	q.wake() // there may be more for the next one
}

// wait blocks until the waiter is woken. It returns false when the time is up.
func (r *receive) wait(ctx context.Context) (more bool, err error) {
	if r.deadline == nil {
		r.deadline = time.NewTimer(r.req.Wait)
	}
	r.waited = true
	select {
	case <-r.waiter.woken:
		return true, nil
	case <-r.deadline.C:
	case <-ctx.Done():
		err = ctx.Err()
	}
	r.q.mu.Lock()
	defer r.q.mu.Unlock()
	if !r.q.waiters.remove(r.waiter) {
		r.q.wake() // what this one was woken for is for the next one
	}
	return false, err
}

// deliver returns what was taken, once that is journaled.
func (r *receive) deliver(ctx context.Context, got taking) ([]queue.Received, error) {
	if len(got.taken) == 0 {
		return nil, nil
	}
	messages, err := r.q.load(ctx, got)
	if err == nil {
		err = r.q.answer(got.ticket.Wait(ctx))
	}
	if err != nil {
		r.q.takeBack(got.taken)
		return nil, err
	}
	return messages, nil
}

// takeBack makes messages visible again whose receive nobody will hear of.
func (q *ownedQueue) takeBack(messages []index.Taken) {
	now := time.Now().UnixMilli()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone() != nil {
		return
	}
	back := make([]index.Taken, 0, len(messages))
	for _, m := range messages {
		state, err := q.index.Change(now, m.Seq, m.Count, 0)
		if err == nil {
			back = append(back, index.Taken{Seq: m.Seq, State: state})
		}
	}
	if len(back) > 0 {
		q.o.states(q, back, log.AskNothing)
		q.wake()
		q.arm()
	}
}

// load reads the messages that were taken. One that was deleted meanwhile is left out.
func (q *ownedQueue) load(ctx context.Context, got taking) ([]queue.Received, error) {
	messages := make([]queue.Received, 0, len(got.taken))
	rd := reader{q: q}
	var r record
	at := time.UnixMilli(got.at)
	for i := range got.taken {
		t := &got.taken[i]
		ok, err := rd.read(ctx, t, got.blocks[i], &r)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		m := queue.Received{
			Message:       r.Message,
			Handle:        queue.Handle{Queue: q.id, Sequence: t.Seq, ReceiveCount: t.Count, ReceivedAt: at},
			FirstReceived: time.UnixMilli(t.First),
			ReceiveCount:  t.Count,
		}
		if r.Moved != nil {
			m.ReceiveCount += r.Moved.Count
			if r.Moved.First != 0 {
				m.FirstReceived = time.UnixMilli(r.Moved.First)
			}
		}
		messages = append(messages, m)
	}
	return messages, nil
}
