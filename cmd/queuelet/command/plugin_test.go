package command

import (
	"fmt"
	"os"
	"path/filepath"

	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// writeModules puts small modules into a directory, which the scripts cannot hold themselves.
func writeModules(dir string) error {
	reactor := &as.Module{}
	reactor.Memory(1, 16)
	reactor.Func("queuelet_handle", as.Type{Params: []byte{as.I32}, Results: []byte{as.I32}}, nil, as.I32Const(0))
	for name, wasm := range map[string][]byte{
		"reactor.wasm": reactor.Bytes(), "empty.wasm": (&as.Module{}).Bytes(), "component.wasm": []byte("\x00asm\x0d\x00\x01\x00"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), wasm, 0o600); err != nil {
			return fmt.Errorf("write a module: %w", err)
		}
	}
	return nil
}
