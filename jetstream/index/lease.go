package index

// Tick makes visible what is due at now, in flight or delayed. It returns how many
// messages became visible that way since the last Tick: every call that is told the
// time does the same first, and its finds are counted here.
func (x *Index) Tick(now int64) (became int) {
	x.tick(now)
	became, x.became = x.became, 0
	return became
}

func (x *Index) tick(now int64) {
	for len(x.timers) > 0 && x.timers[0].key <= now {
		s := slot(x.timers.remove(0, &x.pages).id)
		e := x.pages.at(s)
		x.ended(e)
		x.show(s, e)
		x.became++
	}
}

// ended takes an entry out of the count of its phase, which is not Visible.
func (x *Index) ended(e *entry) {
	if e.phase == Delayed {
		x.delayed--
	} else {
		x.busy(x.lanes[e.lane], -1)
	}
}

// NextDue is when the next message becomes visible by itself; not ok when none will.
func (x *Index) NextDue() (due int64, ok bool) {
	if len(x.timers) == 0 {
		return 0, false
	}
	return x.timers[0].key, true
}

// Change ends the visibility timeout of a message at now + timeout, 0 at once, if
// it is in flight under its count-th receive. It returns the new state.
//
// On standard queues a message whose timeout ran out, but that nobody received
// since, stays visible and is answered without an error, as SQS does
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
// leaves it open). Otherwise [ErrNotInFlight] says that the message is gone or was
// received again, and on FIFO queues [ErrExpired] that it is no longer held under
// that receive.
func (x *Index) Change(now int64, seq uint64, count uint32, timeout int64) (State, error) {
	x.tick(now)
	s, e := x.pages.find(seq)
	switch {
	case e == nil || e.held:
		return State{}, ErrNotInFlight
	case x.opt.FIFO && (e.phase != InFlight || e.count != count):
		return State{}, ErrExpired
	case e.count != count:
		return State{}, ErrNotInFlight
	case e.phase != InFlight:
		return e.state(), nil
	}
	e.due = now + max(timeout, 0)
	if e.due > now {
		x.timers.fix(e.pos, e.due, &x.pages)
		return e.state(), nil
	}
	x.timers.remove(e.pos, &x.pages)
	x.ended(e)
	x.show(s, e)
	return e.state(), nil
}

// Release makes a message visible again that Take gave up and that could not be
// moved. Its receive count stays. For any other message it does nothing.
func (x *Index) Release(now int64, seq uint64) {
	x.tick(now)
	s, e := x.pages.find(seq)
	if e == nil || !e.held {
		return
	}
	e.held = false
	x.ended(e)
	x.show(s, e)
}
