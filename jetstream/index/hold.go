package index

import "slices"

// holdScan bounds how many messages one Hold looks at.
const holdScan = 10_000

// Hold gives up to n messages up, in order of sequence from the one after a sequence (0: from
// the oldest), and appends them to held with their state unchanged: for a move to another
// queue, which is no receive. As with what Take gives up, nobody else gets them until
// [Index.Remove] or [Index.Release]. Of a group of a FIFO queue it takes nothing that is behind
// a message it leaves. last is the sequence up to which it has looked, 0 when that was the end.
func (x *Index) Hold(now int64, after uint64, n int, held []Taken) (h []Taken, last uint64) {
	x.tick(now)
	n = min(n, x.opt.MaxInFlight-x.inFlight)
	last = after
	looked := 0
	for e := range x.pages.from(after) {
		if n <= 0 || looked == holdScan {
			return held, last
		}
		last = e.seq
		looked++
		if x.holdable(e, held) {
			x.hold(e)
			held = append(held, x.taken(e))
			n--
		}
	}
	return held, 0
}

// holdable says whether Hold may give an entry up, after those that it has given up so far.
func (x *Index) holdable(e *entry, held []Taken) bool {
	if e.phase != Visible || !x.opt.FIFO || e.prev == 0 {
		return e.phase == Visible
	}
	front := x.pages.at(e.prev).seq
	return slices.ContainsFunc(held, func(t Taken) bool { return t.Seq == front })
}

func (x *Index) hold(e *entry) {
	l := x.lanes[e.lane]
	x.hide(e)
	e.phase, e.held = InFlight, true
	x.busy(l, 1)
	x.offer(e.lane, l)
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
