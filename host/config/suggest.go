package config

// nearest returns the candidate that text most likely was meant to be, if one is
// near enough: at most a third of its letters differ.
func nearest(text string, candidates []string) (string, bool) {
	best, bestDistance := "", 1+max(1, len(text)/3)
	if len(text) > 64 {
		return "", false
	}
	for _, c := range candidates {
		if d := distance(text, c); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best, best != ""
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to make b out of a.
func distance(a, b string) int {
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}
