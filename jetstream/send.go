package jetstream

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

// Send implements [queue.Store].
func (s *Store) Send(ctx context.Context, def *queue.Definition, entries []queue.Entry) ([]queue.Sent, error) {
	q, err := s.findToWrite(def)
	if err != nil {
		return nil, err
	}
	if err := s.disk.check(); err != nil {
		return nil, err
	}
	if err := q.openLog(ctx); err != nil {
		return nil, err
	}
	sent := make([]queue.Sent, len(entries))
	for {
		ticket, err := q.add(entries, sent)
		if err != nil {
			return nil, err
		}
		if err := ticket.Wait(ctx); err != nil {
			return nil, q.answer(err)
		}
		if q.stillDuplicates(entries, sent) {
			return sent, nil
		}
	}
}

// add puts the entries into the queue's next append, all into the same, and fills in what
// they will be answered when the ticket says that it is durable.
func (q *ownedQueue) add(entries []queue.Entry, sent []queue.Sent) (log.Ticket, error) {
	size := 0
	for i := range entries {
		size += recordSize(&entries[i].Message)
	}
	now := time.Now().UnixMilli()
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return log.Ticket{}, err
	}
	return q.writer.Add(size, log.AskDurable, func(b *log.Batch) {
		b.Data = beginBlock(b.Data)
		for i := range entries {
			e := &entries[i]
			if q.dedup != nil && e.Dedup != "" {
				if first, ok := q.dedup.Lookup(now, e.Dedup); ok {
					sent[i] = queue.Sent{ID: first.ID, Sequence: first.Seq, Duplicate: true}
					continue
				}
			}
			r := record{Message: e.Message, Seq: q.next, DedupKey: e.Dedup}
			if e.Delay > 0 {
				r.NotBefore = r.Sent.UnixMilli() + e.Delay.Milliseconds()
			}
			q.put(b, &r)
			if q.dedup != nil && e.Dedup != "" {
				q.dedup.Add(now, e.Dedup, index.DedupEntry{Seq: r.Seq, ID: r.ID, At: now})
			}
			sent[i] = queue.Sent{ID: e.ID, Sequence: r.Seq}
		}
	}), nil
}

// put writes a record with the queue's next sequence into a batch. Locks of the queue and
// of its writer held.
func (q *ownedQueue) put(b *log.Batch, r *record) {
	q.next++
	b.Items = append(b.Items, index.Item{
		Seq: r.Seq, Sent: r.enqueued(q.fifo), NotBefore: r.NotBefore,
		Group: strings.Clone(r.Group), // the caller's text may be part of its request
		Ref:   index.Ref{Offset: uint32(len(b.Data))},
	})
	b.Data = appendRecord(b.Data, r)
}

// stillDuplicates tells whether the messages that were taken for duplicates still are: the
// send of the first one may have failed meanwhile, and then they have to be stored after all.
func (q *ownedQueue) stillDuplicates(entries []queue.Entry, sent []queue.Sent) bool {
	if q.dedup == nil {
		return true
	}
	now := time.Now().UnixMilli()
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range sent {
		if !sent[i].Duplicate {
			continue
		}
		if _, ok := q.dedup.Lookup(now, entries[i].Dedup); !ok {
			return false
		}
	}
	return true
}

// prepare completes a block before it is appended.
func (q *ownedQueue) prepare(b *log.Batch, _ uint64) {
	q.mu.Lock()
	next := q.next
	q.mu.Unlock()
	b.Data = beginBlock(b.Data)
	sealBlock(b.Data, next)
}

// appended takes a block into the index once it is durable.
func (q *ownedQueue) appended(b *log.Batch, seq uint64, err error) {
	q.finishMoves(b.Items, err)
	if err != nil {
		q.notAppended(b, err)
		return
	}
	data := append(make([]byte, 0, len(b.Data)), b.Data...)
	now := time.Now().UnixMilli()
	q.mu.Lock()
	q.blocks.append(seq, b.Items, len(data), q.o.cache.add(data, false))
	fresh := b.Items[:0]
	for _, it := range b.Items {
		it.Ref.Block = seq
		if q.enter(now, it) {
			fresh = append(fresh, it)
		}
	}
	if q.blocks.headDead() {
		q.o.tidyLater(q)
	}
	q.wake()
	q.arm()
	q.mu.Unlock()
	q.tap(data, fresh)
}

// enter takes one stored message into the index. It returns false for one that was there
// before or is gone already. Lock held.
func (q *ownedQueue) enter(now int64, it index.Item) (fresh bool) {
	old, relocated := q.relocating[it.Seq]
	switch {
	case relocated:
		delete(q.relocating, it.Seq)
		if now, live := q.index.Get(it.Seq); live && now.Ref == old {
			q.index.SetRef(it.Seq, it.Ref)
			q.release(old)
		} else {
			q.release(it.Ref)
		}
	case it.Seq < q.purged:
		q.release(it.Ref) // the queue was purged while it was on its way
	default:
		q.index.Add(now, it)
		return true
	}
	return false
}

// notAppended takes back what add had promised.
func (q *ownedQueue) notAppended(b *log.Batch, err error) {
	q.mu.Lock()
	for i := range b.Items {
		seq := b.Items[i].Seq
		delete(q.relocating, seq)
		if q.dedup != nil {
			q.dedup.Forget(seq)
		}
	}
	q.mu.Unlock()
	if !errors.Is(err, log.ErrFull) && q.gone() == nil {
		q.o.fail(err)
	}
}
