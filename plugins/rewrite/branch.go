package rewrite

// block is an open block.
type block struct {
	// double says that it is a loop that has become two, one in the other. Turns are counted where they begin, at the branch
	// that goes back. The branch stays in the inner loop until the count is used up; then it leaves for the outer one.
	// So no call is in the way of the inner loop's machine code, which would have to keep nothing in registers across it.
	double   bool
	unrolled unrolled  // where a branch to it goes in the copy of its body that is being written
	doubles  int       // how many blocks are double down to this one
	dispatch *dispatch // nil if the block is none
	values   bool      // a branch to it takes values
	within   int       // place of the innermost open dispatch, this block or one around it; -1 if there is none
}

// unrolled is what a branch to a loop does that has become several copies of its body, see unroll.
type unrolled byte

const (
	notUnrolled unrolled = iota
	goesOn               // with the next copy
	turnsBack            // to the first copy
)

func (c *coder) open(op byte, b block) error {
	c.run.open(op)
	b.within = -1
	if outer, ok := c.target(0); ok {
		b.doubles, b.within = outer.doubles, outer.within
	}
	if b.double {
		b.doubles++
	}
	if b.dispatch != nil {
		b.within = len(c.blocks)
	}
	c.blocks = append(c.blocks, b)
	if len(c.blocks) > maxNesting {
		return tooBig("it has more than %d blocks in each other", maxNesting)
	}
	return nil
}

// shut is an end, which is written.
func (c *coder) shut() {
	if !c.run.shut() {
		return
	}
	last := len(c.blocks) - 1
	if c.blocks[last].double {
		c.out = append(c.out, opEnd)
	}
	c.blocks = c.blocks[:last]
	c.release()
	// Of a dispatch further out all blocks are open that were.
	if outer, ok := c.target(0); ok && outer.within >= 0 {
		d := c.blocks[outer.within].dispatch
		d.open = min(d.open, last-1-outer.within)
	}
}

// loop writes the beginning of a loop, or all of a small one.
func (c *coder) loop(in instruction, text []byte, rest *reader) error {
	if c.run.length > maxRun/2 { // else a look may have to be in the loop
		c.look(c.run.owed)
	}
	c.keep()
	if body, ok := readSmallLoop(in, *rest); ok {
		rest.take(uint32(len(body)) + 1) // with its end
		return c.unroll(in, text, body)
	}
	c.out = append(c.out, text...)
	if c.w.m.labelValues(in) {
		// Its parameters would have to get through what is added to the branches. What a turn counts for is not known yet.
		c.look(maxRun)
		return c.open(opLoop, block{values: true})
	}
	c.out = append(c.out, text...)
	return c.open(opLoop, block{double: true, dispatch: readDispatch(in, *rest)})
}

// back writes the branch to the next turn of a double loop, of whose outer one it gets the label as well.
func (c *coder) back(label, outer uint32) {
	kept := c.kept
	if c.leaves(label) {
		c.kept = notKept // the count has been put back
	}
	defer func() { c.kept = kept }()
	c.effort.condition()
	left := c.take(c.run.turnOf(label))
	c.out = append(appendU32(append(c.out, opLocalGet), left), opI32Const, 0, opI32GeS)
	c.out = appendU32(append(c.out, opBrIf), outer-1)
	c.leave()
	c.out = appendU32(append(c.out, opBr), outer)
}

// target is an open block that a branch goes to.
func (c *coder) target(label uint32) (b block, ok bool) {
	at := len(c.blocks) - 1 - int(label)
	if at < 0 {
		return block{}, false
	}
	return c.blocks[at], true
}

// labelValues says whether a branch to a block, of which this is the first instruction, takes values there: those that the
// block ends with, or a loop begins with.
func (m *Module) labelValues(in instruction) bool {
	const empty = blockEmpty - 0x80
	switch {
	case in.block < 0:
		return in.block != empty && in.op != opLoop
	case in.op == opLoop:
		return len(m.types[in.block].Params) > 0
	default:
		return len(m.types[in.block].Results) > 0
	}
}

// turns says whether a branch to a block begins another turn that has to be counted. What cannot be reached does not count.
func (c *coder) turns(b block) bool {
	return c.run.length != dead && (b.double || b.unrolled == turnsBack)
}

// label is what a label of the module has become: that of the outer loop, if there are two.
func (c *coder) label(label uint32) uint32 {
	innermost, _ := c.target(0)
	if at := len(c.blocks) - 2 - int(label); at >= 0 {
		return label + uint32(innermost.doubles-c.blocks[at].doubles)
	}
	return label + uint32(innermost.doubles)
}

// branch writes a br or a br_if.
func (c *coder) branch(in instruction) {
	if label, ok := c.direct(in); ok {
		in.index = label
	}
	c.run.jump(in.index)
	label := c.label(in.index)
	b, ok := c.target(in.index)
	if !ok {
		b.values = c.values
	}
	switch b.unrolled {
	case goesOn:
		label -= 3
	case turnsBack:
		label--
	case notUnrolled:
	}
	counts, leaves := c.turns(b), c.leaves(in.index)
	conditional := in.op == opBrIf && (counts || leaves && !b.values)
	if conditional {
		c.effort.condition()
		c.out = append(c.out, opIf, blockEmpty)
		label++
		in.op = opBr
	}
	if leaves { // a branch with values is not put into a block: its count is put back in any case
		c.putBack()
	}
	if counts {
		c.back(in.index, label)
	} else {
		c.out = appendU32(append(c.out, in.op), label)
	}
	switch {
	case conditional:
		c.out = append(c.out, opEnd)
	case in.op == opBr:
		c.run.stop()
	}
}

// branchTable writes a br_table. What goes back to a loop goes over a block around it, behind which the turn is counted.
func (c *coder) branchTable(in instruction) error {
	var loops []uint32
	labels, err := in.table()
	if err != nil {
		return err
	}
	leaves := false
	around := map[uint32]uint32{} // by label of a loop, the label of the block
	for _, label := range labels {
		leaves = leaves || c.leaves(label)
		if b, _ := c.target(label); c.turns(b) {
			if _, known := around[label]; !known {
				around[label] = uint32(len(loops))
				loops = append(loops, label)
			}
		}
		c.run.jump(label)
	}
	if len(loops) > 0 {
		c.out = appendU32(append(c.out, opLocalSet), c.scratch)
		for range loops {
			c.out = append(c.out, opBlock, blockEmpty)
		}
		c.out = appendU32(append(c.out, opLocalGet), c.scratch)
	}
	if leaves {
		c.putBack()
	}
	c.out = appendU32(append(c.out, opBrTable), uint32(len(labels)-1))
	for _, label := range labels {
		now, back := around[label]
		if !back {
			now = c.label(label) + uint32(len(loops))
		}
		c.out = appendU32(c.out, now)
	}
	for n, label := range loops {
		c.out = append(c.out, opEnd)
		c.back(label, c.label(label)+uint32(len(loops)-1-n))
	}
	c.run.stop()
	return nil
}
