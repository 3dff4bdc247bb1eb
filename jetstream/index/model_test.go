package index

import (
	"cmp"
	"math/bits"
	"slices"
)

type message struct {
	Taken

	phase Phase
	held  bool
}

// model is the index as one would write it without a thought of speed: a list in
// order of sequence that is scanned for everything.
type model struct {
	opt    Options
	msgs   []*message // by Seq
	last   uint64
	stamps map[string]uint64 // groups that are ready, by the order in which they became so
	stamp  uint64
	became int
	groups bool // whether it is the turn of the messages with a group
}

func newModel(o Options) *model { return &model{opt: o, stamps: map[string]uint64{}} }

func (x *model) add(now int64, it Item) { x.restore(now, it, State{}) }

func (x *model) restore(now int64, it Item, st State) {
	x.tick(now)
	if it.Seq <= x.last {
		return
	}
	x.last = it.Seq
	if st.Count == 0 && st.Due == 0 {
		st.Due = it.NotBefore
	}
	m := &message{Taken: Taken{Seq: it.Seq, Sent: it.Sent, State: st, Ref: it.Ref, Group: it.Group}, phase: Visible}
	switch {
	case st.Due > now && st.Count > 0:
		m.phase = InFlight
	case st.Due > now:
		m.phase = Delayed
	}
	x.msgs = append(x.msgs, m)
	x.settle()
}

// settle gives a stamp to the groups that became ready and takes it from those
// that are no longer.
func (x *model) settle() {
	ready := map[string]bool{}
	blocked := map[string]bool{}
	var order []string
	for _, m := range x.msgs {
		if m.phase == Visible && !m.held && !ready[m.Group] && (!x.opt.FIFO || !blocked[m.Group]) {
			ready[m.Group] = true
			order = append(order, m.Group)
		}
		blocked[m.Group] = true
	}
	for g := range x.stamps {
		if !ready[g] {
			delete(x.stamps, g)
		}
	}
	for _, g := range order {
		if _, ok := x.stamps[g]; !ok {
			x.restamp(g)
		}
	}
}

func (x *model) restamp(group string) {
	x.stamp++
	x.stamps[group] = x.stamp
}

func (x *model) tick(now int64) {
	for {
		var due *message
		for _, m := range x.msgs {
			if (m.phase != Visible && !m.held) && m.Due <= now && (due == nil || m.Due < due.Due) {
				due = m
			}
		}
		if due == nil {
			return
		}
		due.phase = Visible
		x.became++
		x.settle()
	}
}

func (x *model) tickAll(now int64) (became int) {
	x.tick(now)
	became, x.became = x.became, 0
	return became
}

func (x *model) level(group string) int {
	n := 0
	for _, m := range x.msgs {
		if m.Group == group && (m.phase == InFlight || m.held) {
			n++
		}
	}
	return bits.Len(uint(n / 10))
}

// pick chooses the group of a standard queue that is served next.
func (x *model) pick() (string, bool) {
	best, ok := "", false
	for g := range x.stamps {
		if g == "" {
			continue
		}
		if !ok || cmp.Or(cmp.Compare(x.level(g), x.level(best)), cmp.Compare(x.stamps[g], x.stamps[best])) < 0 {
			best, ok = g, true
		}
	}
	if _, none := x.stamps[""]; none && (!ok || x.level(best) > 0 || !x.groups) {
		best, ok = "", true
	}
	if ok {
		x.groups = best == ""
	}
	return best, ok
}

func (x *model) take(now int64, n int, visibility int64, maxReceives uint32, taken, dead []Taken) (t, d []Taken) {
	x.tick(now)
	_, fly, _ := x.counts()
	n = min(n, x.opt.MaxInFlight-fly)
	most := n + 100
	isDead := func(m *message) bool { return maxReceives > 0 && m.Count >= maxReceives }
	var again []*message
	give := func(m *message) (gone bool) {
		if isDead(m) {
			m.phase, m.held = InFlight, true
			dead = append(dead, m.Taken)
			most--
			return true
		}
		m.Count++
		m.Due = now + max(visibility, 0)
		if m.First == 0 {
			m.First = now
		}
		m.phase = InFlight
		if visibility <= 0 {
			again = append(again, m)
		}
		taken = append(taken, m.Taken)
		n--
		return false
	}
	if x.opt.FIFO {
		names := make([]string, 0, len(x.stamps))
		for g := range x.stamps {
			names = append(names, g)
		}
		slices.SortFunc(names, func(a, b string) int { return cmp.Compare(x.stamps[a], x.stamps[b]) })
		for _, g := range names {
			dying := false
			for _, m := range x.msgs {
				if n <= 0 || most <= 0 {
					break
				}
				if m.Group != g {
					continue
				}
				if m.phase != Visible || dying && !isDead(m) {
					break
				}
				dying = give(m) || dying
			}
		}
	}
	for !x.opt.FIFO && n > 0 && most > 0 {
		g, ok := x.pick()
		if !ok {
			break
		}
		i := slices.IndexFunc(x.msgs, func(m *message) bool { return m.phase == Visible && m.Group == g })
		give(x.msgs[i])
		x.restamp(g)
		x.settle()
	}
	x.settle()
	for _, m := range again {
		m.phase = Visible
		x.settle()
	}
	return taken, dead
}

