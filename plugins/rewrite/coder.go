package rewrite

// writer writes functions.
type writer struct {
	m       *Module
	survey  *survey
	count   uint32 // global: bytes left until the next leave
	helpers uint32 // index of the first helper
	types   uint32 // index of the first helper type
	effort  uint64 // for the compiler so far
}

// function writes one of the module's functions.
func (w *writer) function(f int, body []byte) ([]byte, error) {
	r := &reader{b: body}
	groups := r.u32()
	declared := r.b
	locals := uint32(len(w.m.types[w.m.functions[f]].Params))
	for range groups {
		locals += r.u32()
		r.valueType()
	}
	declared = declared[:len(declared)-len(r.b)]
	out := make([]byte, 0, len(body)+len(body)/8+64)
	out = append(appendU32(out, groups+1), declared...)
	out = append(out, 2, typeI32) // two more locals
	c := &coder{
		w: w, out: out, taken: locals, scratch: locals + 1, quiet: w.survey.quiet[f], kept: notKept,
		values: len(w.m.types[w.m.functions[f]].Results) > 0,
	}
	if w.survey.cost[f] == 0 { // else its callers count for it
		c.look(int(min(w.survey.size[f], entryCost)))
	}
	code, err := c.instructions(r)
	if w.effort += c.effort.product(); err == nil && w.effort > maxEffort {
		return nil, tooMuchEffort()
	}
	return code, err
}

// coder copies the instructions of a function and adds to them.
type coder struct {
	w              *writer
	out            []byte
	run            run
	taken, scratch uint32  // locals: the count while it is kept there, and something for a moment
	quiet          []bool  // of the loops that are still to come: no call is in it
	kept           int     // place of the open block in which the count is kept in a local
	values         bool    // a branch out of the function takes values
	effort         effort  // for the compiler
	blocks         []block // the open ones, outermost first
	known          bool    // the instruction before was i32.const
	constant       int32   // and this is its value
	assigned       bool    // the two instructions before were i32.const and local.set
	assignee       uint32  // and this local has the value
}

// instructions writes all instructions that there are.
func (c *coder) instructions(r *reader) ([]byte, error) {
	for len(r.b) > 0 {
		at := r.b
		in := r.next()
		if r.err != nil {
			return nil, r.err
		}
		text := at[:len(at)-len(r.b)]
		if c.run.length >= maxRun {
			c.look(c.run.owed)
		}
		c.run.pass(in.cost(len(text)))
		c.effort.add(&in)
		if err := c.instruction(in, text, r); err != nil {
			return nil, err
		}
		c.assigned, c.assignee = c.known && in.op == opLocalSet, in.index
		if c.known = in.op == opI32Const; c.known {
			c.constant = in.value
		}
	}
	return c.out, nil
}

// instruction writes an instruction and follows where it goes. rest is what comes after it.
func (c *coder) instruction(in instruction, text []byte, rest *reader) error {
	switch in.op {
	case opBulk:
		if in.isBulk() && c.bulk(in.sub, text) {
			return nil
		}
	case opReturnCall, opReturnCallIndirect:
		c.lookAhead(in)
	case opLoop:
		return c.loop(in, text, rest)
	case opBr, opBrIf:
		c.branch(in)
		return nil
	case opBrTable:
		return c.branchTable(in)
	}
	if in.op == opReturn {
		c.putBack()
	}
	c.out = append(c.out, text...)
	switch in.op {
	case opBlock, opIf:
		return c.open(in.op, block{values: c.w.m.labelValues(in)})
	case opElse:
		return c.run.otherwise()
	case opEnd:
		c.shut()
	case opReturn, opUnreachable, opReturnCall, opReturnCallIndirect:
		c.run.stop()
	case opCall:
		c.called(in.index)
	case opCallIndirect:
		c.run.pass(smallCost)
		c.run.atLeast(maxRun - returnRun)
	}
	return nil
}

// callCost is how many bytes a call of a function counts for, 0 if that looks when it is entered.
func (w *writer) callCost(function uint32) int {
	if function < w.m.imported {
		return importCost
	}
	return int(w.survey.cost[function-w.m.imported])
}

func (c *coder) called(function uint32) {
	if cost := c.w.callCost(function); cost > 0 {
		c.run.pass(cost)
		return
	}
	c.run.returned(maxRun - returnRun)
}

// lookAhead looks before a call that does not come back, if the function called may not look soon enough.
func (c *coder) lookAhead(in instruction) {
	cost := smallCost
	if in.op == opReturnCall {
		cost = c.w.callCost(in.index)
	}
	if c.run.length+cost > maxRun {
		c.look(c.run.owed)
	}
}

// bulk writes an instruction that takes as long as the number on top of the stack says. It returns false if that is little.
func (c *coder) bulk(sub uint32, text []byte) bool {
	c.run.pass(bulkCost)
	most := int32(pieceSize)
	if sub >= bulkTableInit {
		most /= elementSize
	}
	if c.known && uint32(c.constant) <= uint32(most) {
		return false
	}
	c.effort.condition()
	c.out = appendU32(append(c.out, opLocalTee), c.scratch)
	c.out = appendU32(append(c.out, opLocalGet), c.scratch)
	c.out = append(appendI32(append(c.out, opI32Const), most), opI32GtU, opIf)
	switch sub {
	case bulkMemoryCopy, bulkMemoryFill:
		helper := uint32(helperFill)
		if sub == bulkMemoryCopy {
			helper = helperCopy
		}
		c.out = appendI32(c.out, int32(c.w.types+helperTypeBulk))
		c.out = append(append(c.w.call(c.out, helper), opElse), text...)
		c.out = append(c.out, opEnd)
	default:
		c.out = append(append(c.w.call(append(c.out, blockEmpty), helperLeave), opEnd), text...)
	}
	return true
}
