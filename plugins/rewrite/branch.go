package rewrite

// block is an open block.
type block struct {
	// double says that it is a loop that has become two, one in the other. Turns are counted where they begin, at the branch
	// that goes back. The branch stays in the inner loop until there is something to report; then it leaves for the outer one.
	// So no call is in the way of the inner loop's machine code, which would have to keep nothing in registers across it.
	double   bool
	doubles  int       // how many blocks are double down to this one
	dispatch *dispatch // nil if the block is none
	within   int       // place of the innermost open dispatch, this block or one around it; -1 if there is none
}

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
	// Of a dispatch further out all blocks are open that were.
	if outer, ok := c.target(0); ok && outer.within >= 0 {
		d := c.blocks[outer.within].dispatch
		d.open = min(d.open, last-1-outer.within)
	}
}

// loop writes the beginning of a loop.
func (c *coder) loop(in instruction, text []byte, rest reader) error {
	if c.run.length > maxRun/4 { // else a look may have to be in the loop
		c.out = c.w.look(c.out, 1, c.length)
		c.run.looked()
	}
	c.out = append(c.out, text...)
	if in.block >= 0 && len(c.w.m.types[in.block].Params) > 0 {
		// Its parameters would have to get through what is added to the branches.
		c.out = c.w.look(c.out, 1, c.length)
		c.run.looked()
		return c.open(opLoop, block{})
	}
	c.out = append(c.out, text...)
	return c.open(opLoop, block{double: true, dispatch: readDispatch(in, rest)})
}

// back writes the branch to the next turn of a double loop, of whose outer one it gets the label.
func (c *coder) back(outer uint32) {
	if c.dispatches {
		c.out = appendU32(append(c.w.take(c.out, 1, c.length), opLocalGet), c.length)
		c.out = append(c.out, opI32Const, 0, opI32GeS)
	} else {
		c.out = appendU32(append(c.out, opLocalGet), c.turns)
		c.out = append(c.out, opI32Const, 1, opI32Sub)
		c.out = appendU32(append(c.out, opLocalTee), c.turns)
	}
	c.out = appendU32(append(c.out, opBrIf), outer-1)
	if c.dispatches {
		c.out = c.w.call(c.out, helperLeave)
	} else {
		c.out = c.w.call(c.fresh(), helperTick)
	}
	c.out = appendU32(append(c.out, opBr), outer)
}

// fresh sets the local with the turns to how many there are until they are reported.
func (c *coder) fresh() []byte {
	return appendU32(append(appendI32(append(c.out, opI32Const), loopTurns), opLocalSet), c.turns)
}

// target is an open block that a branch goes to.
func (c *coder) target(label uint32) (b block, ok bool) {
	at := len(c.blocks) - 1 - int(label)
	if at < 0 {
		return block{}, false
	}
	return c.blocks[at], true
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
	b, _ := c.target(in.index)
	switch {
	case !b.double:
		c.out = appendU32(append(c.out, in.op), label)
	case in.op == opBr:
		c.back(label)
	default:
		c.out = append(c.out, opIf, blockEmpty)
		c.back(label + 1)
		c.out = append(c.out, opEnd)
	}
	if in.op == opBr {
		c.run.stop()
	}
}

// branchTable writes a br_table. What goes back to a loop goes over a block around it, behind which the turn is counted.
func (c *coder) branchTable(in instruction) error {
	var labels, loops []uint32
	around := map[uint32]uint32{} // by label of a loop, the label of the block
	for r := (reader{b: in.more}); len(r.b) > 0; {
		label := r.u32()
		if r.err != nil {
			return r.err
		}
		labels = append(labels, label)
		if b, ok := c.target(label); ok && b.double {
			if _, known := around[label]; !known {
				around[label] = uint32(len(loops))
				loops = append(loops, label)
			}
		}
		c.run.jump(label)
	}
	if len(loops) > 0 {
		c.out = appendU32(append(c.out, opLocalSet), c.length)
		for range loops {
			c.out = append(c.out, opBlock, blockEmpty)
		}
		c.out = appendU32(append(c.out, opLocalGet), c.length)
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
		c.back(c.label(label) + uint32(len(loops)-1-n))
	}
	c.run.stop()
	return nil
}
