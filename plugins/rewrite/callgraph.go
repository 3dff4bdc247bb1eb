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
// itself, directly or not. It finds the strongly connected components by Tarjan's algorithm (R. Tarjan, Depth-First Search and
// Linear Graph Algorithms, 1972), without recursion, for a module could make that as deep as it likes.
func (g *callGraph) calleesFirst(visit func(f uint32, recursive bool)) {
	n := uint32(len(g.through))
	table := n // calls all that may get into a table, and is called through one
	var throughTable []uint32
	for f := range n {
		if g.taken[f] {
			throughTable = append(throughTable, f)
		}
	}
	edge := func(v, at uint32) (to uint32, ok bool) {
		switch {
		case v == table && at < uint32(len(throughTable)):
			return throughTable[at], true
		case v == table:
			return 0, false
		case at < g.begin[v+1]-g.begin[v]:
			return g.edges[g.begin[v]+at], true
		default:
			return table, g.through[v] && at == g.begin[v+1]-g.begin[v]
		}
	}
	const unseen = 0
	order := make([]uint32, n+1) // in which vertices were seen, from 1 on
	low := make([]uint32, n+1)
	next := make([]uint32, n+1) // edge to follow
	self := make([]bool, n+1)   // has an edge to itself
	pending := make([]bool, n+1)
	var path, component []uint32
	seen := uint32(0)
	enter := func(v uint32) {
		seen++
		order[v], low[v], pending[v] = seen, seen, true
		path, component = append(path, v), append(component, v)
	}
	for root := range n {
		if order[root] != unseen {
			continue
		}
		enter(root)
		for len(path) > 0 {
			v := path[len(path)-1]
			if to, ok := edge(v, next[v]); ok {
				next[v]++
				switch {
				case order[to] == unseen:
					enter(to)
				case pending[to]:
					low[v] = min(low[v], order[to])
					self[v] = self[v] || to == v
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				caller := path[len(path)-1]
				low[caller] = min(low[caller], low[v])
			}
			if low[v] != order[v] {
				continue
			}
			at := len(component) - 1
			for component[at] != v {
				at--
			}
			recursive := len(component)-at > 1 || self[v]
			for _, member := range component[at:] {
				pending[member] = false
				if member != table {
					visit(member, recursive)
				}
			}
			component = component[:at]
		}
	}
}
