package plugins

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/javascript"
	"github.com/queuelet/queuelet/plugins/rewrite"
)

// Report is what a module is and needs.
type Report struct {
	Kind     ModuleKind     `json:"kind"`
	Hash     string         `json:"hash"`               // SHA-256, in hexadecimal
	Size     int            `json:"size"`               // bytes
	Handlers []string       `json:"handlers,omitempty"` // exports that can handle events
	Memory   *MemoryReport  `json:"memory,omitempty"`
	Imports  []ImportReport `json:"imports,omitempty"`
	Exports  []ExportReport `json:"exports,omitempty"`
	// Stoppable says whether package rewrite can add its checks; if not, wazero's are used, which make the module many
	// times slower.
	Stoppable bool `json:"stoppable"`
	// Problem is why the module cannot be deployed; empty if it can. Hint is what to do about it, or before.
	Problem string `json:"problem,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// MemoryReport is the size of a module's memory in bytes.
type MemoryReport struct {
	Least int64 `json:"least"`
	Most  int64 `json:"most,omitempty"` // 0 if the module sets no limit
}

// ImportReport is something a module wants to have.
type ImportReport struct {
	Module  string `json:"module"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Missing bool   `json:"missing,omitempty"` // the host does not have it
}

// ExportReport is something a module offers.
type ExportReport struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Inspect looks into a module without running it. It fails if the bytes are no WebAssembly at all; a module that is fine but
// cannot be deployed has a Problem.
func Inspect(ctx context.Context, wasm []byte) (Report, error) {
	report := Report{Kind: ModuleUnknown, Hash: hashOf(wasm), Size: len(wasm)}
	if err := checkSize(int64(len(wasm))); err != nil {
		report.problem(err)
		return report, nil
	}
	m, err := rewrite.Parse(wasm)
	var refusal *rewrite.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code == rewrite.Malformed:
		return Report{}, fmt.Errorf("inspect: %w", err)
	case errors.As(err, &refusal) && refusal.Code == rewrite.Component:
		report.Kind = ModuleComponent
		report.problem(refused("", err))
		return report, nil
	case err != nil:
		report.problem(err)
		return report, nil
	}
	report.Kind = kindOfModule(m)
	_, err = m.Stoppable()
	report.Stoppable = err == nil
	if errors.As(err, &refusal) && refusal.Code != rewrite.Unsupported {
		report.problem(err)
	}
	return report, report.describe(ctx, m)
}

// InspectScript looks into a script's file without running it, with what it imports.
func InspectScript(path string) (Report, error) {
	report := Report{Kind: ModuleJavaScript, Stoppable: true}
	script, err := javascript.Bundle(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Report{}, fmt.Errorf("inspect: %w", err)
	}
	report.problem(err)
	report.Hash, report.Size = script.Hash(), len(script.Source)
	return report, nil
}

// problem keeps the first reason why the module cannot be deployed.
func (r *Report) problem(err error) {
	if err == nil || r.Problem != "" {
		return
	}
	r.Problem = err.Error()
	if deploy, ok := errors.AsType[*DeployError](err); ok {
		r.Problem, r.Hint = deploy.Err.Error(), deploy.Hint
	}
}

// describe lists what the module imports and exports, and checks it as Deploy does.
func (r *Report) describe(ctx context.Context, m *rewrite.Module) error {
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	known, err := defineHost(ctx, runtime, r.Kind, m)
	if err := errors.Join(err, runtime.Close(ctx)); err != nil {
		return err
	}
	r.Handlers = handlers(r.Kind, m)
	v := &version{kind: r.Kind, config: Function{Memory: MaxMemory}}
	err = v.check(m, known)
	if err != nil && r.Kind == ModuleExtism && len(r.Handlers) > 0 { // the function's configuration can name one
		v.config.Handler = r.Handlers[0]
		r.Hint = "name one of its exports as the function's handler"
		err = v.check(m, known)
	}
	r.problem(err)
	for _, i := range m.Imports {
		r.Imports = append(r.Imports, ImportReport{
			Module: i.Module, Name: i.Name, Type: typeText(i.Kind, i.Type), Missing: known.missing(i) != "",
		})
	}
	for _, e := range m.Exports {
		r.Exports = append(r.Exports, ExportReport{Name: e.Name, Type: typeText(e.Kind, e.Type)})
	}
	if m.Memory != nil {
		r.Memory = &MemoryReport{Least: int64(m.Memory.Min) * wasmPage}
		if m.Memory.Limited {
			r.Memory.Most = int64(m.Memory.Max) * wasmPage
		}
	}
	return nil
}

// handlers are the exports that can handle events.
func handlers(kind ModuleKind, m *rewrite.Module) []string {
	switch kind {
	case ModuleReactor:
		return []string{abi.ExportHandle}
	case ModuleLoop, ModuleCommand:
		return []string{abi.ExportStart}
	case ModuleExtism:
		return extismHandlers(m)
	case ModuleJavaScript, ModuleComponent, ModuleUnknown:
		return nil
	default:
		return nil
	}
}

// typeText is a type as people write it: (i32, i64) -> i32.
func typeText(kind rewrite.Kind, t rewrite.FuncType) string {
	switch kind {
	case rewrite.KindFunction:
		text := "(" + valueTypes(t.Params) + ")"
		if len(t.Results) > 0 {
			text += " -> " + valueTypes(t.Results)
		}
		return text
	case rewrite.KindTable:
		return "table"
	case rewrite.KindMemory:
		return "memory"
	case rewrite.KindGlobal:
		return "global"
	default:
		return "unknown"
	}
}

func valueTypes(types []byte) string {
	names := make([]string, 0, len(types))
	for _, t := range types {
		names = append(names, api.ValueTypeName(t))
	}
	return strings.Join(names, ", ")
}
