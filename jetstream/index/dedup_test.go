package index

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDedupWindow(t *testing.T) {
	d := NewDedup()
	first := DedupEntry{Seq: 7, ID: [16]byte{1}, At: 1000}
	d.Add(1000, "k", first)
	for _, c := range []struct {
		now  int64
		key  string
		want bool
	}{
		{1000, "k", true},
		{500, "k", true}, // the clock went back
		{1000 + DedupWindow - 1, "k", true},
		{1000 + DedupWindow, "k", false},
		{1000, "K", false},
	} {
		e, ok := d.Lookup(c.now, c.key)
		if ok != c.want || ok && (e.Seq != 7 || e.ID != first.ID) {
			t.Errorf("Lookup(%d, %q) = %+v, %t, want %t", c.now, c.key, e, ok, c.want)
		}
	}
}

func TestDedupForget(t *testing.T) {
	// The sends from 6 on failed. Even ones had no key.
	for _, failed := range [][]uint64{{6, 7, 8, 9}, {9, 8, 7, 6}} {
		d := NewDedup()
		for seq := uint64(1); seq < 10; seq += 2 {
			d.Add(1, strconv.FormatUint(seq, 10), DedupEntry{Seq: seq, At: 1})
		}
		for _, seq := range failed {
			d.Forget(seq)
		}
		for seq := uint64(1); seq < 10; seq += 2 {
			if _, ok := d.Lookup(1, strconv.FormatUint(seq, 10)); ok != (seq < 6) {
				t.Errorf("after %v failed, message %d is remembered: %t", failed, seq, ok)
			}
		}
	}
}

// What is remembered takes no more memory than the last five minutes need.
func TestDedupGivesBack(t *testing.T) {
	d := NewDedup()
	now := int64(0)
	for seq := range uint64(100_000) {
		now += 30 // 10,000 in the window
		d.Add(now, strconv.FormatUint(seq, 10), DedupEntry{Seq: seq + 1, At: now})
		if d.Len() > 10_001 || len(d.chunks) > 22 || d.most > 10_001 {
			t.Fatalf("%d entries, %d chunks", d.Len(), len(d.chunks))
		}
	}
	for range 5000 { // a burst ends
		now += 60
		d.Expire(now, 100)
	}
	if d.Len() != 0 || len(d.chunks) != 0 {
		t.Fatalf("%d entries, %d chunks are left", d.Len(), len(d.chunks))
	}
}

func TestDedupAgainstModel(t *testing.T) { rapid.Check(t, compareDedup) }

func FuzzDedup(f *testing.F) { f.Fuzz(rapid.MakeFuzz(compareDedup)) }

func compareDedup(t *rapid.T) {
	d := NewDedup()
	want := map[string]DedupEntry{}
	var seq uint64
	now := int64(1)
	keys := rapid.Custom(func(t *rapid.T) string { return strconv.Itoa(rapid.IntRange(0, 2000).Draw(t, "key")) })
	t.Repeat(map[string]func(*rapid.T){
		"add": func(t *rapid.T) {
			from := rapid.IntRange(0, 2000).Draw(t, "from")
			for i := range rapid.SampledFrom([]int{1, 10, 700}).Draw(t, "n") {
				seq++
				key := strconv.Itoa((from + 7*i) % 2000)
				want[key] = DedupEntry{Digest: digest(key), Seq: seq, ID: [16]byte{byte(seq)}, At: now}
				d.Add(now, key, want[key])
			}
		},
		"lookup": func(t *rapid.T) {
			key := keys.Draw(t, "key")
			got, ok := d.Lookup(now, key)
			if e := want[key]; ok != (e.Seq != 0 && now < e.At+DedupWindow) || ok && got != e {
				t.Fatalf("Lookup(%d, %s) = %+v, %t; know %+v", now, key, got, ok, e)
			}
		},
		"forget": func(_ *rapid.T) {
			d.Forget(seq)
			maps.DeleteFunc(want, func(_ string, e DedupEntry) bool { return e.Seq == seq })
		},
		"wait": func(t *rapid.T) {
			now += rapid.Int64Range(0, DedupWindow/2).Draw(t, "wait")
			d.Expire(now, rapid.IntRange(0, 1000).Draw(t, "limit"))
		},
		"clear": func(t *rapid.T) {
			if rapid.IntRange(0, 9).Draw(t, "clear") == 0 {
				d.Clear()
				clear(want)
			}
		},
		"restart": func(_ *rapid.T) {
			again := NewDedup()
			d.Each(again.Restore)
			d = again
		},
		"": func(t *rapid.T) {
			got, expect := map[[16]byte]DedupEntry{}, map[[16]byte]DedupEntry{}
			last := uint64(0)
			d.Each(func(e DedupEntry) {
				if e.Seq <= last {
					t.Fatalf("%d comes after %d", e.Seq, last)
				}
				last = e.Seq
				if e.within(now) {
					got[e.Digest] = e
				}
			})
			for _, e := range want {
				if e.within(now) {
					expect[e.Digest] = e
				}
			}
			if !maps.Equal(expect, got) {
				t.Fatalf("remembered (-want +got):\n%s", cmp.Diff(expect, got))
			}
		},
	})
}

func BenchmarkDedupAdd(b *testing.B) {
	d := NewDedup()
	key := strings.Repeat("k", 56)
	var seq uint64
	for b.Loop() {
		seq++
		k := fmt.Sprintf("%s%08x", key, seq)
		now := int64(seq / 10) // 3,000,000 in the window
		if _, ok := d.Lookup(now, k); ok {
			b.Fatal("duplicate")
		}
		d.Add(now, k, DedupEntry{Seq: seq, At: now})
	}
}

func BenchmarkDedupMemory(b *testing.B) {
	const n = 1_000_000
	for b.Loop() {
		before := heapInUse()
		d := NewDedup()
		for seq := range uint64(n) {
			d.Add(1, strconv.FormatUint(seq, 10), DedupEntry{Seq: seq + 1, At: 1})
		}
		b.ReportMetric(float64(heapInUse()-before)/n, "B/id")
		if d.Len() != n {
			b.Fatal("lost some")
		}
	}
}

func TestDedupBetween(t *testing.T) {
	d := NewDedup()
	const n = 3 * dedupChunk
	for seq := range uint64(n) {
		d.Add(1, fmt.Sprint("key ", seq%1000), DedupEntry{Seq: seq + 1, At: 1}) // the first ones are replaced later
	}
	d.Forget(n)
	for _, r := range [][2]uint64{{0, n + 1}, {0, 1}, {600, 610}, {1000, 1001}, {n - 3, n + 9}, {n, n + 5}, {5, 5}} {
		var want, got []uint64
		d.Each(func(e DedupEntry) {
			if e.Seq > r[0] && e.Seq < r[1] {
				want = append(want, e.Seq)
			}
		})
		d.Between(r[0], r[1], func(e DedupEntry) { got = append(got, e.Seq) })
		if !slices.Equal(want, got) {
			t.Errorf("between %d and %d: %v, want %v", r[0], r[1], got, want)
		}
	}
}
