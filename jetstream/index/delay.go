package index

// SetDelay applies a changed DelaySeconds of a FIFO queue: it also counts for the
// messages that are there already and were never received
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html).
// Each is delayed until delay after it was sent. On a standard queue, where a
// change concerns later messages only, it does nothing. It visits every message.
func (x *Index) SetDelay(now, delay int64) {
	x.tick(now)
	if !x.opt.FIFO {
		return
	}
	for _, span := range x.pages.order {
		p := span.page
		for i := range p.entries {
			e := &p.entries[i]
			if e.phase == 0 || e.count > 0 || e.held {
				continue
			}
			if e.phase == Delayed {
				x.timers.remove(e.pos, &x.pages)
				x.ended(e)
			}
			e.due = e.sent + delay
			if e.due <= now {
				x.show(p.slot(i), e)
				continue
			}
			e.phase = Delayed
			x.delayed++
			x.timers.push(node{key: e.due, seq: e.seq, id: uint32(p.slot(i))}, &x.pages)
			x.offer(e.lane, x.lanes[e.lane])
		}
	}
}
