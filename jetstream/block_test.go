package jetstream

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/journal"
)

func items(seqs ...uint64) []index.Item {
	var all []index.Item
	for _, seq := range seqs {
		all = append(all, index.Item{Seq: seq})
	}
	return all
}

func TestTrimKeepsTheLastBlock(t *testing.T) {
	bs := blocks{cache: &cache{budget: 100}}
	bs.append(10, items(1, 2), 50, nil)
	bs.append(11, items(3), 30, nil)
	bs.append(12, items(4), 20, nil)
	for _, at := range []uint64{10, 10, 11, 12} {
		bs.release(at)
	}
	if bs.bytes != 100 || bs.waste != 100 {
		t.Errorf("%d bytes, %d of them dead; want 100 and 100", bs.bytes, bs.waste)
	}
	before, trimmed := bs.trim()
	if before != 12 || !trimmed || len(bs.list) != 1 || bs.bytes != 20 || bs.waste != 20 {
		t.Errorf("trimmed to %d (%t), %d blocks, %d bytes, %d dead", before, trimmed, len(bs.list), bs.bytes, bs.waste)
	}
	if _, trimmed = bs.trim(); trimmed {
		t.Error("the last block holds the high-water sequence and must stay")
	}
	bs.release(10) // of a block that is gone: nothing happens
	bs.append(13, items(5), 1, nil)
	if bs.get(13) == nil || bs.get(14) != nil || bs.get(11) != nil {
		t.Error("blocks are found under wrong sequences")
	}
}

// After a power cut the stream may begin anew behind an append that is not on disk.
func TestBlocksAreFoundBehindAGap(t *testing.T) {
	bs := blocks{cache: &cache{}}
	bs.append(10, items(1), 50, nil)
	bs.append(13, items(2, 3), 30, nil)
	for seq, want := range map[uint64]uint64{10: 1, 13: 2} {
		if b := bs.get(seq); b == nil || b.first != want {
			t.Errorf("block %d is %+v, want the one of message %d", seq, b, want)
		}
	}
	bs.release(10)
	if before, trimmed := bs.trim(); before != 13 || !trimmed || bs.get(13) == nil || bs.bytes != 30 {
		t.Errorf("trimmed to %d (%t), %d bytes", before, trimmed, bs.bytes)
	}
}

func TestDeadRanges(t *testing.T) {
	bs := blocks{cache: &cache{}}
	bs.append(1, items(1, 2, 3, 4), 4, nil)
	bs.append(2, items(5, 6), 2, nil)
	bs.append(3, items(9, 2, 7), 3, nil) // 2 was moved here
	live := map[uint64]bool{2: true, 5: true, 6: true, 9: true}
	for _, at := range []uint64{1, 1, 1, 1, 3} {
		bs.release(at)
	}
	got := bs.deadRanges(0, 3, func(seq uint64) bool { return live[seq] })
	want := []journal.Range{{First: 1, Count: 1}, {First: 3, Count: 2}, {First: 7, Count: 1}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestCacheKeepsTheOldestOfABacklogAndWhatIsWanted(t *testing.T) {
	c := &cache{budget: 10}
	first, second := c.add(make([]byte, 4), false), c.add(make([]byte, 4), false)
	if third := c.add(make([]byte, 4), false); third != nil {
		t.Error("a new block pushed out an older one")
	}
	wanted := c.add(make([]byte, 4), true)
	if first.bytes() != nil || second.bytes() == nil || wanted.bytes() == nil {
		t.Error("a wanted block must push out the first")
	}
	c.drop(second)
	c.drop(second)
	if c.used != 4 || second.bytes() != nil {
		t.Errorf("%d bytes used, want 4", c.used)
	}
	if c.add(make([]byte, 11), true) != nil {
		t.Error("a block larger than the budget was kept")
	}
}
