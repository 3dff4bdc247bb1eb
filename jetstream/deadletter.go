package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

// A message moves in three steps: it is stored in its new queue, with where it came from;
// its deletion from the old queue is journaled; it becomes visible in the new queue. A crash
// after the first step leaves it in both logs: the takeover finds where it came from and
// completes the second. So it is never lost and never twice.

// origin is where a message on its way came from.
type origin struct {
	source *ownedQueue
	seq    uint64 // in the source
}

// DeadLetter implements [queue.Store]. It goes the way of a move after too many receives.
func (s *Store) DeadLetter(
	ctx context.Context, def *queue.Definition, handles []queue.Handle, to queue.DeadLetter,
) ([]error, error) {
	q, err := s.findToWrite(def)
	if err != nil {
		return nil, err
	}
	if err := s.disk.check(); err != nil {
		return nil, err
	}
	errs := make([]error, len(handles))
	held, err := q.holdReceived(handles, errs)
	if err != nil || len(held) == 0 {
		return errs, err
	}
	if err := q.moveHeld(ctx, held, &to); err != nil {
		return nil, err
	}
	return errs, nil
}

// holdReceived takes messages in flight out of everybody's reach.
func (q *ownedQueue) holdReceived(handles []queue.Handle, errs []error) ([]index.Taken, error) {
	held := make([]index.Taken, 0, len(handles))
	now := time.Now().UnixMilli()
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return nil, err
	}
	q.tick(now)
	for i, h := range handles {
		t, err := q.index.HoldReceived(now, h.Sequence, h.ReceiveCount)
		switch {
		case err == nil:
			held = append(held, t)
		case errors.Is(err, index.ErrExpired):
			errs[i] = queue.ErrHandleExpired
		default:
			errs[i] = queue.ErrMessageNotInFlight
		}
	}
	return held, nil
}

// moveDead moves messages that were received too often. When they cannot be moved it makes
// them visible in their queue again and returns false.
func (q *ownedQueue) moveDead(ctx context.Context, dead []index.Taken, dl *queue.DeadLetter) bool {
	err := q.moveHeld(ctx, dead, dl)
	if err != nil && ctx.Err() == nil && !errors.Is(err, queue.ErrQueueNotFound) {
		q.o.store.opts.Logger.WarnContext(ctx, "messages stay in their queue: dead-letter queue cannot take them",
			"queue", q.def.Load().Name, "dead_letter_queue", dl.Target.Name, "messages", len(dead), "error", err)
	}
	return err == nil
}

// moveHeld moves messages that are out of everybody's reach to the dead-letter queue, or
// gives them back.
func (q *ownedQueue) moveHeld(ctx context.Context, held []index.Taken, dl *queue.DeadLetter) error {
	target := q.o.store.lookup(dl.Target)
	if target == nil || target == q {
		q.giveBack(held)
		return fmt.Errorf("move to %s: %w", dl.Target.Name, queue.ErrQueueNotFound)
	}
	records, err := q.loadDead(ctx, held, dl)
	var arrivals []arrival
	if err == nil {
		arrivals, err = target.adopt(ctx, q, held, records)
	}
	if err != nil {
		q.giveBack(held)
		return err
	}
	// The move goes on by itself; waiting only lets the caller see its result.
	for _, a := range arrivals {
		if err := a.Wait(ctx); err != nil {
			return target.answer(err)
		}
	}
	return nil
}

// loadDead makes the records of moved messages. A message that was deleted meanwhile has
// none.
func (q *ownedQueue) loadDead(ctx context.Context, dead []index.Taken, dl *queue.DeadLetter) ([]*record, error) {
	now := time.Now().UnixMilli()
	records := make([]*record, len(dead))
	rd := reader{q: q}
	for i := range dead {
		t := &dead[i]
		r := &record{}
		ok, err := rd.read(ctx, t, nil, r)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		m := &moved{Queue: q.id, Seq: t.Seq, Count: t.Count, First: t.First, Enqueued: now}
		if r.Moved != nil {
			m.Count += r.Moved.Count
			if r.Moved.First != 0 {
				m.First = r.Moved.First
			}
		}
		r.Moved, r.DeadLetterSource = m, dl.SourceARN
		r.NotBefore, r.DedupKey = 0, ""
		if r.DedupID != "" {
			r.DedupID = r.ID.String() // so that the dead-letter queue never takes it for a duplicate
		}
		records[i] = r
	}
	return records, nil
}

// arrival is an append on its way that brings messages of another queue.
type arrival struct {
	log.Ticket

	messages int
}

// adopt puts messages of another queue into this one's next appends; a nil record is for a
// message that is gone.
func (q *ownedQueue) adopt(ctx context.Context, source *ownedQueue, from []index.Taken, records []*record) ([]arrival, error) {
	if err := q.openLog(ctx); err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return nil, err
	}
	var arrivals []arrival
	for len(records) > 0 {
		n, size := oneAppend(records)
		a := arrival{}
		a.Ticket = q.writer.Add(size, log.AskDurable, func(b *log.Batch) {
			b.Data = beginBlock(b.Data)
			for i, r := range records[:n] {
				if r == nil {
					continue
				}
				r.Seq = q.next
				q.moving[r.Seq] = origin{source: source, seq: from[i].Seq}
				q.put(b, r)
				a.messages++
			}
		})
		arrivals = append(arrivals, a)
		from, records = from[n:], records[n:]
	}
	return arrivals, nil
}

// oneAppend returns how many of the records go into one append, at least one, and how
// large they are.
func oneAppend(records []*record) (n, size int) {
	for _, r := range records {
		more := 0
		if r != nil {
			more = recordSize(&r.Message)
		}
		if n > 0 && size+more > log.MaxAppend {
			break
		}
		n, size = n+1, size+more
	}
	return n, size
}

// finishMoves deletes messages that arrived here from the queues they came from, or gives
// them back there when the append failed. Locks not held.
func (q *ownedQueue) finishMoves(items []index.Item, err error) {
	q.mu.Lock()
	if len(q.moving) == 0 {
		q.mu.Unlock()
		return
	}
	arrived := map[*ownedQueue][]index.Taken{}
	for i := range items {
		if from, ok := q.moving[items[i].Seq]; ok {
			delete(q.moving, items[i].Seq)
			arrived[from.source] = append(arrived[from.source], index.Taken{Seq: from.seq})
		}
	}
	q.mu.Unlock()
	for source, messages := range arrived {
		if err != nil {
			source.giveBack(messages)
		} else {
			source.forget(messages)
		}
	}
}

// giveBack makes messages that could not be moved visible again.
func (q *ownedQueue) giveBack(messages []index.Taken) {
	now := time.Now().UnixMilli()
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range messages {
		q.index.Release(now, messages[i].Seq)
	}
	q.arm()
}

// forget removes messages that are elsewhere now.
func (q *ownedQueue) forget(messages []index.Taken) {
	q.mu.Lock()
	defer q.mu.Unlock()
	seqs := make([]uint64, 0, len(messages))
	for i := range messages {
		if ref, ok := q.index.Remove(messages[i].Seq); ok {
			seqs = append(seqs, messages[i].Seq)
			q.release(ref)
		}
	}
	if len(seqs) > 0 {
		// In front of anything that can happen to the message in its new queue.
		q.o.journal.Deleted(q.id, seqs, log.AskNothing)
	}
	q.wake()
}
