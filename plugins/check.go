package plugins

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/rewrite"
)

// refused explains why a module cannot even be read.
func refused(function string, err error) error {
	deploy := &DeployError{Function: function, Err: err}
	var refusal *rewrite.Error
	if errors.As(err, &refusal) && refusal.Code == rewrite.Component {
		deploy.Hint = "build a core module for WASI preview 1 instead, as with --target wasm32-wasip1"
	}
	return deploy
}

// check finds the module's entry and its memory, and refuses a module that could not run.
func (v *version) check(m *rewrite.Module, known known) error {
	if missing := missingImports(m, known); len(missing) > 0 {
		return &DeployError{
			Function: v.config.Name,
			Err:      fmt.Errorf("it imports what the host does not have: %s", strings.Join(missing, ", ")),
			Hint:     "functions get " + abi.Module + ", " + extismModule + " and WASI preview 1",
		}
	}
	if err := v.findEntry(m); err != nil {
		return err
	}
	if err := v.checkRestore(m); err != nil {
		return err
	}
	v.least, v.most = 0, 0
	if m.Memory == nil {
		return nil
	}
	v.least, v.most = int64(m.Memory.Min)*wasmPage, v.config.Memory
	if m.Memory.Limited {
		v.most = min(v.most, int64(m.Memory.Max)*wasmPage)
	}
	if v.least > v.config.Memory {
		return &DeployError{
			Function: v.config.Name,
			Err:      fmt.Errorf("it starts with %d bytes of memory and may have %d", v.least, v.config.Memory),
			Hint:     fmt.Sprintf("raise the function's memory to %d MiB or more", (v.least+1<<20-1)>>20),
		}
	}
	return nil
}

// missingImports lists the imports that are unknown or have another type than the host's.
func missingImports(m *rewrite.Module, known known) (missing []string) {
	for _, i := range m.Imports {
		if text := known.missing(i); text != "" {
			missing = append(missing, text)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// missing says what is wrong with an import, and nothing if the host has it.
func (k known) missing(i rewrite.Import) string {
	f, ok := k[i.Module][i.Name]
	switch name := i.Module + "." + i.Name; {
	case !ok || i.Kind != rewrite.KindFunction:
		return name
	case !slices.Equal(f.ParamTypes(), i.Type.Params) || !slices.Equal(f.ResultTypes(), i.Type.Results):
		return name + " with these parameters and results"
	default:
		return ""
	}
}

// findEntry finds the way into the module.
func (v *version) findEntry(m *rewrite.Module) (err error) {
	switch v.kind {
	case ModuleReactor:
		v.entry = reactor{}
	case ModuleLoop:
		v.entry = loop{}
	case ModuleCommand:
		v.entry, v.once = command{}, true
	case ModuleExtism:
		found, missing := findExtismEntry(m, v.config.Name, v.config.Handler)
		v.entry, v.once, err = found, found.export == abi.ExportStart, missing
	case ModuleJavaScript:
		v.entry = newScript(*v.script, v.config.Handler)
	case ModuleComponent, ModuleUnknown:
		err = &DeployError{
			Function: v.config.Name, Err: errors.New("it has no entry for events"),
			Hint: fmt.Sprintf("export %s(i32) -> i32, or a %s that calls %s.%s or reads standard input; "+
				"in Go, call queuelet.Start in main", abi.ExportHandle, abi.ExportStart, abi.Module, abi.ImportEventNext),
		}
	}
	v.once = v.once || v.config.Isolation == IsolationFresh
	return err
}
