package rewrite

// Stride is how many bytes of code a stoppable module runs between two times that it leaves. That takes some 50 us where most
// paths are shorter than the longest, half a millisecond where they are not, and much longer where every load misses the caches.
const Stride = 4 << 20

// The count is in bytes of code that have been executed, more or less: see [instruction.cost].
const (
	maxRun     = 8 << 10 // bytes of code between two looks at the count
	entryCost  = 4 << 10 // bytes that entering a function counts for at most that looks then
	turnCost   = 32      // bytes that a turn of a loop counts for at least
	smallCost  = 512     // bytes; a function of no more need not look when it is called through a table
	returnRun  = 1 << 10 // bytes that may follow a call without a look: a deep stack of callers may do so one after the other
	importCost = 64      // bytes a call of the host counts for
	bulkCost   = 2 << 10 // bytes a bulk instruction of up to pieceSize counts for
	loadCost   = 8       // bytes that a load or a store counts for besides its own
	divideCost = 16      // bytes that a division or a square root counts for besides its own
	maxHeight  = 64      // functions that call each other without looking when they are entered: each may run to its first look
)

// survey is what the first pass over the code finds out about the module's own functions.
type survey struct {
	// cost is how many bytes a call of a function counts for with its callers, up to maxRun. It is 0 of a function that looks
	// when it is entered.
	cost []uint32
	size []uint32 // bytes of a function and its callees
	// quiet says of each loop of a function, in the order of their beginnings, that no call is in it.
	quiet [][]bool
}

// maxEffort limits how long a module may take to compile, in products of blocks and branches. One takes about 10 ns. The
// compiler of Go itself, built for WebAssembly, has 4.5e9.
const maxEffort = 10_000_000_000

// effort adds up what makes a function slow to compile: wazero's time grows with the product of its blocks and branches.
type effort struct{ blocks, branches uint64 }

func (e *effort) add(in *instruction) {
	switch in.op {
	case opBlock, opElse:
		e.blocks++
	case opIf:
		e.blocks += 2
		e.branches += 2
	case opBr:
		e.branches++
	case opBrIf:
		e.blocks++
		e.branches += 2
	case opBrTable:
		e.blocks++
		e.branches += uint64(len(in.more))
	}
}

// condition adds a block that runs on some condition, or what is like that.
func (e *effort) condition() {
	e.blocks += 2
	e.branches += 2
}

func (e *effort) product() uint64 { return e.blocks * (e.blocks + e.branches) }

func tooMuchEffort() error {
	return tooBig("its functions are so long and have so many branches that compiling them would take minutes")
}

// surveyCode reads all functions and finds those that have to look when they are entered. These are the ones that may be on
// the stack more than once, so that there is no end to what their callers would have to count for them.
func (m *Module) surveyCode(bodies [][]byte) (*survey, error) {
	n := len(bodies)
	s := &survey{cost: make([]uint32, n), size: make([]uint32, n), quiet: make([][]bool, n)}
	graph := newCallGraph(m.taken)
	total := uint64(0)
	for f, body := range bodies {
		v, err := m.view(f, body)
		if err != nil {
			return nil, err
		}
		if total += v.effort.product(); total > maxEffort {
			return nil, tooMuchEffort()
		}
		s.quiet[f], s.size[f] = v.quiet, v.size
		graph.add(v.callees, v.indirect)
	}
	height := make([]int, n)
	graph.calleesFirst(func(f uint32, recursive bool) {
		size, high := s.size[f], 0
		for _, callee := range graph.callees(f) {
			size = min(size+s.cost[callee], maxRun)
			high = max(high, height[callee])
		}
		s.size[f] = max(min(size, maxRun), 1)
		if recursive || m.taken[f] && size > smallCost || high >= maxHeight {
			return
		}
		s.cost[f], height[f] = s.size[f], high+1
	})
	return s, nil
}

// view is what the survey sees of one function.
type view struct {
	size     uint32   // bytes it counts for, without those of callees
	callees  []uint32 // the module's own, once for each call
	quiet    []bool
	indirect bool // it calls what only the table knows
	effort   effort
	open     []viewedBlock
}

func (m *Module) view(f int, body []byte) (view, error) {
	r := reader{b: body}
	locals := uint32(len(m.types[m.functions[f]].Params)) + uint32(readLocals(&r))
	v := view{}
	for len(r.b) > 0 {
		before := len(r.b)
		in := r.next()
		if r.err != nil {
			return v, r.err
		}
		if err := m.has(&in, locals, uint32(len(v.open))); err != nil {
			return v, err
		}
		v.effort.add(&in)
		v.size += uint32(in.cost(before - len(r.b)))
		if in.calls() {
			v.call()
		}
		switch in.op {
		case opLoop:
			v.begin(len(v.quiet))
			v.quiet = append(v.quiet, true)
			if body, ok := readSmallLoop(in, r); ok {
				v.unrolled(body)
			}
		case opBlock, opIf:
			v.begin(noLoop)
		case opEnd:
			v.end()
		case opCallIndirect, opReturnCallIndirect:
			v.indirect = true
			v.size += smallCost
		case opCall, opReturnCall:
			if in.index < m.imported {
				v.size += importCost
			} else {
				v.callees = append(v.callees, in.index-m.imported)
			}
		case opRefFunc:
			if in.index >= m.imported {
				m.taken[in.index-m.imported] = true
			}
		case opBulk:
			if in.isBulk() {
				v.size += bulkCost
			}
		}
	}
	return v, nil
}

// unrolled adds the further copies of the body of a small loop.
func (v *view) unrolled(body []byte) {
	for r := (reader{b: body}); len(r.b) > 0; {
		before := len(r.b)
		in := r.next()
		cost := uint32(in.cost(before - len(r.b)))
		for range unrolledTurns - 1 {
			v.effort.add(&in)
			v.size += cost
		}
	}
}

// viewedBlock is a block that is open in the view.
type viewedBlock struct {
	loop  int // which one; noLoop for other blocks
	calls bool
}

const noLoop = -1

func (v *view) begin(loop int) { v.open = append(v.open, viewedBlock{loop: loop}) }

// call notes that something is called here.
func (v *view) call() {
	if n := len(v.open); n > 0 {
		v.open[n-1].calls = true
	}
}

func (v *view) end() {
	n := len(v.open)
	if n == 0 {
		return // of the function
	}
	b := v.open[n-1]
	v.open = v.open[:n-1]
	if !b.calls {
		return
	}
	if b.loop != noLoop {
		v.quiet[b.loop] = false
	}
	v.call()
}
