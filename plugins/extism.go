package plugins

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/rewrite"
)

// Names of Extism.
const (
	extismModule  = "extism:host/env"
	extismEntry   = "handle" // if the function's configuration names no other
	extismHaskell = "hs_init"
	extismCtors   = "__wasm_call_ctors"

	// What plugins imported before Extism 1.0.
	extismOldModule = "env"
	extismOldPrefix = "extism_"
)

// extism is a guest with the ABI of Extism: an exported function without parameters that reads its input, the event, and
// sets its output, the response, with host functions. The batch fails if it sets an error or returns anything but 0.
type extism struct{ export string }

// findExtismEntry finds the export that handles events: the one that is asked for, else handle, else a main.
func findExtismEntry(m *rewrite.Module, function, asked string) (extism, error) {
	fit := extismHandlers(m)
	candidates := []string{extismEntry, abi.ExportStart}
	if asked != "" {
		candidates = []string{asked}
	}
	for _, name := range candidates {
		if slices.Contains(fit, name) {
			return extism{export: name}, nil
		}
	}
	return extism{}, &DeployError{
		Function: function, Err: fmt.Errorf("the Extism plugin does not export %s", strings.Join(candidates, " or ")),
		Hint: "name the export that handles events as the function's handler; there are: " + strings.Join(fit, ", "),
	}
}

// extismHandlers are the exports that could handle events: those without parameters, but for what gets a language ready.
func extismHandlers(m *rewrite.Module) (names []string) {
	for _, e := range m.Exports {
		fits := e.Kind == rewrite.KindFunction && len(e.Type.Params) == 0 && isStatus(e.Type.Results)
		if fits && e.Name != abi.ExportInitialize && e.Name != extismCtors {
			names = append(names, e.Name)
		}
	}
	return names
}

// isStatus says whether a function returns what Extism's functions may: nothing, or a status of 32 bits.
func isStatus(results []byte) bool {
	return len(results) == 0 || slices.Equal(results, []byte{api.ValueTypeI32})
}

func (e extism) run(i *instance) error {
	if err := e.initialize(i); err != nil {
		return err
	}
	i.kernel.reset()
	handle := i.mod.ExportedFunction(e.export)
	returns := len(handle.Definition().ResultTypes()) > 0
	if !i.announce(nil) {
		return nil
	}
	for b := i.pause(); b != nil; b = i.pause() {
		i.phase(b.ctx, b.Deadline, b)
		if !i.kernel.take(b) {
			return &ContractError{
				Function: i.v.config.Name, Problem: "its memory has no room for the event; raise the function's memory",
			}
		}
		err := i.call(handle)
		i.exited = isExit(err, 0)
		if err != nil && !i.exited {
			return err
		}
		status := int32(0)
		if returns && !i.exited {
			status = api.DecodeI32(i.stack[0])
		}
		verdict := e.verdict(i, b, status)
		i.kernel.reset()
		i.finish(verdict)
	}
	return nil
}

// initialize gets the guest's language ready, as Extism does it.
func (extism) initialize(i *instance) error {
	initialize := i.mod.ExportedFunction(abi.ExportInitialize)
	haskell := i.mod.ExportedFunction(extismHaskell)
	if initialize == nil && haskell == nil {
		initialize = i.mod.ExportedFunction(extismCtors)
	}
	if initialize != nil && len(initialize.Definition().ParamTypes()) == 0 {
		if err := i.call(initialize); err != nil {
			return err
		}
	}
	if haskell != nil && len(haskell.Definition().ParamTypes()) == 2 {
		return i.call(haskell, 0, 0)
	}
	return nil
}

// verdict is what came of a batch whose guest has come back by itself.
func (e extism) verdict(i *instance, b *batch, status int32) error {
	name := i.v.config.Name
	switch {
	case i.kernel.cause != nil:
		return handlerError(name, i.kernel.cause)
	case status != 0:
		return &HandlerError{Function: name, Message: fmt.Sprintf("%s returned %d", e.export, status)}
	case b.reply(i.kernel.answer) != abi.OK:
		return tooBigResponse(name)
	default:
		return nil
	}
}

// next is not for plugins of Extism.
func (extism) next(*instance) int32 { return int32(abi.Invalid) }

func tooBigResponse(function string) error {
	return &ContractError{
		Function: function, Problem: fmt.Sprintf("a response of more than %d bytes", abi.MaxResponse),
	}
}
