package rewrite

// path is what may have been executed since the last look at the count, at most.
type path struct {
	length int // bytes of code, or more if there has to be a look soon; dead if the place cannot be reached
	owed   int // bytes that have not been counted
}

const dead = -1

func (p path) join(q path) path {
	return path{length: max(p.length, q.length), owed: max(p.owed, q.owed)}
}

// run follows the path to the present instruction, or what there is of the worst over all of them. They go forward only: the
// turns of a loop are counted where they begin.
type run struct {
	path

	looks  int // so far
	blocks []openBlock
}

type openBlock struct {
	op     byte
	before path // of an if and a loop: that to it
	end    path // of those that jump to the end
	looks  int  // before it
}

// pass goes over an instruction of some cost.
func (u *run) pass(cost int) {
	if u.length != dead {
		u.length += cost
		u.owed += cost
	}
}

// looked says that there has just been a look.
func (u *run) looked() {
	u.looks++
	if u.length != dead {
		u.path = path{}
	}
}

// returned says that a call has come back of a function that looks when it is entered. After that, the run has a length.
func (u *run) returned(length int) {
	if u.length != dead {
		u.length = length
	}
}

// atLeast makes the run count for no less than n.
func (u *run) atLeast(n int) {
	if u.length != dead {
		u.length = max(u.length, n)
	}
}

func (u *run) open(op byte) {
	u.blocks = append(u.blocks, openBlock{op: op, before: u.path, end: path{length: dead}, looks: u.looks})
}

// otherwise is an else.
func (u *run) otherwise() error {
	if len(u.blocks) == 0 {
		return malformed("an else stands alone")
	}
	b := &u.blocks[len(u.blocks)-1]
	b.end = b.end.join(u.path)
	u.path, b.before = b.before, path{length: dead}
	return nil
}

// shut is an end. It fails at the end of the function.
func (u *run) shut() bool {
	if len(u.blocks) == 0 {
		return false
	}
	b := u.blocks[len(u.blocks)-1]
	u.blocks = u.blocks[:len(u.blocks)-1]
	u.path = u.join(b.end)
	if b.op == opIf { // without an else, the condition may skip it
		u.path = u.join(b.before)
	}
	return true
}

// jump goes to a label.
func (u *run) jump(label uint32) {
	if at := len(u.blocks) - 1 - int(label); at >= 0 {
		if b := &u.blocks[at]; b.op != opLoop {
			b.end = b.end.join(u.path)
		}
	}
}

// again begins a copy of the body of a small loop, the innermost block: where the branches of the copy before went that go
// on, if there was one.
func (u *run) again(last bool) {
	b := &u.blocks[len(u.blocks)-1]
	if b.op == opBlock {
		u.path = b.end
	}
	b.op, b.end = opBlock, path{length: dead}
	if last {
		b.op = opLoop
	}
}

// turnOf is what a turn counts for of the loop with a label, which is over here.
func (u *run) turnOf(label uint32) int {
	owed := u.owed
	if at := len(u.blocks) - 1 - int(label); at >= 0 && u.blocks[at].looks == u.looks {
		owed -= u.blocks[at].before.owed // that is of what came before the loop
	}
	return max(owed, turnCost)
}

// stop says that the instruction does not go on to the next.
func (u *run) stop() { u.path = path{length: dead} }
