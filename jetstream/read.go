package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

// cachedBlocks returns the block of each message, nil where it is not in memory. Lock held.
func (q *ownedQueue) cachedBlocks(messages []index.Taken) [][]byte {
	found := make([][]byte, len(messages))
	for i := range messages {
		if i > 0 && messages[i].Ref.Block == messages[i-1].Ref.Block {
			found[i] = found[i-1]
			continue
		}
		if b := q.blocks.get(messages[i].Ref.Block); b != nil {
			found[i] = b.cached.bytes()
		}
	}
	return found
}

// reader decodes messages of one queue. Its decoder keeps what neighbours share, and so does
// it with the block that was read last.
type reader struct {
	q     *ownedQueue
	d     decoder
	block uint64
	data  []byte
}

// read decodes a message into r; data is its block, if that is in memory. ok is false when
// the message is gone from the queue. Lock not held.
func (rd *reader) read(ctx context.Context, t *index.Taken, data []byte, r *record) (ok bool, err error) {
	for ref := t.Ref; ; {
		if data == nil && rd.data != nil && rd.block == ref.Block {
			data = rd.data
		}
		if data == nil {
			data, err = rd.q.fetch(ctx, ref.Block)
			if err != nil && !errors.Is(err, log.ErrNotFound) {
				return false, rd.q.answer(err)
			}
		}
		if data != nil {
			rd.block, rd.data = ref.Block, data
			return true, rd.d.at(data, ref.Offset, t.Seq, r)
		}
		// Moved to another block since, or deleted.
		rd.q.mu.Lock()
		now, live := rd.q.index.Get(t.Seq)
		rd.q.mu.Unlock()
		if !live {
			return false, nil
		}
		if now.Ref == ref {
			return false, fmt.Errorf("message %d of queue %016x is not in its log: %w", t.Seq, rd.q.id, errCorrupt)
		}
		ref = now.Ref
	}
}

// at decodes the record at an offset of a block.
func (d *decoder) at(data []byte, offset uint32, seq uint64, r *record) error {
	if uint64(offset) > uint64(len(data)) {
		return fmt.Errorf("message %d beyond its block: %w", seq, errCorrupt)
	}
	d.b, d.failed = data[offset:], false
	if err := d.next(r); err != nil {
		return err
	}
	if r.Seq != seq {
		return fmt.Errorf("message %d where %d should be: %w", r.Seq, seq, errCorrupt)
	}
	return nil
}

// fetch returns a block, from memory or from its stream.
func (q *ownedQueue) fetch(ctx context.Context, seq uint64) ([]byte, error) {
	q.mu.Lock()
	b := q.blocks.get(seq)
	if b == nil || q.writer == nil {
		q.mu.Unlock()
		return nil, log.ErrNotFound
	}
	if data := b.cached.bytes(); data != nil {
		q.mu.Unlock()
		return data, nil
	}
	stream := q.writer.Stream()
	q.mu.Unlock()

	data, err := stream.Get(ctx, seq)
	if err != nil {
		return nil, err
	}
	if _, err := openBlock(data); err != nil {
		return nil, fmt.Errorf("block %d: %w", seq, err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if b := q.blocks.get(seq); b != nil && b.live > 0 && b.cached.bytes() == nil {
		b.cached = q.o.cache.add(data, true)
	}
	return data, nil
}
