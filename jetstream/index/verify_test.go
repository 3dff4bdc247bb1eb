package index

import "fmt"

// verify looks for links, places and sums that contradict each other.
func (x *Index) verify() error {
	var sum struct{ live, inFlight, delayed, timed, listed, returned int }
	lanes := map[uint32][2]int{}
	var last uint64
	for at, s := range x.pages.order {
		p := s.page
		if p.live == 0 || s.first != p.entries[0].seq || x.pages.numbered[p.number] != p || len(p.entries) > pageSize {
			return fmt.Errorf("page %d of %d is wrong: %+v", at, len(x.pages.order), p)
		}
		if age := x.pages.ages[p.pos]; age.id != p.number || age.key > p.oldest() || !p.stale && age.key != p.oldest() {
			return fmt.Errorf("age of page %d is wrong: %+v", at, age)
		}
		live := 0
		for i := range p.entries {
			e := &p.entries[i]
			if e.seq <= last {
				return fmt.Errorf("sequence %d after %d", e.seq, last)
			}
			last = e.seq
			if e.phase == 0 {
				continue
			}
			live++
			if err := x.verifyEntry(p.slot(i), e); err != nil {
				return fmt.Errorf("message %d: %w", e.seq, err)
			}
			l := lanes[e.lane]
			l[0]++
			switch {
			case e.phase == Visible && e.returned:
				sum.returned++
			case e.phase == Delayed:
				sum.delayed++
			case e.phase == InFlight:
				l[1]++
				sum.inFlight++
			}
			lanes[e.lane] = l
			if x.listed(e) {
				sum.listed++
			}
			if e.phase != Visible && !e.held {
				sum.timed++
			}
		}
		if live != p.live {
			return fmt.Errorf("page %d says it has %d messages, has %d", at, p.live, live)
		}
		sum.live += live
	}
	if sum.live != x.pages.live || sum.inFlight != x.inFlight || sum.delayed != x.delayed || sum.timed != len(x.timers) {
		return fmt.Errorf("sums are wrong: %+v, index has %d, %d, %d, %d", sum, x.pages.live, x.inFlight, x.delayed, len(x.timers))
	}
	if len(x.pages.ages) != len(x.pages.order) || len(x.again) > 0 {
		return fmt.Errorf("%d ages for %d pages", len(x.pages.ages), len(x.pages.order))
	}
	return x.verifyLanes(lanes, sum.listed, sum.returned)
}

func (x *Index) verifyEntry(s slot, e *entry) error {
	l := x.lanes[e.lane]
	switch {
	case l == nil:
		return fmt.Errorf("lane %d was dropped", e.lane)
	case e.phase != Visible && !e.held && (x.timers[e.pos].id != uint32(s) || x.timers[e.pos].key != e.due):
		return fmt.Errorf("timer is wrong: %+v", x.timers[e.pos])
	case e.returned && l.returned[e.pos].id != uint32(s):
		return fmt.Errorf("returned is wrong: %+v", l.returned[e.pos])
	case x.listed(e) && e.next != 0 && x.pages.at(e.next).prev != s,
		x.listed(e) && e.next == 0 && l.tail != s,
		x.listed(e) && e.prev == 0 && l.head != s:
		return fmt.Errorf("list is wrong: %+v", e)
	}
	return nil
}

func (x *Index) verifyLanes(lanes map[uint32][2]int, listed, returned int) error {
	ready := 0
	for number, l := range x.lanes {
		if l == nil {
			continue
		}
		sums := lanes[uint32(number)]
		if l.live != sums[0] || l.inFlight != sums[1] || number != noGroup && (l.live == 0 || x.groups[l.name] != uint32(number)) {
			return fmt.Errorf("lane %d has %v messages: %+v", number, sums, l)
		}
		if l.ready != (x.available(l) && (x.opt.FIFO || number != noGroup)) {
			return fmt.Errorf("lane %d is ready or not: %+v", number, l)
		}
		if l.ready {
			ready++
			if n := x.ready[l.pos]; n.id != uint32(number) || n.key != x.rank(l) {
				return fmt.Errorf("lane %d is at the wrong place: %+v", number, l)
			}
		}
		for s := l.head; s != 0; s = x.pages.at(s).next {
			listed--
		}
		returned -= len(l.returned)
	}
	if ready != len(x.ready) || listed != 0 || returned != 0 || len(x.groups) != len(x.lanes)-len(x.freeLanes)-1 {
		return fmt.Errorf("lanes are wrong: %d and %d ready, %d listed and %d returned unknown, %d groups in %d lanes, %d free",
			ready, len(x.ready), listed, returned, len(x.groups), len(x.lanes), len(x.freeLanes))
	}
	return nil
}
