package rewrite

// Weights. One unit of the count stands for a stretch of code that no look at the count interrupts.
const (
	stride     = 2048 // units between two calls of leave
	maxRun     = 1024 // bytes of code in a stretch
	loopTurns  = 64   // turns of a loop between two reports; each is a unit
	loopEntry  = 16   // units for entering a function with loops, whose last turns are not reported
	smallCost  = 512  // bytes; a function of no more, callees included, is small
	returnRun  = 256  // bytes that may follow a call without a look: a deep stack of callers may do so one after the other
	importCost = 64   // bytes a call of the host counts for
	bulkCost   = 512  // bytes a bulk instruction of up to pieceSize counts for
)

// survey is what the first pass over the code finds out about the module's own functions.
type survey struct {
	cost  []uint32 // bytes of a small function, callees included; 0 if it is not small
	loops []bool
	// dispatches says that a function begins with a dispatch, but for plain instructions.
	dispatches []bool
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
	case opBulk, opLoop: // what is added to them
		e.blocks += 4
		e.branches += 4
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

func (e *effort) product() uint64 { return e.blocks * (e.blocks + e.branches) }

// surveyCode reads all functions and finds the small ones. A function is small when its callees are and all of it
// together is short, so functions that call themselves, directly or not, are never small.
func (m *Module) surveyCode(bodies [][]byte) (*survey, error) {
	n := len(bodies)
	s := &survey{cost: make([]uint32, n), loops: make([]bool, n), dispatches: make([]bool, n)}
	waiting := make([]int32, n)    // callees whose cost is not known yet; negative: not small
	callers := make([][]uint32, n) // of candidates, once for each call
	size := make([]uint32, n)
	total := uint64(0)
	for f, body := range bodies {
		v, err := m.view(f, body)
		if err != nil {
			return nil, err
		}
		if total += v.effort.product(); total > maxEffort {
			return nil, tooBig("its functions are so long and have so many branches that compiling them would take minutes")
		}
		s.loops[f], s.dispatches[f], size[f] = v.loops, v.dispatches, v.size
		if v.loops || v.indirect || v.size > smallCost {
			waiting[f] = -1
			continue
		}
		waiting[f] = int32(len(v.callees))
		for _, callee := range v.callees {
			callers[callee] = append(callers[callee], uint32(f))
		}
	}
	s.settle(waiting, callers, size)
	return s, nil
}

// view is what the survey sees of one function.
type view struct {
	size       uint32   // bytes it counts for, without those of callees
	callees    []uint32 // the module's own, once for each call
	loops      bool
	dispatches bool
	indirect   bool // it calls what only the table knows
	effort     effort
}

func (m *Module) view(f int, body []byte) (view, error) {
	r := reader{b: body}
	locals := uint32(len(m.types[m.functions[f]].Params)) + uint32(readLocals(&r))
	v := view{size: uint32(len(r.b))}
	straight := true // nothing but plain instructions yet
	for len(r.b) > 0 {
		in := r.next()
		if err := m.has(&in, locals); err != nil {
			return v, err
		}
		v.effort.add(&in)
		switch in.op {
		case opLoop:
			v.dispatches = v.dispatches || straight && readDispatch(in, r) != nil
			v.loops = true
			straight = false
		case opCallIndirect, opReturnCallIndirect:
			v.indirect = true
		case opCall, opReturnCall:
			if in.index < m.imported {
				v.size += importCost
			} else {
				v.callees = append(v.callees, in.index-m.imported)
			}
		case opBulk:
			v.size += bulkCost
		}
		straight = straight && plain(in.op)
	}
	return v, r.err
}

// plain says whether an instruction goes on to the next in any case, and does nothing that takes long.
func plain(op byte) bool {
	switch op {
	case opUnreachable, opIf, opElse, opEnd, opBr, opBrIf, opBrTable, opReturn, opCall, opCallIndirect, opReturnCall,
		opReturnCallIndirect, opBulk:
		return false
	default:
		return true
	}
}

// settle works out costs from the leaves upwards.
func (s *survey) settle(waiting []int32, callers [][]uint32, size []uint32) {
	var ready []uint32
	for f, n := range waiting {
		if n == 0 {
			ready = append(ready, uint32(f))
		}
	}
	for len(ready) > 0 {
		f := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		if size[f] > smallCost {
			continue // so its callers stay without a cost
		}
		s.cost[f] = max(size[f], 1)
		for _, caller := range callers[f] {
			size[caller] += s.cost[f]
			if waiting[caller]--; waiting[caller] == 0 {
				ready = append(ready, caller)
			}
		}
	}
}
