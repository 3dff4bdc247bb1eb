package jetstream

import (
	"context"

	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

const (
	// A log is sparse when it wastes that many bytes and less than one in sparseLive of
	// its bytes is live.
	sparseWaste = 4 << 20
	sparseLive  = 5

	// relocateStep is how many messages are moved forward at a time.
	relocateStep = 1000
)

// sparse tells whether the queue's log is mostly dead but cannot be purged because single
// live messages stand in the way. Lock held.
func (q *ownedQueue) sparse() bool {
	return q.blocks.waste > sparseWaste && (q.blocks.bytes-q.blocks.waste)*sparseLive < q.blocks.bytes
}

// tidy removes dead blocks from the queue's log.
func (q *ownedQueue) tidy(ctx context.Context) error {
	if err := q.relocate(ctx); err != nil {
		return err
	}
	q.mu.Lock()
	if q.ctx.Err() != nil || q.writer == nil {
		q.mu.Unlock()
		return nil //nolint:nilerr // nothing to tidy in a queue that is gone
	}
	stream := q.writer.Stream()
	before, trimmed := q.blocks.trim()
	var ids []index.DedupEntry
	if trimmed && q.dedup != nil {
		ids = q.dedupLeaving()
	}
	q.mu.Unlock()
	if !trimmed {
		return nil
	}
	if len(ids) > 0 {
		// The ids outlive their messages: the window goes on after a message was deleted.
		if err := q.o.journal.Dedup(q.id, ids, log.AskDurable).Wait(ctx); err != nil {
			return q.answer(err)
		}
	}
	if err := stream.Purge(ctx, before); err != nil {
		return q.answer(err)
	}
	return nil
}

// dedupLeaving returns the ids of messages whose blocks are about to be purged. Lock held.
func (q *ownedQueue) dedupLeaving() []index.DedupEntry {
	first := q.next
	for i := range q.blocks.list {
		if b := &q.blocks.list[i]; b.total > 0 && b.seqs == nil {
			first = b.first
			break
		}
	}
	var leaving []index.DedupEntry
	q.dedup.Between(q.persisted, first, func(e index.DedupEntry) { leaving = append(leaving, e) })
	if first > 0 {
		q.persisted = max(q.persisted, first-1)
	}
	return leaving
}

// relocate moves live messages at the head of a sparse log forward, into a new block, so
// that the blocks they were in can be purged. Order is by sequence, which they keep, so
// nothing changes for readers.
func (q *ownedQueue) relocate(ctx context.Context) error {
	q.mu.Lock()
	if q.ctx.Err() != nil || !q.sparse() {
		q.mu.Unlock()
		return nil //nolint:nilerr // nothing to tidy in a queue that is gone
	}
	messages := q.liveAtHead(relocateStep)
	blocks := q.cachedBlocks(messages)
	q.mu.Unlock()

	rd := reader{q: q}
	records := make([]record, 0, len(messages))
	kept := messages[:0]
	size := 0
	for i := range messages {
		var r record
		ok, err := rd.read(ctx, &messages[i], blocks[i], &r)
		if err != nil {
			return err
		}
		if ok {
			kept, records = append(kept, messages[i]), append(records, r)
			size += recordSize(&r.Message)
		}
		if size > log.MaxAppend {
			break
		}
	}
	ticket, err := q.putAgain(kept, records, size)
	if err != nil {
		return err
	}
	if err := ticket.Wait(ctx); err != nil {
		return q.answer(err)
	}
	q.o.tidyLater(q) // perhaps there is more
	return nil
}

// liveAtHead returns the live messages of the oldest blocks. Lock held.
func (q *ownedQueue) liveAtHead(most int) []index.Taken {
	var found []index.Taken
	for i := range q.blocks.list {
		b := &q.blocks.list[i]
		for k := 0; k < int(b.total) && b.live > 0; k++ {
			if t, ok := q.index.Get(b.seq(k)); ok && t.Ref.Block == q.blocks.base+uint64(i) {
				found = append(found, t)
			}
		}
		if len(found) >= most {
			break
		}
	}
	return found
}

// putAgain appends copies of messages with the sequences that they have.
func (q *ownedQueue) putAgain(messages []index.Taken, records []record, size int) (log.Ticket, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return log.Ticket{}, err
	}
	return q.writer.Add(size, log.AskDurable, func(b *log.Batch) {
		b.Data = beginBlock(b.Data)
		for i := range records {
			q.relocating[records[i].Seq] = messages[i].Ref
			b.Items = append(b.Items, index.Item{Seq: records[i].Seq, Ref: index.Ref{Offset: uint32(len(b.Data))}})
			b.Data = appendRecord(b.Data, &records[i])
		}
	}), nil
}
