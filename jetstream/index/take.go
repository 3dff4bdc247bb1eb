package index

// deadSlack bounds how many messages one Take gives up beyond what was asked for.
const deadSlack = 100

// Take hands out up to n messages: each counts as received once more and is in
// flight for visibility from now. They are appended to taken, in their new state.
// With a visibility of 0 they are visible again at once.
//
// A message that was received maxReceives times already (0: no limit) is appended
// to dead instead, with its state unchanged. It counts as in flight and nobody else
// gets it, until [Index.Remove] says that it was moved, or [Index.Release] that it
// was not. On FIFO queues the messages behind it in its group wait for that.
//
// Take never brings more than Options.MaxInFlight messages in flight.
func (x *Index) Take(now int64, n int, visibility int64, maxReceives uint32, taken, dead []Taken) (t, d []Taken) {
	x.tick(now)
	g := giving{
		now: now, due: now + max(visibility, 0), maxReceives: maxReceives,
		room: min(n, x.opt.MaxInFlight-x.inFlight), taken: taken, dead: dead,
	}
	g.deadRoom = g.room + deadSlack
	if x.opt.FIFO {
		x.takeGroups(&g)
	} else {
		x.takeNext(&g)
	}
	// What was handed out for no time comes back only now, so that nothing is
	// handed out twice.
	for _, s := range x.again {
		e := x.pages.at(s)
		x.busy(x.lanes[e.lane], -1)
		x.show(s, e)
	}
	x.again = x.again[:0]
	return g.taken, g.dead
}

// giving is one Take under way.
type giving struct {
	now, due       int64
	maxReceives    uint32
	room, deadRoom int
	taken, dead    []Taken
}

func (g *giving) more() bool { return g.room > 0 && g.deadRoom > 0 }

func (g *giving) isDead(e *entry) bool {
	return g.maxReceives > 0 && e.count >= g.maxReceives
}

// takeNext serves the lanes of a standard queue.
func (x *Index) takeNext(g *giving) {
	for g.more() {
		number, ok := x.next()
		if !ok {
			return
		}
		l := x.lanes[number]
		s := x.first(l)
		e := x.pages.at(s)
		x.hide(e)
		x.give(g, s, e)
		if !l.ready {
			continue
		}
		x.stamp++
		l.stamp = x.stamp
		if x.available(l) {
			x.ready.fix(l.pos, x.rank(l), &x.lanes)
		} else {
			x.offer(number, l)
		}
	}
}

// next chooses the lane of a standard queue to take from. Messages without a group
// and groups take turns, but a group that is not quiet has none.
func (x *Index) next() (number uint32, ok bool) {
	loose := x.available(x.lanes[noGroup])
	if len(x.ready) == 0 {
		x.groupsTurn = x.groupsTurn || loose
		return noGroup, loose
	}
	if loose && (!x.groupsTurn || x.ready[0].key>>levelShift > 0) {
		x.groupsTurn = true
		return noGroup, true
	}
	x.groupsTurn = false
	return x.ready[0].id, true
}

// first is the first visible message of a lane of a standard queue.
func (x *Index) first(l *lane) slot {
	if len(l.returned) > 0 && (l.head == 0 || uint64(l.returned[0].key) < x.pages.at(l.head).seq) {
		return slot(l.returned[0].id)
	}
	return l.head
}

// takeGroups serves the groups of a FIFO queue: from each in turn as many messages
// as fit, up to the first that cannot be taken.
func (x *Index) takeGroups(g *giving) {
	for g.more() && len(x.ready) > 0 {
		number := x.ready[0].id
		l := x.lanes[number]
		dying := false
		for s := l.head; s != 0 && g.more(); {
			e := x.pages.at(s)
			if e.phase != Visible || dying && !g.isDead(e) {
				break
			}
			dying = dying || g.isDead(e)
			x.give(g, s, e)
			s = e.next
		}
		x.offer(number, l)
	}
}

// give hands out an entry, or gives it up.
func (x *Index) give(g *giving, s slot, e *entry) {
	l := x.lanes[e.lane]
	e.phase = InFlight
	x.busy(l, 1)
	if g.isDead(e) {
		e.held = true
		g.deadRoom--
		g.dead = append(g.dead, x.taken(e))
		return
	}
	e.count++
	e.due = g.due
	if e.first == 0 {
		e.first = g.now
	}
	g.room--
	g.taken = append(g.taken, x.taken(e))
	if g.due > g.now {
		x.timers.push(node{key: e.due, seq: e.seq, id: uint32(s)}, &x.pages)
	} else {
		x.again = append(x.again, s)
	}
}
