package index

import (
	"crypto/sha256"
	"maps"
)

// DedupWindow is how long after an accepted send, in milliseconds, another with the
// same deduplication id is a duplicate
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html).
const DedupWindow = 5 * 60 * 1000

const (
	// dedupChunk is how many entries are allocated and given back together.
	dedupChunk = 512
	// dedupSweep is how many expired entries an Add removes: more than it adds.
	dedupSweep = 4
)

// DedupEntry remembers one accepted send.
type DedupEntry struct {
	Digest [16]byte // of the deduplication key
	Seq    uint64   // of the message, above 0
	ID     [16]byte // the message's id
	At     int64    // when it was accepted
}

func (e *DedupEntry) within(now int64) bool { return now < e.At+DedupWindow }

// Dedup remembers the sends of the last five minutes by their deduplication keys,
// whether the messages are still there or not. It keeps a key as half its SHA-256,
// so that an entry is small however long the key. Like [Index] it does no I/O and
// must not be used by two callers at the same time.
type Dedup struct {
	byDigest map[[16]byte]uint32 // the lower half of the entry's number
	most     int                 // largest byDigest since it was made

	// The entries in the order in which they were added. Each has a number, and all
	// chunks but the last are full. One that no longer counts has Seq 0.
	chunks [][]DedupEntry
	base   uint64 // number of the first entry of the first chunk
	first  uint64 // number of the oldest entry
	next   uint64 // number of the next one
}

// NewDedup remembers nothing yet.
func NewDedup() *Dedup {
	d := &Dedup{}
	d.Clear()
	return d
}

// Len is how many sends are remembered, expired ones that were not removed yet
// included.
func (d *Dedup) Len() int { return len(d.byDigest) }

// Lookup finds the send of a key that was accepted less than [DedupWindow] ago.
func (d *Dedup) Lookup(now int64, key string) (DedupEntry, bool) {
	number, ok := d.number(digest(key))
	if !ok {
		return DedupEntry{}, false
	}
	e := *d.at(number)
	return e, e.within(now)
}

// Add remembers a send, in place of an earlier one of the same key. It fills in the
// entry's Digest.
func (d *Dedup) Add(now int64, key string, e DedupEntry) {
	d.Expire(now, dedupSweep)
	e.Digest = digest(key)
	d.Restore(e)
}

// Restore remembers a send that [Dedup.Each] told of. Entries come in the same order.
func (d *Dedup) Restore(e DedupEntry) {
	if before, ok := d.number(e.Digest); ok {
		d.at(before).Seq = 0
	}
	last := len(d.chunks) - 1
	if last < 0 || len(d.chunks[last]) == dedupChunk {
		room := dedupChunk
		if last < 0 {
			room = firstPage
		}
		d.chunks = append(d.chunks, make([]DedupEntry, 0, room))
		last++
	}
	d.chunks[last] = append(d.chunks[last], e)
	d.byDigest[e.Digest] = uint32(d.next)
	d.next++
	d.most = max(d.most, len(d.byDigest))
}

// Forget takes back what was added for a message that could not be stored. Only
// entries of later messages may have been added since.
func (d *Dedup) Forget(seq uint64) {
	for number := d.next; number > d.first; number-- {
		e := d.at(number - 1)
		switch {
		case e.Seq == seq:
			delete(d.byDigest, e.Digest)
			e.Seq = 0
			return
		case e.Seq != 0 && e.Seq < seq:
			return
		}
	}
}

// Clear forgets everything, as a purge does.
func (d *Dedup) Clear() {
	*d = Dedup{byDigest: map[[16]byte]uint32{}}
}

// Expire removes up to limit of the oldest entries that are too old to count, and
// returns how many. Every [Dedup.Add] removes some; calling Expire as well returns
// the memory of a queue that is not sent to any more.
func (d *Dedup) Expire(now int64, limit int) int {
	if d.first == d.next {
		return 0
	}
	if !d.at(d.next - 1).within(now) {
		n := int(d.next - d.first)
		d.Clear()
		return n
	}
	n := 0
	for ; n < limit && !d.at(d.first).within(now); n++ {
		if e := d.at(d.first); e.Seq != 0 {
			delete(d.byDigest, e.Digest)
		}
		d.first++
		if d.first-d.base == dedupChunk {
			d.chunks[0] = nil
			d.chunks = d.chunks[1:]
			d.base = d.first
		}
	}
	d.shrink()
	return n
}

// shrink gives back the memory of a map that was much larger: maps keep theirs.
func (d *Dedup) shrink() {
	if d.most <= dedupChunk || len(d.byDigest) > d.most/4 {
		return
	}
	smaller := make(map[[16]byte]uint32, len(d.byDigest))
	maps.Copy(smaller, d.byDigest)
	d.byDigest, d.most = smaller, len(smaller)
}

// Each calls each for what is remembered, in the order in which it was added;
// expired entries that were not removed yet are among them.
func (d *Dedup) Each(each func(DedupEntry)) {
	for number := d.first; number < d.next; number++ {
		if e := d.at(number); e.Seq != 0 {
			each(*e)
		}
	}
}

// Between calls each for what is remembered of messages with sequences above after and below
// before, in order, and costs only as much as those are.
func (d *Dedup) Between(after, before uint64, each func(DedupEntry)) {
	for number := d.above(after); number < d.next; number++ {
		switch e := d.at(number); {
		case e.Seq >= before:
			return
		case e.Seq != 0:
			each(*e)
		}
	}
}

// above is the number of the first entry of a message with a sequence above seq.
func (d *Dedup) above(seq uint64) uint64 {
	low, high := d.first, d.next
	for low < high {
		middle := low + (high-low)/2
		counts := middle
		for counts < high && d.at(counts).Seq == 0 {
			counts++
		}
		if counts < high && d.at(counts).Seq <= seq {
			low = counts + 1
		} else {
			high = middle
		}
	}
	return low
}

func (d *Dedup) at(number uint64) *DedupEntry {
	i := number - d.base
	return &d.chunks[i/dedupChunk][i%dedupChunk]
}

func (d *Dedup) number(digest [16]byte) (uint64, bool) {
	low, ok := d.byDigest[digest]
	return d.first + uint64(low-uint32(d.first)), ok
}

func digest(key string) [16]byte {
	sum := sha256.Sum256([]byte(key))
	return [16]byte(sum[:16])
}
