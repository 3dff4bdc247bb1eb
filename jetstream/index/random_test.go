package index

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// TestAgainstModel does the same random things to an index and to the model and
// wants the same answers.
func TestAgainstModel(t *testing.T) { rapid.Check(t, compare) }

func FuzzAgainstModel(f *testing.F) { f.Fuzz(rapid.MakeFuzz(compare)) }

func compare(t *rapid.T) {
	kind := rapid.SampledFrom([]string{"standard", "fifo", "fair", "fifo of many groups", "fair of many groups"}).Draw(t, "kind")
	p := &pair{t: t, now: 1_000_000, journal: map[uint64]State{}, items: map[uint64]Item{}}
	p.opt = Options{FIFO: strings.HasPrefix(kind, "fifo"), MaxInFlight: rapid.SampledFrom([]int{3, 40, 0}).Draw(t, "max")}
	switch kind {
	case "fifo":
		p.names = []string{"a", "b", "c", "d"}
	case "fair":
		p.names = []string{"a", "a", "a", "a", "b", "c", ""}
	case "standard":
		p.names = []string{""}
	default:
		for i := range 300 {
			p.names = append(p.names, strconv.Itoa(i))
		}
	}
	p.open()
	t.Repeat(map[string]func(*rapid.T){
		"":        p.check,
		"add":     p.add,
		"addMany": p.addMany,
		"bring":   p.bring,
		"take":    p.take,
		"take2":   p.take,
		"hold":    p.hold,
		"change":  p.change,
		"delete":  p.delete,
		"delete2": p.delete,
		"settle":  p.settleDead,
		"thin":    p.thin,
		"wait":    p.wait,
		"wait2":   p.wait,
		"expire":  p.expire,
		"peek":    p.peek,
		"setRef":  p.setRef,
		"delay":   p.setDelay,
		"purge":   p.purge,
		"restart": p.restart,
	})
}

type receipt struct {
	seq   uint64
	count uint32
}

// pair is an index and its model, and what their owner keeps.
type pair struct {
	t     *rapid.T
	opt   Options
	names []string
	now   int64
	delay int64 // of the FIFO queue
	seq   uint64
	x     *Index
	m     *model

	journal  map[uint64]State
	items    map[uint64]Item
	receipts []receipt
	dead     []uint64
	holdLast uint64 // where the last Hold ended
}

func (p *pair) open() {
	p.x, p.m = New(p.opt), newModel(p.opt)
	p.opt = p.x.opt
	p.m.opt = p.opt
}

// same fails unless both answered alike.
func same(t *rapid.T, what string, index, model any) {
	t.Helper()
	if reflect.DeepEqual(index, model) { // much faster than a Diff
		return
	}
	t.Fatalf("%s (-model +index):\n%s", what, cmp.Diff(model, index, cmp.AllowUnexported(message{}), cmpopts.EquateErrors()))
}

func (p *pair) check(t *rapid.T) {
	if err := p.x.verify(); err != nil {
		t.Fatal(err)
	}
	same(t, "Len", p.x.Len(), len(p.m.msgs))
	same(t, "Ready", p.x.Ready(), p.m.ready())
	same(t, "OverLimit", p.x.OverLimit(), p.m.overLimit())
	due, ok := p.x.NextDue()
	wantDue, want := p.m.nextDue()
	same(t, "NextDue", []any{due, ok}, []any{wantDue, want})
	sent, ok := p.x.NextExpiry()
	wantSent, want := p.m.nextExpiry()
	same(t, "NextExpiry", []any{sent, ok}, []any{wantSent, want})
	v, f, d := p.x.Counts(p.now)
	wantV, wantF, wantD := p.m.countsAt(p.now)
	same(t, "Counts", []int{v, f, d}, []int{wantV, wantF, wantD})
}

func (p *pair) item(t *rapid.T) Item {
	p.seq += rapid.SampledFrom([]uint64{1, 1, 1, 2, 50}).Draw(t, "gap")
	it := Item{Seq: p.seq, Sent: p.now, Group: rapid.SampledFrom(p.names).Draw(t, "group"), Ref: Ref{Block: p.seq, Offset: 7}}
	if p.opt.FIFO {
		it.NotBefore = it.Sent + p.delay
	} else if rapid.IntRange(0, 3).Draw(t, "delayed") == 0 {
		it.NotBefore = it.Sent + rapid.Int64Range(0, 40).Draw(t, "delay")
	}
	p.items[it.Seq] = it
	return it
}

func (p *pair) add(t *rapid.T) {
	it := p.item(t)
	p.x.Add(p.now, it)
	p.m.add(p.now, it)
	p.x.Add(p.now, it) // known already
}

