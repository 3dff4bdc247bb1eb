package javascript

import (
	"context"
	"path"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// hostModuleName is what scripts import the operations of the host from, which they find as a global too.
const hostModuleName = "queuelet"

// hostModuleSource is the module of that name.
const hostModuleSource = `export default globalThis.queuelet;
export const { call, send, sendBatch, extend, publish, request, kv, config, secret, metric } = globalThis.queuelet;`

// hostModule is the source of a module that every script can import.
func hostModule(name string) (source string, ok bool) {
	if name == hostModuleName {
		return hostModuleSource, true
	}
	return nodeModule(name)
}

// exportLoader defines how the engine finds what a script imports: among the script's own files, and nowhere else.
func exportLoader(builder wazero.HostModuleBuilder, of func(context.Context) *VM) {
	i32 := api.ValueTypeI32
	normalize := func(ctx context.Context, _ api.Module, stack []uint64) {
		v := of(ctx)
		name := v.script.resolve(v.cString(uint32(stack[0])), v.cString(uint32(stack[1])))
		stack[0] = uint64(v.give(ctx, []byte(name)))
	}
	load := func(ctx context.Context, _ api.Module, stack []uint64) {
		v := of(ctx)
		source, ok := v.script.file(v.cString(uint32(stack[0])))
		length := uint32(stack[1])
		if stack[0] = 0; ok && v.mod.Memory().WriteUint32Le(length, uint32(len(source))) {
			stack[0] = uint64(v.give(ctx, source))
		}
	}
	for name, f := range map[string]api.GoModuleFunc{"host_module_normalize": normalize, "host_module_load": load} {
		builder.NewFunctionBuilder().
			WithGoModuleFunction(f, []api.ValueType{i32, i32}, []api.ValueType{i32}).Export(name)
	}
}

// resolve names the file that is imported from another one. A name without a file is returned as it is, for the engine
// to complain about.
func (s Script) resolve(from, name string) string {
	if !strings.HasPrefix(name, "./") && !strings.HasPrefix(name, "../") {
		return name
	}
	target := path.Join(path.Dir(from), name)
	for _, candidate := range []string{target, target + ".js", target + ".mjs", target + "/index.js"} {
		if _, ok := s.Files[candidate]; ok {
			return candidate
		}
	}
	return target
}

// file returns what an import of a name is.
func (s Script) file(name string) ([]byte, bool) {
	if source, ok := hostModule(name); ok {
		return []byte(source), true
	}
	source, ok := s.Files[name]
	if path.Ext(name) == ".json" { // which is an expression
		return append([]byte("export default "), source...), ok
	}
	return source, ok
}

// maxName is how long the name of an imported file may be.
const maxName = 4 << 10

// cString reads a text that ends with a zero.
func (v *VM) cString(at uint32) string {
	memory := v.mod.Memory()
	b, ok := memory.Read(at, min(maxName, memory.Size()-min(at, memory.Size())))
	if !ok {
		return ""
	}
	text, _, _ := strings.Cut(string(b), "\x00")
	return text
}

// give copies bytes into memory that the engine takes over.
func (v *VM) give(ctx context.Context, b []byte) uint32 {
	v.host.Check()
	at, err := v.put(ctx, len(b), func(to []byte) { copy(to, b) })
	if err != nil {
		panic(err)
	}
	return at
}
