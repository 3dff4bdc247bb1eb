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
