package javascript_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/plugins/javascript"
)

// TestEngine asks that the engine is the one that its documents name.
func TestEngine(t *testing.T) {
	sum := sha256.Sum256(javascript.Engine())
	if got := hex.EncodeToString(sum[:]); got != javascript.EngineHash {
		t.Errorf("hash %s, want %s", got, javascript.EngineHash)
	}
	readme, err := os.ReadFile("engine/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, version, _ := strings.Cut(javascript.EngineVersion, " ")
	for _, want := range []string{javascript.EngineHash, version} {
		if !strings.Contains(string(readme), want) {
			t.Errorf("engine/README.md does not name %s", want)
		}
	}
}
