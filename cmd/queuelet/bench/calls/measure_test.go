package calls

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// TestMeasure measures a module that replies at once, for a moment.
func TestMeasure(t *testing.T) {
	m := &as.Module{}
	reply := m.Import(abi.Module, abi.ImportEventReply, as.Type{Params: []byte{as.I32, as.I32}, Results: []byte{as.I32}})
	m.Memory(1, -1)
	m.Func(abi.ExportHandle, as.Type{Params: []byte{as.I32}, Results: []byte{as.I32}}, nil, as.I32Const(0), as.I32Const(0), as.Call(reply))
	path := filepath.Join(t.TempDir(), "module.wasm")
	if err := os.WriteFile(path, m.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Measure(t.Context(), Options{Module: path, Batch: 10, Size: 1024, Duration: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for name, part := range map[string]Part{"through": got.Through, "bare": got.Bare} {
		if part.Messages == 0 || part.Messages%10 != 0 || part.Took <= 0 {
			t.Errorf("%s: %+v", name, part)
		}
	}
}
