package rewrite

const (
	unrolledTurns = 4   // copies of the body of a small loop
	unrolledSize  = 192 // bytes of the body of a small loop at most
)

// readSmallLoop returns the body of a loop that is to be unrolled: a short one without calls or loops in it. Turns are counted
// once for several copies of the body then. That makes up for what counting costs, which is most where a turn is short.
func readSmallLoop(loop instruction, rest reader) (body []byte, ok bool) {
	if loop.block >= 0 { // it may have parameters
		return nil, false
	}
	all := rest.b
	depth, again := uint32(0), false
	for {
		before := len(rest.b)
		in := rest.next()
		if rest.err != nil || len(all)-len(rest.b) > unrolledSize {
			return nil, false
		}
		if in.calls() {
			return nil, false
		}
		switch in.op {
		case opBlock, opIf:
			depth++
		case opEnd:
			if depth == 0 {
				return all[:len(all)-before], again
			}
			depth--
		case opBr, opBrIf:
			again = again || in.index == depth
		case opLoop, opBrTable:
			return nil, false
		}
	}
}

// unroll writes a small loop: the copies of its body, one after the other, in the two loops that count.
//
//	block $exit (loop $outer (loop $inner
//	  (block $next (block …) br $exit)
//	  (block $next (block …) br $exit)
//	  (block $next (block …) br $exit)
//	  (block …) br $exit)) unreachable end
//
// To branch to the loop is to go on with the next copy, and from the last one to begin another turn. $exit and the blocks
// around the bodies have the results of the loop, so that what is not valid stays so.
func (c *coder) unroll(loop instruction, text, body []byte) error {
	c.out = append(append(c.out, opBlock), text[1:]...)
	c.out = append(c.out, opLoop, blockEmpty, opLoop, blockEmpty)
	outer, _ := c.target(0)
	if err := c.open(loop.op, block{}); err != nil {
		return err
	}
	at := len(c.blocks) - 1
	exit := path{length: dead}
	for n := range unrolledTurns {
		last := n == unrolledTurns-1
		b := &c.blocks[at]
		b.doubles, b.unrolled = outer.doubles+3, turnsBack
		if !last {
			b.doubles, b.unrolled = outer.doubles+4, goesOn
			c.out = append(c.out, opBlock, blockEmpty)
		}
		c.out = append(append(c.out, opBlock), text[1:]...)
		c.run.again(last)
		c.known, c.assigned = false, false
		if _, err := c.instructions(&reader{b: body}); err != nil {
			return err
		}
		exit = exit.join(c.run.path)
		if last {
			c.out = append(c.out, opEnd, opBr, 2, opEnd, opEnd, opUnreachable, opEnd)
		} else {
			c.out = append(c.out, opEnd, opBr, 3, opEnd)
		}
	}
	c.run.blocks = c.run.blocks[:len(c.run.blocks)-1]
	c.run.path = exit
	c.blocks = c.blocks[:at]
	c.release()
	return nil
}
