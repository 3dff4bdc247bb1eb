package rewrite

// dead is the length of a run that cannot be reached.
const dead = -1

// run follows how many bytes of code may have been executed since the last look at the count, over all paths that lead to
// the present instruction. Paths go forward only: every turn of a loop is a unit of its own.
type run struct {
	length int
	blocks []openBlock
}

type openBlock struct {
	op     byte
	before int // of an if: the length before it
	end    int // longest run that jumps to the end
}

// pass goes over an instruction of some cost.
func (u *run) pass(cost int) {
	if u.length != dead {
		u.length += cost
	}
}

// looked says that there has just been a look.
func (u *run) looked() {
	if u.length != dead {
		u.length = 0
	}
}

// atLeast makes the run count for no less than n.
func (u *run) atLeast(n int) {
	if u.length != dead {
		u.length = max(u.length, n)
	}
}

func (u *run) open(op byte) {
	u.blocks = append(u.blocks, openBlock{op: op, before: u.length, end: dead})
}

// turn is an else.
func (u *run) turn() error {
	if len(u.blocks) == 0 {
		return malformed("an else stands alone")
	}
	b := &u.blocks[len(u.blocks)-1]
	b.end = max(b.end, u.length)
	u.length, b.before = b.before, dead
	return nil
}

// shut is an end. It fails at the end of the function.
func (u *run) shut() bool {
	if len(u.blocks) == 0 {
		return false
	}
	b := u.blocks[len(u.blocks)-1]
	u.blocks = u.blocks[:len(u.blocks)-1]
	u.length = max(u.length, b.end)
	if b.op == opIf { // without an else, the condition may skip it
		u.length = max(u.length, b.before)
	}
	return true
}

// jump goes to a label.
func (u *run) jump(label uint32) {
	if at := len(u.blocks) - 1 - int(label); at >= 0 {
		if b := &u.blocks[at]; b.op != opLoop {
			b.end = max(b.end, u.length)
		}
	}
}

// stop says that the instruction does not go on to the next.
func (u *run) stop() { u.length = dead }
