package rewrite

import (
	"math/rand/v2"
	"testing"
)

// TestCalleesFirst compares random call graphs with what a search from every function finds.
func TestCalleesFirst(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	recursions, functions := 0, 0
	for range 2000 {
		n := 1 + random.IntN(8)
		taken := make([]bool, n)
		g := newCallGraph(taken)
		calls := make([]map[int]bool, n) // directly, or through the table
		var indirect []int
		for f := range n {
			taken[f] = random.IntN(4) == 0
			calls[f] = map[int]bool{}
			var callees []uint32
			for range random.IntN(3) {
				callee := random.IntN(n)
				callees = append(callees, uint32(callee))
				calls[f][callee] = true
			}
			through := random.IntN(5) == 0
			if through {
				indirect = append(indirect, f)
			}
			g.add(callees, through)
		}
		for _, f := range indirect {
			for callee := range n {
				if taken[callee] {
					calls[f][callee] = true
				}
			}
		}
		reach := reachable(calls)
		visited := map[int]bool{}
		g.calleesFirst(func(f uint32, recursive bool) {
			if visited[int(f)] {
				t.Errorf("function %d comes twice", f)
			}
			visited[int(f)] = true
			if recursive != reach[f][int(f)] {
				t.Errorf("function %d of %v: recursive %t, want %t", f, calls, recursive, reach[f][int(f)])
			}
			for callee := range calls[f] {
				if !visited[callee] && !reach[callee][int(f)] {
					t.Errorf("function %d of %v comes before its callee %d", f, calls, callee)
				}
			}
			if functions++; recursive {
				recursions++
			}
		})
		if len(visited) != n {
			t.Errorf("%d functions of %d", len(visited), n)
		}
	}
	if recursions < functions/10 || recursions > functions*9/10 {
		t.Errorf("%d functions of %d call themselves: too dull", recursions, functions)
	}
}

// reachable says which functions each one may call, at any depth.
func reachable(calls []map[int]bool) []map[int]bool {
	all := make([]map[int]bool, len(calls))
	for f := range calls {
		all[f] = map[int]bool{}
		todo := []int{f}
		for len(todo) > 0 {
			last := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for callee := range calls[last] {
				if !all[f][callee] {
					all[f][callee] = true
					todo = append(todo, callee)
				}
			}
		}
	}
	return all
}
