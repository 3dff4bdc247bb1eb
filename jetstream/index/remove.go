package index

// Delete removes a message for a consumer that holds its count-th receive, and
// returns where it was. A message that is gone already is no error.
//
// On standard queues any receive may delete. On FIFO queues [ErrExpired] says that
// the message is no longer held under that receive: its visibility timeout ran out,
// it was received again, or it is being moved to the dead-letter queue.
func (x *Index) Delete(now int64, seq uint64, count uint32) (Ref, bool, error) {
	x.tick(now)
	s, e := x.pages.find(seq)
	if e == nil {
		return Ref{}, false, nil
	}
	if x.opt.FIFO && (e.phase != InFlight || e.held || e.count != count) {
		return Ref{}, false, ErrExpired
	}
	return x.remove(s, e), true, nil
}

// Remove removes a message in whatever state, and returns where it was.
func (x *Index) Remove(seq uint64) (Ref, bool) {
	s, e := x.pages.find(seq)
	if e == nil {
		return Ref{}, false
	}
	return x.remove(s, e), true
}

func (x *Index) remove(s slot, e *entry) Ref {
	ref := e.ref()
	p := x.pages.numbered[s>>pageBits]
	x.detach(p, e)
	// Looking for a page to join costs a search: not at every message.
	if p.live%(pageSize/16) == 0 {
		x.tidy(p)
	}
	return ref
}

// detach takes an entry out of everything but leaves its page untidied.
func (x *Index) detach(p *page, e *entry) {
	l := x.lanes[e.lane]
	switch {
	case e.phase == Visible:
		x.hide(e)
	case !e.held:
		x.timers.remove(e.pos, &x.pages)
		fallthrough
	default:
		x.ended(e)
	}
	if x.opt.FIFO {
		x.unlink(l, e)
	}
	x.pages.erase(p, e)
	l.live--
	x.offer(e.lane, l)
	if l.live == 0 {
		x.leave(e.lane)
	}
}

// Expire removes messages sent before a time, in whatever state, up to limit of
// them, and returns how many. It calls each, when it is not nil, for every one;
// each must not call the index.
func (x *Index) Expire(before int64, limit int, each func(seq uint64, ref Ref)) int {
	n := 0
	for n < limit {
		p := x.pages.eldest()
		if p == nil || x.pages.ages[0].key >= before {
			break
		}
		for i := p.lo; i < len(p.entries) && n < limit; i++ {
			e := &p.entries[i]
			if e.phase == 0 {
				continue
			}
			if e.sent >= before {
				if p.ordered {
					break
				}
				continue
			}
			n++
			x.detach(p, e)
			if each != nil {
				each(e.seq, e.ref())
			}
		}
		x.tidy(p)
	}
	return n
}

// NextExpiry is when the oldest message was sent; not ok when there is none.
func (x *Index) NextExpiry() (oldestSent int64, ok bool) {
	if x.pages.eldest() == nil {
		return 0, false
	}
	return x.pages.ages[0].key, true
}

// Purge removes all messages. It calls each, when it is not nil, for every one, in
// order of sequence; each must not call the index.
func (x *Index) Purge(each func(seq uint64, ref Ref)) {
	if each != nil {
		for _, s := range x.pages.order {
			for i := range s.page.entries {
				if e := &s.page.entries[i]; e.phase != 0 {
					each(e.seq, e.ref())
				}
			}
		}
	}
	x.clear()
}