// addMany fills pages.
func (p *pair) addMany(t *rapid.T) {
	if len(p.m.msgs) > 2*pageSize {
		return // not Skip: an input that asks for nothing else is no failure
	}
	for range rapid.SampledFrom([]int{10, 20, pageSize}).Draw(t, "messages") {
		p.seq++
		it := Item{Seq: p.seq, Sent: p.now, Group: p.names[p.seq%uint64(len(p.names))]}
		if p.opt.FIFO {
			it.NotBefore = it.Sent + p.delay
		}
		p.items[it.Seq] = it
		p.x.Add(p.now, it)
		p.m.add(p.now, it)
	}
}

// bring adds a message from another queue: sent and received earlier.
func (p *pair) bring(t *rapid.T) {
	it := p.item(t)
	it.Sent -= rapid.Int64Range(0, 100).Draw(t, "age")
	st := State{First: it.Sent, Count: rapid.Uint32Range(0, 3).Draw(t, "count")}
	p.items[it.Seq], p.journal[it.Seq] = it, st
	p.x.Restore(p.now, it, st)
	p.m.restore(p.now, it, st)
	if p.opt.FIFO && st.Count == 0 {
		p.x.SetDelay(p.now, p.delay)
		p.m.setDelay(p.now, p.delay)
	}
}

func (p *pair) take(t *rapid.T) {
	n := rapid.SampledFrom([]int{0, 1, 2, 3, 10, 30}).Draw(t, "n")
	visibility := rapid.SampledFrom([]int64{0, 1, 10, 30, 1000}).Draw(t, "visibility")
	maxReceives := rapid.SampledFrom([]uint32{0, 0, 1, 2, 3}).Draw(t, "max receives")
	taken, dead := p.x.Take(p.now, n, visibility, maxReceives, nil, nil)
	wantTaken, wantDead := p.m.take(p.now, n, visibility, maxReceives, nil, nil)
	same(t, "taken", taken, wantTaken)
	same(t, "dead", dead, wantDead)
	for _, m := range taken {
		p.receipts = append(p.receipts, receipt{m.Seq, m.Count})
		p.journal[m.Seq] = m.State
	}
	for _, m := range dead {
		p.dead = append(p.dead, m.Seq)
	}
}

func (p *pair) hold(t *rapid.T) {
	n := rapid.IntRange(0, 5).Draw(t, "n")
	after := uint64(0)
	if rapid.Bool().Draw(t, "goes on") {
		after = p.holdLast
	}
	held, last := p.x.Hold(p.now, after, n, nil)
	wantHeld, wantLast := p.m.hold(p.now, after, n)
	same(t, "held", held, wantHeld)
	same(t, "last", last, wantLast)
	p.holdLast = last
	for _, m := range held {
		p.dead = append(p.dead, m.Seq)
	}
}

func (p *pair) receipt(t *rapid.T) receipt {
	if len(p.receipts) == 0 {
		t.Skip("nothing received")
	}
	return p.receipts[max(0, len(p.receipts)-1-rapid.IntRange(0, 30).Draw(t, "receipt"))]
}

func (p *pair) change(t *rapid.T) {
	r := p.receipt(t)
	timeout := rapid.SampledFrom([]int64{0, 0, 5, 20, 500}).Draw(t, "timeout")
	st, err := p.x.Change(p.now, r.seq, r.count, timeout)
	want, wantErr := p.m.change(p.now, r.seq, r.count, timeout)
	same(t, "Change", []any{st, err}, []any{want, wantErr})
	if err == nil {
		p.journal[r.seq] = st
	}
}

func (p *pair) delete(t *rapid.T) {
	r := p.receipt(t)
	ref, ok, err := p.x.Delete(p.now, r.seq, r.count)
	wantRef, want, wantErr := p.m.delete(p.now, r.seq, r.count)
	same(t, "Delete", []any{ref, ok, err}, []any{wantRef, want, wantErr})
}

// settleDead ends the move of a message that was given up.
func (p *pair) settleDead(t *rapid.T) {
	if len(p.dead) == 0 {
		t.Skip("nothing given up")
	}
	seq := p.dead[0]
	p.dead = p.dead[1:]
	if rapid.Bool().Draw(t, "moved") {
		p.removeSame(t, seq)
		return
	}
	p.x.Release(p.now, seq)
	p.m.release(p.now, seq)
	p.x.Release(p.now, seq) // visible already
}

func (p *pair) removeSame(t *rapid.T, seq uint64) {
	ref, ok := p.x.Remove(seq)
	wantRef, want := p.m.remove(seq)
	same(t, "Remove", []any{ref, ok}, []any{wantRef, want})
}

