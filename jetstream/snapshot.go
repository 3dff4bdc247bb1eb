package jetstream

import (
	"slices"

	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

const (
	// How much of a queue is recorded while its lock is held.
	snapshotMessages = 10_000
	snapshotBlocks   = 1_000
)

// snapshot records the whole delivery state of a queue in the journal, a part at a time.
// What changes meanwhile is recorded after the part that it changes.
type snapshot struct {
	q    *ownedQueue
	last log.Ticket
}

// snapshot returns the ticket of its last record; the zero ticket when there was nothing to
// record.
func (q *ownedQueue) snapshot() log.Ticket {
	s := snapshot{q: q}
	s.purgedAndDedup()
	for after, more := uint64(0), true; more; {
		after, more = s.states(after)
	}
	for from, more := uint64(0), true; more; {
		from, more = s.deleted(from)
	}
	return s.last
}

func (s *snapshot) purgedAndDedup() {
	q := s.q
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.purged > 0 {
		s.last = q.o.journal.Purged(q.id, q.purged, log.AskDurable)
	}
	if q.dedup == nil {
		return
	}
	var ids []index.DedupEntry
	// The later ones are in the queue's log.
	q.dedup.Between(0, q.persisted+1, func(e index.DedupEntry) { ids = append(ids, e) })
	for part := range slices.Chunk(ids, snapshotMessages) {
		s.last = q.o.journal.Dedup(q.id, part, log.AskDurable)
	}
}

// states records the messages after a sequence that were received.
func (s *snapshot) states(after uint64) (last uint64, more bool) {
	q := s.q
	q.mu.Lock()
	defer q.mu.Unlock()
	var states []index.Taken
	q.index.Peek(0, after, snapshotMessages, func(t index.Taken, _ index.Phase) bool {
		after, more = t.Seq, true
		if t.Count > 0 {
			states = append(states, t)
		}
		return true
	})
	if len(states) > 0 {
		s.last = q.o.journal.States(q.id, states, log.AskDurable)
	}
	return after, more
}

// deleted records the messages that still are in blocks on disk but not in the queue, from
// the block of a stream sequence on.
func (s *snapshot) deleted(from uint64) (next uint64, more bool) {
	q := s.q
	q.mu.Lock()
	defer q.mu.Unlock()
	from = max(from, q.blocks.base)
	i := int(from - q.blocks.base)
	ranges := q.blocks.deadRanges(i, i+snapshotBlocks, func(seq uint64) bool {
		_, live := q.index.Get(seq)
		return live || seq >= q.next
	})
	for part := range slices.Chunk(ranges, snapshotMessages) {
		s.last = q.o.journal.DeletedRanges(q.id, part, log.AskDurable)
	}
	return from + snapshotBlocks, i+snapshotBlocks < len(q.blocks.list)
}
