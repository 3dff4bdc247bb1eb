package index

import (
	"math/bits"
	"strings"
)

const (
	// noGroup is the lane of the messages without a group.
	noGroup = 0
	// quiet is how many messages a group may have in flight before others go first:
	// what one receive hands out.
	quiet = 10
	// levelShift leaves the lower bits of a rank to the stamp.
	levelShift = 56
)

// lane holds the messages of one group.
//
// On standard queues its list has the visible messages that came in order of
// sequence, and its heap those that became visible again behind others. On FIFO
// queues its list has all messages of the group, so that the head says whether the
// group can be received from.
type lane struct {
	name       string
	head, tail slot
	returned   heap
	live       int
	inFlight   int
	ready      bool // in Index.ready, at pos
	pos        uint32
	stamp      int64
}

// laneTable finds a lane by the number its entries keep. Free ones are nil.
type laneTable []*lane

func (t *laneTable) place(number, pos uint32) { (*t)[number].pos = pos }

// lane finds or makes the lane of a group.
func (x *Index) lane(group string) uint32 {
	if group == "" {
		return noGroup
	}
	if number, ok := x.groups[group]; ok {
		return number
	}
	l := &lane{name: strings.Clone(group)} // the item's may be a piece of something large
	var number uint32
	if n := len(x.freeLanes); n > 0 {
		number, x.freeLanes = x.freeLanes[n-1], x.freeLanes[:n-1]
		x.lanes[number] = l
	} else {
		number = uint32(len(x.lanes))
		x.lanes = append(x.lanes, l)
	}
	x.groups[l.name] = number
	return number
}

// leave drops the lane of a group that has no message any more.
func (x *Index) leave(number uint32) {
	if number == noGroup {
		return
	}
	delete(x.groups, x.lanes[number].name)
	x.lanes[number] = nil
	x.freeLanes = append(x.freeLanes, number)
	if len(x.freeLanes) > max(sparePage, x.pages.live) {
		x.renumber()
	}
}

// renumber gives back the memory of dropped lanes. It visits every message, which
// is paid for by as many lanes having been dropped.
func (x *Index) renumber() {
	numbers := make([]uint32, len(x.lanes))
	kept := make(laneTable, 0, len(x.lanes)-len(x.freeLanes))
	x.groups = make(map[string]uint32, len(x.groups))
	for old, l := range x.lanes {
		if l == nil {
			continue
		}
		numbers[old] = uint32(len(kept))
		if old != noGroup {
			x.groups[l.name] = numbers[old]
		}
		kept = append(kept, l)
	}
	for i := range x.ready {
		x.ready[i].id = numbers[x.ready[i].id]
	}
	for _, s := range x.pages.order {
		for i := range s.page.entries {
			e := &s.page.entries[i]
			if e.phase != 0 {
				e.lane = numbers[e.lane]
			}
		}
	}
	x.lanes, x.freeLanes = kept, nil
}

// listed says whether an entry is in its lane's list.
func (x *Index) listed(e *entry) bool {
	return x.opt.FIFO || e.phase == Visible && !e.returned
}

// link appends an entry to its lane's list.
func (x *Index) link(l *lane, s slot, e *entry) {
	e.prev, e.next = l.tail, 0
	if l.tail == 0 {
		l.head = s
	} else {
		x.pages.at(l.tail).next = s
	}
	l.tail = s
}

// unlink takes an entry out of its lane's list.
func (x *Index) unlink(l *lane, e *entry) {
	if e.prev == 0 {
		l.head = e.next
	} else {
		x.pages.at(e.prev).next = e.next
	}
	if e.next == 0 {
		l.tail = e.prev
	} else {
		x.pages.at(e.next).prev = e.prev
	}
}

// show makes an entry visible to takers.
func (x *Index) show(s slot, e *entry) {
	e.phase = Visible
	l := x.lanes[e.lane]
	switch {
	case x.opt.FIFO:
	case l.tail == 0 || x.pages.at(l.tail).seq < e.seq:
		x.link(l, s, e)
	default:
		e.returned = true
		l.returned.push(node{key: int64(e.seq), id: uint32(s)}, &x.pages)
	}
	x.offer(e.lane, l)
}

// hide takes a visible entry away from takers.
func (x *Index) hide(e *entry) {
	l := x.lanes[e.lane]
	switch {
	case x.opt.FIFO:
	case e.returned:
		l.returned.remove(e.pos, &x.pages)
		e.returned = false
	default:
		x.unlink(l, e)
	}
}

// available says whether something can be taken from a lane.
func (x *Index) available(l *lane) bool {
	if x.opt.FIFO {
		return l.head != 0 && x.pages.at(l.head).phase == Visible
	}
	return l.head != 0 || len(l.returned) > 0
}

// offer puts a lane among those that are ready, behind the others, or takes it out,
// when it is time for that. The messages without a group of a standard queue are
// not among them: see next.
func (x *Index) offer(number uint32, l *lane) {
	if number == noGroup && !x.opt.FIFO {
		return
	}
	switch ok := x.available(l); {
	case ok && !l.ready:
		l.ready = true
		x.stamp++
		l.stamp = x.stamp
		x.ready.push(node{key: x.rank(l), id: number}, &x.lanes)
	case !ok && l.ready:
		l.ready = false
		x.ready.remove(l.pos, &x.lanes)
	}
}

// rank orders the lanes that are ready: FIFO groups by the time since which their
// head could be taken, groups of standard queues by how much of the consumers they
// hold, in powers of two, then by the time since which they wait for their turn.
func (x *Index) rank(l *lane) int64 {
	if x.opt.FIFO {
		return l.stamp
	}
	return int64(bits.Len(uint(l.inFlight/quiet)))<<levelShift | l.stamp
}

// busy notes that more or fewer messages of a lane are in flight.
func (x *Index) busy(l *lane, more int) {
	x.inFlight += more
	l.inFlight += more
	if l.ready && !x.opt.FIFO {
		if rank := x.rank(l); rank != x.ready[l.pos].key {
			x.ready.fix(l.pos, rank, &x.lanes)
		}
	}
}