func (x *model) hold(now int64, after uint64, n int) (held []Taken, last uint64) {
	x.tick(now)
	_, fly, _ := x.counts()
	n = min(n, x.opt.MaxInFlight-fly)
	last = after
	before := map[string]*message{} // the last of its group
	for _, m := range x.msgs {
		front := before[m.Group]
		before[m.Group] = m
		if m.Seq <= after {
			continue
		}
		if n <= 0 {
			return held, last
		}
		last = m.Seq
		behind := front != nil && !slices.ContainsFunc(held, func(t Taken) bool { return t.Seq == front.Seq })
		if m.phase != Visible || x.opt.FIFO && behind {
			continue
		}
		m.phase, m.held = InFlight, true
		held = append(held, m.Taken)
		n--
		x.settle()
	}
	return held, 0
}

func (x *model) overLimit() bool {
	_, fly, _ := x.counts()
	return fly >= x.opt.MaxInFlight
}

func (x *model) ready() bool { return len(x.stamps) > 0 && !x.overLimit() }

func (x *model) nextDue() (due int64, ok bool) {
	for _, m := range x.msgs {
		if m.phase != Visible && !m.held && (!ok || m.Due < due) {
			due, ok = m.Due, true
		}
	}
	return due, ok
}

func (x *model) change(now int64, seq uint64, count uint32, timeout int64) (State, error) {
	x.tick(now)
	_, m := x.find(seq)
	switch {
	case m == nil || m.held:
		return State{}, ErrNotInFlight
	case x.opt.FIFO && (m.phase != InFlight || m.Count != count):
		return State{}, ErrExpired
	case m.Count != count:
		return State{}, ErrNotInFlight
	case m.phase != InFlight:
		return m.State, nil
	}
	m.Due = now + timeout
	if timeout == 0 {
		m.phase = Visible
		x.settle()
	}
	return m.State, nil
}

func (x *model) delete(now int64, seq uint64, count uint32) (Ref, bool, error) {
	x.tick(now)
	_, m := x.find(seq)
	if m != nil && x.opt.FIFO && (m.phase != InFlight || m.held || m.Count != count) {
		return Ref{}, false, ErrExpired
	}
	ref, ok := x.remove(seq)
	return ref, ok, nil
}

func (x *model) release(now int64, seq uint64) {
	x.tick(now)
	if _, m := x.find(seq); m != nil && m.held {
		m.phase, m.held = Visible, false
		x.settle()
	}
}

func (x *model) remove(seq uint64) (Ref, bool) {
	i, m := x.find(seq)
	if m == nil {
		return Ref{}, false
	}
	x.msgs = slices.Delete(x.msgs, i, i+1)
	x.settle()
	return m.Ref, true
}

func (x *model) find(seq uint64) (int, *message) {
	i, ok := slices.BinarySearchFunc(x.msgs, seq, func(m *message, seq uint64) int { return cmp.Compare(m.Seq, seq) })
	if !ok {
		return i, nil
	}
	return i, x.msgs[i]
}

func (x *model) nextExpiry() (oldestSent int64, ok bool) {
	for _, m := range x.msgs {
		if !ok || m.Sent < oldestSent {
			oldestSent, ok = m.Sent, true
		}
	}
	return oldestSent, ok
}

func (x *model) purge() {
	x.msgs = nil
	x.settle()
}

func (x *model) setDelay(now, delay int64) {
	x.tick(now)
	for _, m := range x.msgs {
		if m.Count > 0 || m.held {
			continue
		}
		m.Due, m.phase = m.Sent+delay, Visible
		if m.Due > now {
			m.phase = Delayed
		}
	}
	x.settle()
}

func (x *model) counts() (visible, inFlight, delayed int) {
	for _, m := range x.msgs {
		switch m.phase {
		case Visible:
			visible++
		case InFlight:
			inFlight++
		case Delayed:
			delayed++
		}
	}
	return visible, inFlight, delayed
}

func (x *model) countsAt(now int64) (visible, inFlight, delayed int) {
	x.tick(now)
	return x.counts()
}

func (x *model) peek(after uint64, limit int) []message {
	var found []message
	for _, m := range x.msgs {
		if m.Seq > after && len(found) < limit {
			found = append(found, *m)
		}
	}
	return found
}
