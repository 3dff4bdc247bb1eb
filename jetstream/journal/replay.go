package journal

import (
	"fmt"

	"github.com/queuelet/queuelet/jetstream/index"
)

// Queue is what the journal says about one queue.
type Queue struct {
	// Below is the first sequence that was not purged.
	Below uint64
	// States are the messages that were received, by sequence.
	States map[uint64]index.State
	// Deleted are the sequences that are gone.
	Deleted map[uint64]struct{}
	// Dedup are deduplication ids of messages whose blocks may be gone, oldest first.
	Dedup []index.DedupEntry
}

// Replay is the delivery state of all queues of a shard, by queue id.
type Replay map[uint64]*Queue

func (r Replay) queue(id uint64) *Queue {
	q := r[id]
	if q == nil {
		q = &Queue{States: map[uint64]index.State{}, Deleted: map[uint64]struct{}{}}
		r[id] = q
	}
	return q
}

// Apply reads one append.
func (r Replay) Apply(data []byte) error {
	d, err := open(data)
	if err != nil {
		return err
	}
	for len(d.b) > 0 {
		r.record(&d)
	}
	return d.err
}

func (r Replay) record(d *decoder) {
	kind := d.take(1)[0]
	id := uint64Of(d.take(8))
	n := d.uvarint()
	if d.err != nil {
		return
	}
	if kind == kindEpoch {
		return
	}
	q := r.queue(id)
	if kind == kindPurge {
		q.purge(n)
		return
	}
	for range n {
		q.element(kind, d)
		if d.err != nil {
			return
		}
	}
}

func (q *Queue) element(kind byte, d *decoder) {
	switch kind {
	case kindState:
		seq := d.uvarint()
		s := index.State{Count: uint32(d.uvarint()), Due: int64(d.uvarint()), First: int64(d.uvarint())}
		if _, gone := q.Deleted[seq]; !gone && seq >= q.Below && d.err == nil {
			q.States[seq] = s
		}
	case kindDelete:
		q.remove(d.uvarint())
	case kindRange:
		first, count := d.uvarint(), d.uvarint()
		if count > maxRange {
			d.fail()
			return
		}
		for i := range count {
			q.remove(first + i)
		}
	case kindDedup:
		e := index.DedupEntry{Digest: [16]byte(d.take(16)), Seq: d.uvarint(), ID: [16]byte(d.take(16)), At: int64(d.uvarint())}
		if d.err == nil && e.Seq >= q.Below {
			q.Dedup = append(q.Dedup, e)
		}
	default:
		d.err = fmt.Errorf("record kind %q: %w", kind, ErrCorrupt)
	}
}

// maxRange bounds what one element of a corrupt but checksummed append could cost.
const maxRange = 1 << 22

func (q *Queue) remove(seq uint64) {
	if seq >= q.Below {
		q.Deleted[seq] = struct{}{}
		delete(q.States, seq)
	}
}

func (q *Queue) purge(below uint64) {
	q.Below = max(q.Below, below)
	for seq := range q.States {
		if seq < below {
			delete(q.States, seq)
		}
	}
	for seq := range q.Deleted {
		if seq < below {
			delete(q.Deleted, seq)
		}
	}
	q.Dedup = nil // a purge clears the deduplication window
}
