package javascript

import (
	"bytes"
	"context"
	_ "embed"
	"sync/atomic"
)

//go:embed prelude.js
var prelude []byte

// preludeName is what stacks call the prelude by; it leaves itself out of them.
const preludeName = "queuelet"

// prepared is the prelude in the engine's bytecode, which the first instance of a script compiles, before it has seen the
// script, for those after it.
type prepared struct{ bytecode atomic.Pointer[[]byte] }

// evaluatePrelude makes the function that the prelude is.
func (v *VM) evaluatePrelude(ctx context.Context) (uint32, error) {
	bytecode := v.script.prepared.bytecode.Load()
	if bytecode == nil {
		compiled, err := v.compile(ctx, preludeName, prelude)
		if err != nil {
			return 0, err
		}
		bytecode = &compiled
		v.script.prepared.bytecode.Store(bytecode)
	}
	at, err := v.put(ctx, len(*bytecode), func(to []byte) { copy(to, *bytecode) })
	if err != nil {
		return 0, err
	}
	value, err := v.call(ctx, v.f.evalBytecode, uint64(at), uint64(len(*bytecode)))
	if err != nil {
		return 0, err
	}
	if _, err := v.call(ctx, v.f.release, uint64(at)); err != nil {
		return 0, err
	}
	return v.checked(ctx, uint32(value))
}

// compile makes bytecode of source, without the text of its functions.
func (v *VM) compile(ctx context.Context, name string, source []byte) ([]byte, error) {
	const withoutSource = 1 << 4
	at, err := v.put(ctx, len(source), func(to []byte) { copy(to, source) })
	if err != nil {
		return nil, err
	}
	file, err := v.put(ctx, len(name), func(to []byte) { copy(to, name) })
	if err != nil {
		return nil, err
	}
	compiled, err := v.call(ctx, v.f.compile, uint64(at), uint64(len(source)), uint64(file), 0, withoutSource, uint64(v.length()))
	if err != nil {
		return nil, err
	}
	b, ok := v.returned(uint32(compiled))
	if !ok {
		return nil, &ScriptError{Message: "the prelude does not compile"}
	}
	bytecode := bytes.Clone(b)
	for _, done := range []uint32{at, file, uint32(compiled)} {
		if _, err := v.call(ctx, v.f.release, uint64(done)); err != nil {
			return nil, err
		}
	}
	return bytecode, nil
}
