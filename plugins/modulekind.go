package plugins

import (
	"slices"
	"strings"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/rewrite"
)

// ModuleKind is how a module takes events, which its imports and exports tell.
type ModuleKind string

// Values of ModuleKind.
const (
	ModuleReactor ModuleKind = "reactor" // exports queuelet_handle
	ModuleLoop    ModuleKind = "loop"    // exports _start and imports event_next
	ModuleExtism  ModuleKind = "extism"  // imports Extism's functions
	ModuleCommand ModuleKind = "command" // exports _start and reads standard input
	// ModuleJavaScript is no module but a script, which an engine runs.
	ModuleJavaScript ModuleKind = "javascript"
	ModuleComponent  ModuleKind = "component" // not a core module: refused
	ModuleUnknown    ModuleKind = "unknown"   // has no entry for events: refused
)

// kindOfModule says what a module is.
func kindOfModule(m *rewrite.Module) ModuleKind {
	i32 := []byte{api.ValueTypeI32}
	starts := exports(m, abi.ExportStart, rewrite.FuncType{})
	switch {
	case exports(m, abi.ExportHandle, rewrite.FuncType{Params: i32, Results: i32}):
		return ModuleReactor
	case starts && importsFunction(m, abi.Module, abi.ImportEventNext):
		return ModuleLoop
	case slices.ContainsFunc(m.Imports, ofExtism):
		return ModuleExtism
	case starts && importsFunction(m, wasi_snapshot_preview1.ModuleName, "fd_read"):
		return ModuleCommand
	default:
		return ModuleUnknown
	}
}

func exports(m *rewrite.Module, name string, t rewrite.FuncType) bool {
	return slices.ContainsFunc(m.Exports, func(e rewrite.Export) bool {
		return e.Name == name && e.Kind == rewrite.KindFunction && e.Type.Equal(t)
	})
}

func importsFunction(m *rewrite.Module, module, name string) bool {
	return slices.ContainsFunc(m.Imports, func(i rewrite.Import) bool { return i.Module == module && i.Name == name })
}

// ofExtism says whether an import is one of Extism's, of today or of before its version 1.0.
func ofExtism(i rewrite.Import) bool {
	return i.Module == extismModule || i.Module == extismOldModule && strings.HasPrefix(i.Name, extismOldPrefix)
}
