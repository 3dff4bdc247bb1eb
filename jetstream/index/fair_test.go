package index

import (
	"fmt"
	"slices"
	"testing"
)

func TestFair(t *testing.T) {
	for name, lines := range map[string][]string{
		"groups take turns": {
			"send Aa Ab Ac Ad Ba Bb Ca",
			"take 9 for 30 -> Aa Ba Ca Ab Bb Ac Ad",
		},
		"one group alone is served in order": {
			"send Aa Ab Ac",
			"take 2 for 30 -> Aa Ab",
			"change Aa 0",
			"take 2 for 30 -> Aa Ac",
		},
		"groups that are not ahead of each other are served in order": {
			"send Aa Ba Ca Da",
			"take 2 for 30 -> Aa Ba",
			"send Ea Ab",
			"take 9 for 30 -> Ca Da Ea Ab",
		},
		"messages without a group and groups take turns": {
			"send a b c Aa Ab Ba",
			"take 9 for 30 -> a Aa b Ba c Ab",
		},
		"a group is not locked by what is in flight": {
			"send Aa Ab",
			"take 1 for 30 -> Aa",
			"take 1 for 30 -> Ab",
		},
		"a group with much in flight waits for the others": {
			"send Aa Ab Ac Ad Ae Af Ag Ah Ai Aj Ak Al",
			"take 10 for 30 -> Aa Ab Ac Ad Ae Af Ag Ah Ai Aj",
			"send Ba Bb Bc a b",
			"take 9 for 30 -> a Ba b Bb Bc Ak Al",
		},
		"messages without a group go before it": {
			"send Aa Ab Ac Ad Ae Af Ag Ah Ai Aj Ak Al a b c",
			"take 13 for 30 -> a Aa b Ab c Ac Ad Ae Af Ag Ah Ai Aj",
			"send d e f",
			"take 9 for 30 -> d e f Ak Al",
		},
		"until it has less": {
			"send Aa Ab Ac Ad Ae Af Ag Ah Ai Aj Ak Al",
			"take 10 for 30 -> Aa Ab Ac Ad Ae Af Ag Ah Ai Aj",
			"send Ba Bb Bc",
			"delete Aa",
			"take 9 for 30 -> Ak Ba Bb Bc Al",
		},
	} {
		t.Run(name, func(t *testing.T) { script(t, Options{}, lines...) })
	}
}

// Twenty quiet groups share a queue with one that sends 5,000 messages at once, six
// seconds of work for the consumers. With groups the quiet ones hardly notice.
func TestFairDwell(t *testing.T) {
	for _, c := range []struct {
		consumers, batch int
		work             int64 // for each message
	}{
		{consumers: 16, batch: 1, work: 20},
		{consumers: 100, batch: 10, work: 125},
		{consumers: 1, batch: 1, work: 1},
	} {
		t.Run(fmt.Sprintf("%d consumers of %d", c.consumers, c.batch), func(t *testing.T) {
			without := simulate(c.consumers, c.batch, c.work, false)
			with := simulate(c.consumers, c.batch, c.work, true)
			t.Logf("quiet groups' dwell time in ms: p50 %d, p99 %d; without groups p50 %d, p99 %d",
				quantile(with, 50), quantile(with, 99), quantile(without, 50), quantile(without, 99))
			if quantile(without, 99) < 4000 {
				t.Errorf("the noisy group makes no noise: p99 without groups is %d ms", quantile(without, 99))
			}
			if limit := 2*c.work*int64(c.batch) + 10; quantile(with, 99) > limit {
				t.Errorf("p99 of quiet groups is %d ms, more than %d", quantile(with, 99), limit)
			}
		})
	}
}

// BenchmarkFairDwell reports how long messages of quiet groups wait under a noisy one.
func BenchmarkFairDwell(b *testing.B) {
	for _, groups := range []bool{false, true} {
		b.Run(fmt.Sprintf("groups=%t", groups), func(b *testing.B) {
			var dwell []int64
			for b.Loop() {
				dwell = simulate(16, 1, 20, groups)
			}
			b.ReportMetric(float64(quantile(dwell, 50)), "p50-ms")
			b.ReportMetric(float64(quantile(dwell, 99)), "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// simulate returns the dwell times of messages of quiet groups, each of which sends
// one every 200 ms.
func simulate(consumers, batch int, work int64, groups bool) (dwell []int64) {
	x := New(Options{})
	var seq uint64
	noisy := map[uint64]bool{}
	send := func(now int64, group string) {
		seq++
		noisy[seq] = group == "noisy"
		if !groups {
			group = ""
		}
		x.Add(now, Item{Seq: seq, Sent: now, Group: group})
	}
	type busy struct {
		until   int64
		holding []Taken
	}
	fleet := make([]busy, consumers)
	for now := int64(1); now < 12_000; now++ {
		if now < 8000 {
			for g := range 20 {
				if now%200 == int64(g)*10 {
					send(now, fmt.Sprint("quiet-", g))
				}
			}
		}
		if now == 1000 {
			for range 5000 {
				send(now, "noisy")
			}
		}
		for i := range fleet {
			c := &fleet[i]
			if c.until > now {
				continue
			}
			for _, m := range c.holding {
				_, _, _ = x.Delete(now, m.Seq, m.Count)
			}
			c.holding, _ = x.Take(now, batch, 30_000, 0, c.holding[:0], nil)
			for _, m := range c.holding {
				if !noisy[m.Seq] {
					dwell = append(dwell, now-m.Sent)
				}
			}
			for _, m := range c.holding { // half to one and a half of it
				c.until = max(c.until, now) + work/2 + int64(m.Seq*7919)%(work+1)
			}
		}
	}
	slices.Sort(dwell)
	return dwell
}

func quantile(sorted []int64, percent int) int64 { return sorted[(len(sorted)-1)*percent/100] }
