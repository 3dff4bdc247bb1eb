package index

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"
)

// room is how many entries an index has memory for.
func (x *Index) room() int {
	n := 0
	for _, s := range x.pages.order {
		n += cap(s.page.entries)
	}
	if x.pages.spare != nil {
		n += cap(x.pages.spare.entries)
	}
	return n
}

// One old message must not keep the memory of all that came and went after it.
func TestOneOldMessage(t *testing.T) {
	for _, fifo := range []bool{false, true} {
		x := New(Options{FIFO: fifo})
		x.Add(1, Item{Seq: 1, Sent: 1, Group: "old"})
		x.Take(1, 1, 1_000_000_000, 0, nil, nil)
		for seq := uint64(2); seq < 50_000; seq++ {
			x.Add(2, Item{Seq: seq, Sent: 2, Group: strconv.FormatUint(seq, 10)})
			if taken, _ := x.Take(2, 1, 1000, 0, nil, nil); len(taken) != 1 || taken[0].Seq != seq {
				t.Fatalf("took %+v instead of %d", taken, seq)
			}
			if _, ok, err := x.Delete(2, seq, 1); !ok || err != nil {
				t.Fatalf("message %d was not deleted: %v", seq, err)
			}
		}
		if x.room() > 2*pageSize || len(x.lanes) > 2*sparePage || len(x.timers) != 1 {
			t.Errorf("fifo %t: room for %d messages and %d lanes after all but one went", fifo, x.room(), len(x.lanes))
		}
		if err := x.verify(); err != nil {
			t.Error(err)
		}
	}
}

// Memory follows the number of messages, in whatever order they go.
func TestMemoryFollowsMessages(t *testing.T) {
	const n = 50_000
	r := rand.New(rand.NewPCG(1, 2))
	for name, order := range map[string]func(i int) int{
		"oldest first": func(i int) int { return i },
		"newest first": func(i int) int { return n - 1 - i },
		"every third":  func(i int) int { return i * 3 % n },
		"at random":    func(int) int { return 0 },
	} {
		t.Run(name, func(t *testing.T) {
			x := New(Options{MaxInFlight: n})
			for seq := range uint64(n) {
				x.Add(1, Item{Seq: seq + 1, Sent: 1, Group: strconv.FormatUint(seq, 10)})
			}
			x.Take(1, n, 1000, 0, nil, nil)
			shuffled := r.Perm(n)
			for i := range n {
				k := order(i)
				if name == "at random" {
					k = shuffled[i]
				}
				if _, ok := x.Remove(uint64(k) + 1); !ok {
					t.Fatalf("message %d was gone", k)
				}
				left := x.Len()
				if x.room() > 4*left+2*pageSize || len(x.lanes) > 2*left+2*sparePage || cap(x.timers) > 4*left+2*sparePage {
					t.Fatalf("room for %d messages, %d lanes, %d timers with %d messages left", x.room(), len(x.lanes), cap(x.timers), left)
				}
			}
			if x.room() > sparePage {
				t.Errorf("an empty index has room for %d messages", x.room())
			}
		})
	}
}

// An empty index and one with few messages are small: a server may have 10,000.
func TestSmallIndex(t *testing.T) {
	x := New(Options{})
	for seq := uint64(1); seq <= 10_000; seq++ {
		x.Add(1, Item{Seq: seq, Sent: 1})
		if seq > 3 {
			x.Remove(seq - 3)
		}
	}
	if x.room() > 2*firstPage {
		t.Errorf("room for %d messages after 10,000 of which 3 at a time were there", x.room())
	}
}

// A Take that meets many dead messages gives up some and leaves the others for later.
func TestManyDead(t *testing.T) {
	for _, fifo := range []bool{false, true} {
		x := New(Options{FIFO: fifo})
		for seq := uint64(1); seq <= 300; seq++ {
			x.Restore(1, Item{Seq: seq, Sent: 1}, State{First: 1, Count: 5})
		}
		var given []int
		for x.Ready() {
			taken, dead := x.Take(1, 10, 30, 5, nil, nil)
			given = append(given, len(dead))
			for _, m := range dead {
				x.Remove(m.Seq)
			}
			if len(taken) > 0 || len(dead) == 0 {
				t.Fatalf("took %d, gave up %d", len(taken), len(dead))
			}
		}
		if want := []int{110, 110, 80}; !slices.Equal(given, want) {
			t.Errorf("fifo %t: gave up %v, want %v", fifo, given, want)
		}
	}
}

// Nothing that is asked over and over may visit what cannot be taken.
func TestBlockedMessagesCostNothing(t *testing.T) {
	const n = 200_000
	x := New(Options{FIFO: true})
	for seq := uint64(1); seq <= n; seq++ {
		x.Add(1, Item{Seq: seq, Sent: int64(seq), Group: "locked"})
	}
	x.Take(1, 1, 1_000_000_000, 0, nil, nil)
	x.Add(1, Item{Seq: n + 1, Sent: n, Group: "open"})
	const rounds = 100
	best := time.Hour
	for range 10 { // others may keep the machine busy meanwhile
		start := time.Now()
		for range rounds {
			if taken, _ := x.Take(2, 1, 0, 0, nil, nil); len(taken) != 1 {
				t.Fatal("took nothing")
			}
			x.Expire(1, 10, nil)
			x.NextExpiry()
			x.Peek(2, n-1, 1, func(Taken, Phase) bool { return true })
		}
		best = min(best, time.Since(start)/rounds)
	}
	// Visiting all would take ten times as long at least.
	if best > 50*time.Microsecond {
		t.Errorf("a round takes %v behind %d blocked messages", best, n)
	}
}
