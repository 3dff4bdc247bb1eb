package plugins_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestInspectKinds tells modules from each other.
func TestInspectKinds(t *testing.T) {
	for name, test := range map[string]struct {
		wasm     []byte
		kind     plugins.ModuleKind
		handlers []string
		problem  string
		hint     string
	}{
		"reactor":       {trivial(), plugins.ModuleReactor, []string{"queuelet_handle"}, "", ""},
		"Go main":       {read(t, goGuest(t, "orders")), plugins.ModuleLoop, []string{"_start"}, "", ""},
		"Go plugin":     {read(t, extismGuest(t)), plugins.ModuleExtism, []string{"handle"}, "", ""},
		"Go program":    {read(t, goGuest(t, "command")), plugins.ModuleCommand, []string{"_start"}, "", ""},
		"component":     {[]byte("\x00asm\x0d\x00\x01\x00"), plugins.ModuleComponent, nil, "component", "--target wasm32-wasip1"},
		"empty module":  {module(), plugins.ModuleUnknown, nil, "no entry for events", "queuelet.Start"},
		"shared memory": {module(section(5, 1, 3, 1, 1)), plugins.ModuleUnknown, nil, "shared", ""},
		"too big":       {make([]byte, plugins.MaxModule+1), plugins.ModuleUnknown, nil, "at most", ""},
		"code that takes long": {guest(func(m *as.Module) {
			m.Func("", as.Type{}, nil, bytes.Repeat(as.Loop(as.I32Const(1), as.BrIf(0)), 100_000))
		}), plugins.ModuleReactor, []string{"queuelet_handle"}, "would take minutes", ""},
		"unknown import": {func() []byte {
			m := &as.Module{}
			m.Import("env", "puts", as.Type{})
			m.Func(abi.ExportHandle, handleType, nil, as.I32Const(0))
			return m.Bytes()
		}(), plugins.ModuleReactor, []string{"queuelet_handle"}, "env.puts", "functions get"},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := plugins.Inspect(t.Context(), test.wasm)
			if err != nil {
				t.Fatal(err)
			}
			if report.Kind != test.kind || !slices.Equal(report.Handlers, test.handlers) || report.Size != len(test.wasm) ||
				!strings.Contains(report.Problem, test.problem) || (report.Problem == "") != (test.problem == "") ||
				!strings.Contains(report.Hint, test.hint) {
				t.Errorf("%+v", report)
			}
		})
	}
	if _, err := plugins.Inspect(t.Context(), []byte("#!/bin/sh\n")); err == nil || !strings.Contains(err.Error(), "does not begin") {
		t.Errorf("error %v", err)
	}
}

// TestInspect describes a module.
func TestInspect(t *testing.T) {
	m := &as.Module{}
	m.Import(abi.Module, abi.ImportEventReply, as.Type{Params: []byte{as.I32, as.I32}, Results: []byte{as.I32}})
	m.Import("env", "puts", as.Type{Params: []byte{as.I64, as.F64}})
	m.Memory(2, 16)
	m.Func(abi.ExportHandle, handleType, nil, as.I32Const(0))
	got, err := plugins.Inspect(t.Context(), m.Bytes())
	want := plugins.Report{
		Kind: plugins.ModuleReactor, Size: len(m.Bytes()), Handlers: []string{"queuelet_handle"}, Stoppable: true,
		Memory: &plugins.MemoryReport{Least: 2 << 16, Most: 16 << 16},
		Imports: []plugins.ImportReport{
			{Module: "queuelet_v1", Name: "event_reply", Type: "(i32, i32) -> i32"},
			{Module: "env", Name: "puts", Type: "(i64, f64)", Missing: true},
		},
		Exports: []plugins.ExportReport{{Name: "memory", Type: "memory"}, {Name: "queuelet_handle", Type: "(i32) -> i32"}},
		Problem: "it imports what the host does not have: env.puts",
		Hint:    "functions get queuelet_v1, extism:host/env and WASI preview 1",
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(plugins.Report{}, "Hash")); err != nil || diff != "" || len(got.Hash) != 64 {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
}
