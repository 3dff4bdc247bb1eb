package index

// Hold gives up to n messages up, in the order in which [Index.Take] would hand them out,
// and appends them to held with their state unchanged: for a move to another queue, which is
// no receive. As with what Take gives up, nobody else gets them until [Index.Remove] or
// [Index.Release].
func (x *Index) Hold(now int64, n int, held []Taken) []Taken {
	x.tick(now)
	g := giving{hold: true, now: now, room: 1, deadRoom: min(n, x.opt.MaxInFlight-x.inFlight), dead: held}
	if x.opt.FIFO {
		x.takeGroups(&g)
	} else {
		x.takeNext(&g)
	}
	return g.dead
}

// HoldReceived gives up one message that is in flight under its count-th receive, with its state unchanged, as [Index.Hold]
// does with those that are visible. [ErrNotInFlight] says that it is not, on FIFO queues [ErrExpired].
func (x *Index) HoldReceived(now int64, seq uint64, count uint32) (Taken, error) {
	x.tick(now)
	_, e := x.pages.find(seq)
	switch {
	case e == nil || e.held:
		return Taken{}, ErrNotInFlight
	case e.phase == InFlight && e.count == count:
		x.timers.remove(e.pos, &x.pages)
		e.held = true
		return x.taken(e), nil
	case x.opt.FIFO:
		return Taken{}, ErrExpired
	default:
		return Taken{}, ErrNotInFlight
	}
}
