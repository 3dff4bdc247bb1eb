package index

import (
	"fmt"
	"runtime"
	"testing"
)

func groupNames(n int) []string {
	names := make([]string, max(1, n)) // one without a name for no groups
	for i := range n {
		names[i] = fmt.Sprint("group-", i)
	}
	return names
}

// fill adds messages up to a backlog.
func fill(x *Index, seq *uint64, n int, names []string) {
	for range n {
		*seq++
		x.Add(1, Item{Seq: *seq, Sent: 1, Group: names[*seq%uint64(len(names))], Ref: Ref{Block: *seq / 100, Offset: uint32(*seq % 100)}})
	}
}

func BenchmarkAdd(b *testing.B) {
	x := New(Options{})
	var seq uint64
	b.ReportAllocs()
	for b.Loop() {
		if seq++; seq%1_000_000 == 0 {
			x = New(Options{})
		}
		x.Add(1, Item{Seq: seq, Sent: 1, Ref: Ref{Block: seq}})
	}
}

// BenchmarkCycle is one message of a batch of ten that is sent, received and deleted
// while a backlog stays.
func BenchmarkCycle(b *testing.B) {
	type queue struct {
		fifo   bool
		groups int
	}
	for _, q := range []queue{{}, {fifo: true, groups: 1}, {fifo: true, groups: 100}, {fifo: true, groups: 10_000}, {groups: 100}, {groups: 10_000}} {
		for _, backlog := range []int{1_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("fifo=%t/groups=%d/backlog=%d", q.fifo, q.groups, backlog), func(b *testing.B) {
				x := New(Options{FIFO: q.fifo})
				var seq uint64
				names := groupNames(q.groups)
				fill(x, &seq, backlog, names)
				taken := make([]Taken, 0, 10)
				dead := make([]Taken, 0, 10)
				now := int64(1)
				b.ReportAllocs()
				for n := 0; b.Loop(); n++ {
					seq++
					x.Add(now, Item{Seq: seq, Sent: now, Group: names[seq%uint64(len(names))], Ref: Ref{Block: seq}})
					if n%10 != 9 {
						continue
					}
					now++
					taken, dead = x.Take(now, 10, 30_000, 3, taken[:0], dead[:0])
					for i := range taken {
						if _, ok, err := x.Delete(now, taken[i].Seq, taken[i].Count); !ok || err != nil {
							b.Fatal("not deleted", err)
						}
					}
				}
			})
		}
	}
}

// BenchmarkExpiry makes all messages that may be in flight visible at once.
func BenchmarkExpiry(b *testing.B) {
	x := New(Options{})
	var seq uint64
	fill(x, &seq, DefaultMaxInFlight, groupNames(0))
	now := int64(1)
	taken := make([]Taken, 0, DefaultMaxInFlight)
	for b.Loop() {
		b.StopTimer()
		now += 10_000
		x.Tick(now)
		for range 12 {
			x.Take(now, 10_000, 1000, 0, taken[:0], nil)
			now++
		}
		b.StartTimer()
		x.Tick(now + 1000)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/DefaultMaxInFlight, "ns/message")
}

// BenchmarkMemory reports what a message costs, waiting and in flight or delayed.
func BenchmarkMemory(b *testing.B) {
	const n = 1_000_000
	for _, c := range []struct {
		name string
		opt  Options
		groups,
		inFlight int
	}{
		{name: "waiting"},
		{name: "in-flight", opt: Options{MaxInFlight: n}, inFlight: n},
		{name: "fifo-10000-groups", opt: Options{FIFO: true}, groups: 10_000},
		{name: "own-groups", opt: Options{FIFO: true}, groups: n},
	} {
		b.Run(c.name, func(b *testing.B) {
			names := groupNames(c.groups)
			for b.Loop() {
				before := heapInUse()
				x := New(c.opt)
				var seq uint64
				fill(x, &seq, n, names)
				for c.inFlight > x.inFlight {
					x.Take(1, 1000, 1000, 0, nil, nil)
				}
				b.ReportMetric(float64(heapInUse()-before)/n, "B/message")
				runtime.KeepAlive(x)
			}
		})
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