// thin leaves one message of some, so that pages become sparse and join.
func (p *pair) thin(t *rapid.T) {
	if len(p.m.msgs) == 0 {
		t.Skip("empty")
	}
	every := rapid.IntRange(2, 12).Draw(t, "every")
	from := rapid.IntRange(0, len(p.m.msgs)-1).Draw(t, "from")
	var seqs []uint64
	for i, m := range p.m.msgs[from:] {
		if i%every != 0 {
			seqs = append(seqs, m.Seq)
		}
	}
	for _, seq := range seqs {
		p.removeSame(t, seq)
	}
}

func (p *pair) wait(t *rapid.T) {
	p.now += rapid.SampledFrom([]int64{0, 1, 5, 30, 200}).Draw(t, "wait")
	if rapid.Bool().Draw(t, "tick") {
		same(t, "Tick", p.x.Tick(p.now), p.m.tickAll(p.now))
	}
}

func (p *pair) expire(t *rapid.T) {
	before := p.now - rapid.Int64Range(-1, 300).Draw(t, "age")
	limit := rapid.IntRange(0, 20).Draw(t, "limit")
	old := 0
	for _, m := range p.m.msgs {
		if m.Sent < before {
			old++
		}
	}
	n := p.x.Expire(before, limit, func(seq uint64, ref Ref) {
		i, m := p.m.find(seq)
		if m == nil || m.Sent >= before {
			t.Fatalf("message %d at %d is gone or too young", seq, i)
		}
		got, _ := p.m.remove(seq)
		same(t, "ref", ref, got)
	})
	same(t, "Expire", n, min(old, limit))
}

func (p *pair) peek(t *rapid.T) {
	after := rapid.Uint64Range(0, p.seq).Draw(t, "after")
	limit := rapid.IntRange(0, 300).Draw(t, "limit")
	want := p.m.peek(after, limit)
	var got []message
	p.m.tick(p.now)
	p.x.Peek(p.now, after, limit, func(m Taken, ph Phase) bool {
		got = append(got, message{Taken: m, phase: ph})
		one, ok := p.x.Get(m.Seq)
		same(t, "Get", []any{one, ok}, []any{m, true})
		return true
	})
	for i := range want {
		want[i].held = false
	}
	same(t, "Peek", got, want)
}

func (p *pair) setRef(t *rapid.T) {
	seq := rapid.Uint64Range(0, p.seq).Draw(t, "seq")
	ref := Ref{Block: seq + 1, Offset: 8}
	p.x.SetRef(seq, ref)
	if _, m := p.m.find(seq); m != nil {
		m.Ref = ref
		it := p.items[seq]
		it.Ref = ref
		p.items[seq] = it
	}
}

func (p *pair) setDelay(t *rapid.T) {
	delay := rapid.SampledFrom([]int64{0, 10, 100}).Draw(t, "delay")
	p.x.SetDelay(p.now, delay)
	if p.opt.FIFO {
		p.delay = delay
		p.m.setDelay(p.now, delay)
	}
	p.m.tick(p.now)
}

func (p *pair) purge(t *rapid.T) {
	if rapid.IntRange(0, 5).Draw(t, "purge") > 0 {
		t.Skip("seldom")
	}
	var got, want []uint64
	for _, m := range p.m.msgs {
		want = append(want, m.Seq)
	}
	p.x.Purge(func(seq uint64, _ Ref) { got = append(got, seq) })
	p.m.purge()
	same(t, "Purge", got, want)
}

// restart makes a new index from what the owner kept of the old one.
func (p *pair) restart(t *rapid.T) {
	old, was := p.m, p.x
	p.m.tick(p.now)
	p.open()
	p.dead = nil
	for _, m := range old.msgs {
		it, st := p.items[m.Seq], p.journal[m.Seq]
		p.x.Restore(p.now, it, st)
		p.m.restore(p.now, it, st)
	}
	if p.opt.FIFO {
		p.x.SetDelay(p.now, p.delay)
		p.m.setDelay(p.now, p.delay)
	}
	was.Peek(p.now, 0, was.Len(), func(want Taken, ph Phase) bool {
		if _, m := old.find(want.Seq); m.held {
			ph = Visible // whoever was moving it is gone
			if p.opt.FIFO && m.Count == 0 && m.Sent+p.delay > p.now {
				ph, want.Due = Delayed, m.Sent+p.delay // which was changed meanwhile
			}
		}
		got, ok := p.x.Get(want.Seq)
		_, e := p.x.pages.find(want.Seq)
		if ph == Visible && want.Count == 0 {
			want.Due, got.Due = 0, 0
		}
		same(t, "restored", []any{got, ok, e.phase}, []any{want, true, ph})
		return true
	})
}
