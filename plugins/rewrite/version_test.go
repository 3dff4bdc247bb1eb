package rewrite_test

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"testing"

	"github.com/queuelet/queuelet/plugins/rewrite"
)

// TestVersion fails when Stoppable makes something else of a module than before. Raise Version then, because stoppable
// modules are kept on disk, and take over the new sum.
func TestVersion(t *testing.T) {
	const version, want = 5, "67b79f15b2f12e5d"
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(endless)) {
		m, err := rewrite.Parse(endlessModule(name))
		if err != nil {
			t.Fatal(err)
		}
		wasm, err := m.Stoppable()
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(wasm)
	}
	if got := hex.EncodeToString(sum.Sum(nil)[:8]); rewrite.Version != version || got != want {
		t.Errorf("version %d, sum %s; want %d, %s", rewrite.Version, got, version, want)
	}
}
