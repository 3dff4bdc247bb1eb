package rewrite

// callGraph says who calls whom among a module's own functions. A call through a table may be one of any function that may
// get into a table.
type callGraph struct {
	taken   []bool   // may get into a table
	edges   []uint32 // callees of all functions, one function after the other
	begin   []uint32 // where those of a function begin
	through []bool   // calls through a table
}

func newCallGraph(taken []bool) *callGraph { return &callGraph{taken: taken, begin: []uint32{0}} }

// add adds the next function.
func (g *callGraph) add(callees []uint32, indirect bool) {
	g.edges = append(g.edges, callees...)
	g.begin = append(g.begin, uint32(len(g.edges)))
	g.through = append(g.through, indirect)
}

// callees are the functions that a function calls directly, once for each call.
func (g *callGraph) callees(f uint32) []uint32 { return g.edges[g.begin[f]:g.begin[f+1]] }

// calleesFirst visits all functions, callees before callers where there is an order, and says whether a function may call
// itself, directly or not.
func (g *callGraph) calleesFirst(visit func(f uint32, recursive bool)) {
	n := uint32(len(g.through))
	s := &search{
		g: g, visit: visit, table: n,
		order: make([]uint32, n+1), low: make([]uint32, n+1), next: make([]uint32, n+1),
		self: make([]bool, n+1), pending: make([]bool, n+1),
	}
	for f := range n {
		if g.taken[f] {
			s.inTable = append(s.inTable, f)
		}
	}
	for f := range n {
		if s.order[f] == unseen {
			s.from(f)
		}
	}
}

// search finds the strongly connected components of a call graph, by Tarjan's algorithm (R. Tarjan, Depth-First Search and
// Linear Graph Algorithms, 1972). It does not recurse, for a module could make that as deep as it likes.
type search struct {
	g       *callGraph
	visit   func(f uint32, recursive bool)
	table   uint32   // a vertex more: it calls all functions that may get into a table, and is called by calls through one
	inTable []uint32 // these functions

	seen    uint32
	order   []uint32 // in which vertices were seen, from 1 on
	low     []uint32 // the first one that a vertex is known to lead back to
	next    []uint32 // which edge is to be followed
	self    []bool   // the vertex has an edge to itself
	pending []bool   // its component is not known yet
	path    []uint32
	waiting []uint32 // the vertices that are pending
}

const unseen = 0

// from visits what can be reached from a function.
func (s *search) from(f uint32) {
	s.enter(f)
	for len(s.path) > 0 {
		v := s.path[len(s.path)-1]
		to, more := s.edge(v)
		switch {
		case !more:
			s.leave(v)
		case s.order[to] == unseen:
			s.enter(to)
		case s.pending[to]:
			s.low[v] = min(s.low[v], s.order[to])
			s.self[v] = s.self[v] || to == v
		}
	}
}

// edge is the next one of a vertex.
func (s *search) edge(v uint32) (to uint32, ok bool) {
	at := s.next[v]
	s.next[v]++
	if v == s.table {
		if at < uint32(len(s.inTable)) {
			return s.inTable[at], true
		}
		return 0, false
	}
	callees := s.g.callees(v)
	if at < uint32(len(callees)) {
		return callees[at], true
	}
	return s.table, s.g.through[v] && at == uint32(len(callees))
}

func (s *search) enter(v uint32) {
	s.seen++
	s.order[v], s.low[v], s.pending[v] = s.seen, s.seen, true
	s.path, s.waiting = append(s.path, v), append(s.waiting, v)
}

// leave goes back from a vertex whose edges have been followed. If it is the first of its component, that is complete.
func (s *search) leave(v uint32) {
	s.path = s.path[:len(s.path)-1]
	if len(s.path) > 0 {
		caller := s.path[len(s.path)-1]
		s.low[caller] = min(s.low[caller], s.low[v])
	}
	if s.low[v] != s.order[v] {
		return
	}
	first := len(s.waiting) - 1
	for s.waiting[first] != v {
		first--
	}
	component := s.waiting[first:]
	s.waiting = s.waiting[:first]
	recursive := len(component) > 1 || s.self[v]
	for _, member := range component {
		s.pending[member] = false
		if member != s.table {
			s.visit(member, recursive)
		}
	}
}
