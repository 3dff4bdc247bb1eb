package plugins

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/queuelet/queuelet/plugins/javascript"
)

// code is what a function consists of: a module, or a script and the engine that runs it.
type code struct {
	wasm   []byte
	script *javascript.Script
	hash   string // SHA-256 of the module or the script, in hexadecimal
}

// load returns the function's code.
func (f Function) load() (code, error) {
	switch {
	case f.Wasm != nil:
		return moduleCode(f.Wasm)
	case f.Script != nil:
		return scriptCode(javascript.Plain(cmp.Or(f.Path, f.Name+".js"), f.Script, f.ScriptFiles))
	case javascript.IsScript(f.Path):
		return scriptCode(javascript.Bundle(f.Path))
	}
	info, err := os.Stat(f.Path)
	if err != nil {
		return code{}, fmt.Errorf("find the module: %w", err)
	}
	if err := checkSize(info.Size()); err != nil {
		return code{}, err
	}
	wasm, err := os.ReadFile(f.Path)
	if err != nil {
		return code{}, fmt.Errorf("read the module: %w", err)
	}
	return moduleCode(wasm)
}

func moduleCode(wasm []byte) (code, error) {
	return code{wasm: wasm, hash: hashOf(wasm)}, checkSize(int64(len(wasm)))
}

func scriptCode(script javascript.Script, err error) (code, error) {
	return code{wasm: javascript.Engine(), script: &script, hash: script.Hash()}, err
}

// compiled is the hash of what is compiled: scripts share their engine.
func (c code) compiled() string {
	if c.script != nil {
		return javascript.EngineHash
	}
	return c.hash
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
