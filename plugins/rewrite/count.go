package rewrite

// The count is a global. While a loop runs in which nothing is called it is kept in a local, where counting costs less; it is
// put back wherever the loop is left.

const notKept = -1

// take takes bytes off the count. What is left is in the local that it returns then.
func (c *coder) take(bytes int) (left uint32) {
	bytes = max(bytes, 1)
	if c.kept != notKept {
		c.out = appendU32(append(c.out, opLocalGet), c.taken)
		c.out = append(appendI32(append(c.out, opI32Const), int32(bytes)), opI32Sub)
		c.out = appendU32(append(c.out, opLocalSet), c.taken)
		return c.taken
	}
	c.out = appendU32(append(c.out, opGlobalGet), c.w.count)
	c.out = append(appendI32(append(c.out, opI32Const), int32(bytes)), opI32Sub)
	c.out = appendU32(append(c.out, opLocalTee), c.scratch)
	c.out = appendU32(append(c.out, opGlobalSet), c.w.count)
	return c.scratch
}

// look takes bytes off the count and leaves when none are left.
func (c *coder) look(bytes int) {
	c.effort.condition()
	left := c.take(bytes)
	c.out = append(appendU32(append(c.out, opLocalGet), left), opI32Const, 0, opI32LtS, opIf, blockEmpty)
	c.leave()
	c.out = append(c.out, opEnd)
	c.run.looked()
}

// leave leaves for Go, which makes the count new.
func (c *coder) leave() {
	c.out = c.w.call(c.out, helperLeave)
	if c.kept != notKept {
		c.fetch()
	}
}

// fetch gets the count into the local.
func (c *coder) fetch() {
	c.out = appendU32(append(c.out, opGlobalGet), c.w.count)
	c.out = appendU32(append(c.out, opLocalSet), c.taken)
}

// putBack puts the count back into the global, if it is kept in the local and the place can be reached.
func (c *coder) putBack() {
	if c.kept != notKept && c.run.length != dead {
		c.out = appendU32(append(c.out, opLocalGet), c.taken)
		c.out = appendU32(append(c.out, opGlobalSet), c.w.count)
	}
}

// keep begins to keep the count in a local, if the loop that begins is quiet, the next one of the function.
func (c *coder) keep() {
	quiet := c.quiet[0]
	c.quiet = c.quiet[1:]
	if quiet && c.kept == notKept {
		c.fetch()
		c.kept = len(c.blocks)
	}
}

// release puts the count back at the end of the loop in which it was kept. The loop is not open any more.
func (c *coder) release() {
	if c.kept == len(c.blocks) {
		c.putBack()
		c.kept = notKept
	}
}

// leaves says whether a branch that can be reached leaves the loop in which the count is kept.
func (c *coder) leaves(label uint32) bool {
	return c.run.length != dead && c.kept != notKept && len(c.blocks)-1-int(label) < c.kept
}
