package jetstream

import (
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/journal"
)

// block is what the owner knows of one append of a queue's log.
type block struct {
	total, live int32    // messages in it, and those that still exist there
	size        int32    // bytes on disk
	first       uint64   // sequence of its first message
	seqs        []uint64 // the sequences, where they do not follow one another
	cached      *cached
}

// seq is the sequence of the i-th message.
func (b *block) seq(i int) uint64 {
	if b.seqs != nil {
		return b.seqs[i]
	}
	return b.first + uint64(i)
}

// dead is about how many bytes of it no live message needs.
func (b *block) dead() int64 {
	if b.total == 0 {
		return int64(b.size)
	}
	return int64(b.size) * int64(b.total-b.live) / int64(b.total)
}

// blocks are the appends of a queue's log that were not purged, by stream sequence. The
// owner is the only writer, so stream sequences follow one another, except where a power
// cut took an append that nobody was answered for.
type blocks struct {
	cache *cache
	base  uint64 // stream sequence of list[0]
	list  []block
	bytes int64 // of all
	waste int64 // about how much of that is dead
}

// append adds the next block. Its messages all are live.
func (bs *blocks) append(seq uint64, items []index.Item, size int, c *cached) {
	if len(bs.list) == 0 {
		bs.base = seq
	}
	for bs.base+uint64(len(bs.list)) < seq {
		bs.list = append(bs.list, block{}) // holds nothing
	}
	b := block{total: int32(len(items)), live: int32(len(items)), size: int32(size), cached: c}
	if len(items) > 0 {
		b.first = items[0].Seq
	}
	for i := range items {
		if items[i].Seq != b.first+uint64(i) {
			b.seqs = make([]uint64, len(items))
			for i := range items {
				b.seqs[i] = items[i].Seq
			}
			break
		}
	}
	bs.bytes += int64(b.size)
	if b.total == 0 {
		bs.waste += int64(b.size)
	}
	bs.list = append(bs.list, b)
}

// get returns a block by stream sequence, or nil when it is gone.
func (bs *blocks) get(seq uint64) *block {
	if seq < bs.base || seq-bs.base >= uint64(len(bs.list)) {
		return nil
	}
	return &bs.list[seq-bs.base]
}

// release says that one message of a block is gone from it.
func (bs *blocks) release(seq uint64) {
	b := bs.get(seq)
	if b == nil || b.live == 0 {
		return
	}
	before := b.dead()
	b.live--
	bs.waste += b.dead() - before
	if b.live == 0 {
		bs.cache.drop(b.cached)
		b.cached = nil
	}
}

// trim forgets the dead blocks at the head and returns the stream sequence of the first
// one that remains. The last block always remains: it holds the high-water sequence.
func (bs *blocks) trim() (before uint64, trimmed bool) {
	n := 0
	for n < len(bs.list)-1 && bs.list[n].live == 0 {
		bs.bytes -= int64(bs.list[n].size)
		bs.waste -= int64(bs.list[n].size)
		n++
	}
	if n == 0 {
		return bs.base, false
	}
	bs.list = append(bs.list[:0], bs.list[n:]...)
	bs.base += uint64(n)
	return bs.base, true
}

// headDead tells whether trim would find something.
func (bs *blocks) headDead() bool { return len(bs.list) > 1 && bs.list[0].live == 0 }

// deadRanges calls each for the runs of sequences in the blocks from the i-th to before the
// j-th that are not live in x.
func (bs *blocks) deadRanges(i, j int, live func(seq uint64) bool) []journal.Range {
	var ranges []journal.Range
	for ; i < min(j, len(bs.list)); i++ {
		b := &bs.list[i]
		if b.live == b.total {
			continue
		}
		for k := range int(b.total) {
			seq := b.seq(k)
			if live(seq) {
				continue
			}
			if n := len(ranges); n > 0 && ranges[n-1].First+ranges[n-1].Count == seq {
				ranges[n-1].Count++
			} else {
				ranges = append(ranges, journal.Range{First: seq, Count: 1})
			}
		}
	}
	return ranges
}
