package journal

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

// Journal appends the delivery state of a shard. It is safe for concurrent use; records of
// one queue keep the order of the calls that made them.
type Journal struct {
	writer *log.Writer
	commit *log.Committer // nil when a stored append is taken for durable
	stored atomic.Uint64  // stream sequence of the last append that is stored
	grown  atomic.Int64   // bytes appended since the last compaction
}

// Options configure a Journal.
type Options struct {
	Commit *log.Committer // nil when a stored append is taken for durable
	// Failed is called once an append fails for good.
	Failed func(error)
	// Trouble is called with the error of an append that will be tried again.
	Trouble func(error)
}

// Open takes ownership of the journal on stream: it appends an epoch record, which ends the
// right of an earlier owner to append, and reads what the journal says.
func Open(ctx context.Context, stream *log.Stream, o Options) (*Journal, Replay, error) {
	epoch := appendRecord(begin(nil), kindEpoch, 0, 0)
	seal(epoch)
	if _, err := stream.Append(ctx, epoch); err != nil {
		return nil, nil, fmt.Errorf("take ownership of the journal: %w", err)
	}
	j := &Journal{commit: o.Commit}
	replay := Replay{}
	err := stream.Read(ctx, 1, stream.Last(), func(a log.Append) error {
		j.grown.Add(int64(len(a.Data)))
		if err := replay.Apply(a.Data); err != nil {
			return fmt.Errorf("journal append %d: %w", a.Sequence, err)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	j.stored.Store(stream.Last())
	j.writer = log.NewWriter(ctx, stream, log.Options{
		Commit:  o.Commit,
		Insist:  true,
		Trouble: o.Trouble,
		Prepare: func(b *log.Batch, _ uint64) {
			seal(b.Data)
		},
		Done: func(b *log.Batch, seq uint64, err error) {
			if err != nil {
				o.Failed(err)
				return
			}
			j.grown.Add(int64(len(b.Data)))
			raise(&j.stored, seq)
		},
	})
	return j, replay, nil
}

// raise stores v unless more is stored already: appends end in order, but the committer
// reports them on another goroutine than the writer.
func raise(a *atomic.Uint64, v uint64) {
	for {
		old := a.Load()
		if old >= v || a.CompareAndSwap(old, v) {
			return
		}
	}
}

// States records the state of messages that were received or whose visibility changed.
func (j *Journal) States(queue uint64, messages []index.Taken, ask log.Ask) log.Ticket {
	return j.writer.Add(recordBytes+stateBytes*len(messages), ask, func(b *log.Batch) {
		b.Data = appendRecord(begin(b.Data), kindState, queue, uint64(len(messages)))
		for i := range messages {
			b.Data = appendState(b.Data, messages[i].Seq, messages[i].State)
		}
	})
}

// Deleted records that messages are gone.
func (j *Journal) Deleted(queue uint64, seqs []uint64, ask log.Ask) log.Ticket {
	return j.writer.Add(recordBytes+binary.MaxVarintLen64*len(seqs), ask, func(b *log.Batch) {
		b.Data = appendRecord(begin(b.Data), kindDelete, queue, uint64(len(seqs)))
		for _, seq := range seqs {
			b.Data = binary.AppendUvarint(b.Data, seq)
		}
	})
}

// Range is a run of sequences.
type Range struct{ First, Count uint64 }

// DeletedRanges records that runs of messages are gone.
func (j *Journal) DeletedRanges(queue uint64, ranges []Range, ask log.Ask) log.Ticket {
	return j.writer.Add(recordBytes+2*binary.MaxVarintLen64*len(ranges), ask, func(b *log.Batch) {
		b.Data = appendRecord(begin(b.Data), kindRange, queue, uint64(len(ranges)))
		for _, r := range ranges {
			b.Data = binary.AppendUvarint(b.Data, r.First)
			b.Data = binary.AppendUvarint(b.Data, r.Count)
		}
	})
}

// Purged records that every message below a sequence is gone, deduplication ids included.
func (j *Journal) Purged(queue, below uint64, ask log.Ask) log.Ticket {
	return j.writer.Add(recordBytes, ask, func(b *log.Batch) {
		b.Data = appendRecord(begin(b.Data), kindPurge, queue, below)
	})
}

// Dedup records deduplication ids whose messages are about to leave the queue's log.
func (j *Journal) Dedup(queue uint64, entries []index.DedupEntry, ask log.Ask) log.Ticket {
	return j.writer.Add(recordBytes+(32+2*binary.MaxVarintLen64)*len(entries), ask, func(b *log.Batch) {
		b.Data = appendRecord(begin(b.Data), kindDedup, queue, uint64(len(entries)))
		for i := range entries {
			e := &entries[i]
			b.Data = append(b.Data, e.Digest[:]...)
			b.Data = binary.AppendUvarint(b.Data, e.Seq)
			b.Data = append(b.Data, e.ID[:]...)
			b.Data = binary.AppendUvarint(b.Data, uint64(e.At))
		}
	})
}

// Grown is how many bytes were appended since the last compaction.
func (j *Journal) Grown() int64 { return j.grown.Load() }

// Compact replaces everything recorded so far. snapshot must record the present state of
// every queue and return the ticket of its last record; meanwhile other records go on.
func (j *Journal) Compact(ctx context.Context, snapshot func() log.Ticket) error {
	// All that is stored by now was recorded before the snapshot begins.
	before := j.stored.Load() + 1
	j.grown.Store(0)
	if err := snapshot().Wait(ctx); err != nil {
		return fmt.Errorf("compact the journal: %w", err)
	}
	// The snapshot leaves out what is not in the queues' logs any more: that has to be gone
	// for good before the records of its deletion are.
	if j.commit != nil {
		if err := j.commit.Wait(); err != nil {
			return fmt.Errorf("compact the journal: %w", err)
		}
	}
	return j.writer.Stream().Purge(ctx, before)
}

// Flush waits until every record so far is stored.
func (j *Journal) Flush() { j.writer.Flush() }

// Fail makes every later record fail with err.
func (j *Journal) Fail(err error) { j.writer.Fail(err) }

func uint64Of(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
