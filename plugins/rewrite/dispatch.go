package rewrite

// dispatch is a loop that does nothing but to go on at one of several places, the one that a local says. The places are the
// ends of the blocks at its beginning:
//
//	loop (block (block (block (local.get $local) (br_table 0 1 2)) …) …) …)
//
// The Go compiler makes every function so, because goroutines have to be able to leave it and to come back anywhere. All
// branches go over the dispatch, also those forward, which are most:
//
//	(i32.const 2) (local.set $local) (br $loop)
//
// These become a branch to the place itself. Such a function is faster than it was, and what goes over the dispatch are the
// turns of its loops.
type dispatch struct {
	local  uint32
	labels []uint32 // for the values of the local; the last is for all greater ones
	blocks int      // at the beginning
	open   int      // of the loop's blocks: the least number that was open
}

// readDispatch reads the beginning of a loop. It returns nil if that is no dispatch.
func readDispatch(loop instruction, rest reader) *dispatch {
	const empty = blockEmpty - 0x80
	d := &dispatch{}
	in := rest.next()
	for ; in.op == opBlock && in.block == empty; in = rest.next() {
		d.blocks++
	}
	if loop.block != empty || in.op != opLocalGet {
		return nil
	}
	d.local, d.open = in.index, d.blocks
	if in = rest.next(); in.op != opBrTable || rest.err != nil {
		return nil
	}
	d.labels, _ = in.table() // the survey has read it
	return d
}

// place returns which of the loop's blocks, counted from the outside, ends where the dispatch goes on for a value. It fails
// if that is behind.
func (d *dispatch) place(value int32) (block int, ahead bool) {
	label := int(d.labels[min(uint32(value), uint32(len(d.labels)-1))])
	block = d.blocks - 1 - label
	return block, block >= 0 && block < d.open
}

// direct returns the label of the place to which a branch gets over a dispatch, if the place is ahead.
func (c *coder) direct(in instruction) (label uint32, ok bool) {
	b, ok := c.target(in.index)
	if !ok || in.op != opBr || b.dispatch == nil || !c.assigned || c.assignee != b.dispatch.local {
		return 0, false
	}
	place, ahead := b.dispatch.place(c.constant)
	return in.index - 1 - uint32(place), ahead
}
