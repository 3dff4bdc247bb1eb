package filter

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// TestNumberComparesLikeRat compares with arithmetic that writes numbers out.
func TestNumberComparesLikeRat(t *testing.T) {
	text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		exactA, _ := new(big.Rat).SetString(a)
		exactB, _ := new(big.Rat).SetString(b)
		var room [4]byte
		if got, want := parseNumber([]byte(a), room[:]).compare(parseNumber([]byte(b), nil)), exactA.Cmp(exactB); got != want {
			t.Fatalf("%s against %s: %d, want %d", a, b, got, want)
		}
	})
}
