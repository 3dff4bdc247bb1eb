package plugins_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// section is a section of a module whose content begins with a count.
func section(id byte, count uint64, content ...byte) []byte {
	body := append(binary.AppendUvarint(nil, count), content...)
	return append(append([]byte{id}, binary.AppendUvarint(nil, uint64(len(body)))...), body...)
}

func module(sections ...[]byte) []byte {
	return append([]byte("\x00asm\x01\x00\x00\x00"), bytes.Join(sections, nil)...)
}

// guest is a module with a loop or reactor entry and something else.
func guest(change func(m *as.Module)) []byte {
	m, in := newGuest(1)
	change(m)
	m.Func(abi.ExportHandle, handleType, nil, as.I32Const(0), as.I32Const(0), as.Call(in.reply))
	return m.Bytes()
}

// TestRefusals tries modules that cannot or must not run. Each is refused with a reason, and the version before stays.
func TestRefusals(t *testing.T) {
	const huge = 1<<32 - 1
	for name, test := range map[string]struct {
		wasm   []byte
		change func(*plugins.Function)
		text   string
	}{
		"nothing":   {wasm: []byte{}, text: "does not begin as WebAssembly does"},
		"text":      {wasm: []byte("#!/bin/sh\necho hello\n"), text: "does not begin as WebAssembly does"},
		"component": {wasm: []byte("\x00asm\x0d\x00\x01\x00"), text: "--target wasm32-wasip1"},
		"truncated": {wasm: trivial()[:100], text: "ends too early"},
		"no entry":  {wasm: module(), text: "no entry for events"},
		"entry of another type": {
			wasm: func() []byte {
				m, _ := newGuest(1)
				m.Func(abi.ExportHandle, as.Type{}, nil)
				return m.Bytes()
			}(),
			text: "no entry for events",
		},
		"main that asks for nothing": {
			wasm: func() []byte {
				m := &as.Module{}
				m.Func(abi.ExportStart, as.Type{}, nil)
				return m.Bytes()
			}(),
			text: "no entry for events",
		},
		"unknown imports": {
			wasm: func() []byte {
				m := &as.Module{}
				m.Import("env", "puts", as.Type{})
				m.Import(abi.Module, "event_peek", as.Type{})
				m.Import("wasi_snapshot_preview1", "fd_sync", as.Type{})
				m.Func(abi.ExportHandle, handleType, nil, as.I32Const(0))
				return m.Bytes()
			}(),
			text: "it imports what the host does not have: env.puts, queuelet_v1.event_peek, " +
				"wasi_snapshot_preview1.fd_sync with these parameters and results",
		},
		"imported memory": {
			wasm: module(section(2, 1, 3, 'e', 'n', 'v', 1, 'm', 2, 0, 1)), text: "env.m",
		},
		"too much memory": {
			wasm: guest(func(*as.Module) {}), change: func(f *plugins.Function) {
				m := &as.Module{}
				m.Memory(4096, -1)
				m.Func(abi.ExportHandle, handleType, nil, as.I32Const(0))
				f.Wasm = m.Bytes()
			},
			text: "raise the function's memory to 256 MiB or more",
		},
		"huge table":                   {wasm: guest(func(m *as.Module) { m.Table(1<<30, -1) }), text: "table of 1073741824 elements"},
		"shared memory":                {wasm: module(section(5, 1, 3, 1, 1)), text: "shared"},
		"memory of 64 bits":            {wasm: module(section(5, 1, 4, 1)), text: "64-bit addresses"},
		"two memories":                 {wasm: module(section(5, 2, 0, 1, 0, 1)), text: "2 memories"},
		"types that are not there":     {wasm: module(section(1, huge)), text: "types in 0 bytes"},
		"imports that are not there":   {wasm: module(section(2, huge, 0)), text: "imports in 1 bytes"},
		"functions that are not there": {wasm: module(section(3, huge)), text: "functions in 0 bytes"},
		"tables that are not there":    {wasm: module(section(4, huge)), text: "tables in 0 bytes"},
		"globals that are not there":   {wasm: module(section(6, huge)), text: "globals in 0 bytes"},
		"exports that are not there":   {wasm: module(section(7, huge)), text: "exports in 0 bytes"},
		"elements that are not there":  {wasm: module(section(9, 1, 1, 0, 0xff, 0xff, 0xff, 0x7f)), text: "elements in 0 bytes"},
		"data that is not there":       {wasm: module(section(11, 1, 1, 0xff, 0xff, 0xff, 0x7f)), text: "ends too early"},
		"more than a million functions": {
			wasm: module(section(1, 1, 0x60, 0, 0), section(3, 1_000_001, make([]byte, 1_000_001)...)), text: "1000001 functions; at most 1000000",
		},
		"more data than a module may have": {
			wasm: guest(func(m *as.Module) { m.Data(0, make([]byte, plugins.MaxModule)) }), text: "at most 67108864",
		},
		"more data than memory": {
			wasm: guest(func(m *as.Module) { m.Data(0, make([]byte, 1<<20)) }), text: "out of bounds",
		},
		"imports of Extism with other types": {
			wasm: func() []byte {
				m := &as.Module{}
				m.Import("extism:host/env", "alloc", as.Type{Params: []byte{as.I32}, Results: []byte{as.I32}})
				m.Import("extism:host/env", "destroy", as.Type{})
				m.Import("env", "extism_alloc", as.Type{})
				m.Func("handle", as.Type{}, nil)
				return m.Bytes()
			}(),
			text: "env.extism_alloc with these parameters and results, extism:host/env.alloc with these parameters and results, " +
				"extism:host/env.destroy",
		},
		"imports of a script's engine": {
			wasm: func() []byte {
				m := &as.Module{}
				m.Import("env", "host_call", as.Type{Params: []byte{as.I32, as.I32, as.I32, as.I32, as.I32}, Results: []byte{as.I32}})
				m.Func(abi.ExportHandle, handleType, nil, as.I32Const(0))
				return m.Bytes()
			}(),
			text: "env.host_call",
		},
		"a thousand million locals": {
			wasm: module(section(1, 1, 0x60, 0, 0), section(3, 1, 0), section(10, 1, 8, 1, 0x80, 0x94, 0xeb, 0xdc, 0x03, 0x7f, 0x0b)),
			text: "locals",
		},
		"function that takes minutes to compile": {
			wasm: guest(func(m *as.Module) {
				m.Func("", as.Type{}, nil, bytes.Repeat(as.Loop(as.I32Const(1), as.BrIf(0)), 100_000))
			}),
			text: "would take minutes",
		},
		"function that is too long": {
			wasm: guest(func(m *as.Module) {
				m.Func("", as.Type{}, nil, bytes.Repeat([]byte{1}, 2<<20))
			}),
			text: "function of",
		},
		"blocks in blocks": {
			wasm: guest(func(m *as.Module) {
				m.Func("", as.Type{}, nil, bytes.Repeat([]byte{2, 0x40}, 20_000), bytes.Repeat([]byte{0x0b}, 20_000))
			}),
			text: "blocks in each other",
		},
		"invalid code": {
			wasm: guest(func(m *as.Module) { m.Func("", as.Type{}, nil, as.I32Add) }), text: "compile",
		},
		"a global of the host": {
			wasm: guest(func(m *as.Module) { m.Func("", as.Type{}, nil, as.I32Const(1<<30), as.GlobalSet(0)) }), text: "index 0 of 0",
		},
		"trap at the start": {
			wasm: guest(func(m *as.Module) { m.Start(m.Func("", as.Type{}, nil, as.Unreachable)) }), text: "unreachable",
		},
		"trap at initialization": {
			wasm: guest(func(m *as.Module) { m.Func(abi.ExportInitialize, as.Type{}, nil, as.Unreachable) }), text: "unreachable",
		},
		"endless start": {
			wasm: guest(func(m *as.Module) { m.Start(m.Func("", as.Type{}, nil, as.Loop(as.Br(0)))) }), text: "timed out after",
		},
		"endless initialization": {
			wasm: guest(func(m *as.Module) { m.Func(abi.ExportInitialize, as.Type{}, nil, as.Loop(as.Br(0))) }), text: "timed out",
		},
		"data outside of the memory": {
			wasm: guest(func(m *as.Module) { m.Data(1<<16, []byte("x")) }), text: "out of bounds",
		},
		"no name":        {wasm: trivial(), change: func(f *plugins.Function) { f.Name = "" }, text: "needs a name"},
		"too little":     {wasm: trivial(), change: func(f *plugins.Function) { f.Memory = -1 }, text: "memory of"},
		"too long":       {wasm: trivial(), change: func(f *plugins.Function) { f.Timeout = time.Hour }, text: "timeout of"},
		"no concurrency": {wasm: trivial(), change: func(f *plugins.Function) { f.MaxConcurrency = -1 }, text: "concurrency of"},
		"isolation":      {wasm: trivial(), change: func(f *plugins.Function) { f.Isolation = "none" }, text: "isolation"},
		"no file":        {change: func(f *plugins.Function) { f.Path = "nowhere.wasm" }, text: "find the module"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuntime(t, func(o *plugins.Options) {
				if strings.HasPrefix(name, "endless") {
					o.InitTimeout = time.Second
				}
			})
			deploy(t, r, plugins.Function{Name: "f", Wasm: trivial()})
			f := plugins.Function{Name: "f", Wasm: test.wasm}
			if test.change != nil {
				test.change(&f)
			}
			_, err := r.Deploy(t.Context(), f)
			var refusal *plugins.DeployError
			if !errors.As(err, &refusal) || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("error %v, want %q", err, test.text)
			}
			if _, err := r.Invoke(t.Context(), "f", event("body")); err != nil {
				t.Errorf("the version before: %v", err)
			}
		})
	}
}

// TestManyFunctions deploys a module with as many functions as there may be; it takes its time but works.
func TestManyFunctions(t *testing.T) {
	functions := 1_000_000
	if testing.Short() {
		functions = 10_000 // more take long under the race detector
	}
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Wasm: guest(func(m *as.Module) {
		for range functions - 1 { // and its entry
			m.Func("", as.Type{}, nil)
		}
	})})
	if _, err := r.Invoke(t.Context(), "f", event("body")); err != nil {
		t.Error(err)
	}
}

// TestDeployTwice changes nothing when nothing has changed.
func TestDeployTwice(t *testing.T) {
	r := newRuntime(t, nil)
	f := plugins.Function{Name: "f", Wasm: trivial(), Environment: map[string]string{"A": "1"}}
	for _, step := range []struct {
		change  func()
		changed bool
	}{
		{func() {}, true},
		{func() {}, false},
		{func() { f.Environment = map[string]string{"A": "2"} }, true},
		{func() { f.Timeout = time.Second }, true},
		{func() { f.Wasm = reactor(1, nil, func(*as.Module, imports) []byte { return nil }) }, true},
		{func() {}, false},
	} {
		step.change()
		version, err := r.Deploy(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if version.Changed != step.changed || version.Function != "f" || len(version.Hash) != 64 {
			t.Errorf("%+v, want changed %t", version, step.changed)
		}
	}
}

// TestCache asks that machine code is found again, and that a cache that is broken does no harm.
func TestCache(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache")
	wasm := trivial()
	run := func() {
		r, err := plugins.New(t.Context(), plugins.Options{CacheDir: cache})
		if err != nil {
			t.Fatal(err)
		}
		deploy(t, r, plugins.Function{Name: "f", Wasm: wasm})
		if _, err := r.Invoke(t.Context(), "f", event("body")); err != nil {
			t.Error(err)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	run()
	info, err := os.Stat(cache)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the cache: %v %v", info.Mode(), err)
	}
	files := cached(t, cache)
	if len(files) == 0 {
		t.Fatal("nothing is cached")
	}
	run()
	if again := cached(t, cache); len(again) != len(files) {
		t.Errorf("cached %v, then %v", files, again)
	}
	for _, broken := range []func(b []byte) []byte{
		func([]byte) []byte { return nil },
		func(b []byte) []byte { return b[:len(b)/2] },
		func(b []byte) []byte { return bytes.Repeat([]byte{0xff}, len(b)) },
	} {
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, broken(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run()
	}
}

// TestCacheLeftovers removes what a process that was killed has left half-written, but nothing that others write now.
func TestCacheLeftovers(t *testing.T) {
	root := t.TempDir()
	entry := filepath.Join(root, "entry", "wazero")
	if err := os.MkdirAll(entry, 0o700); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * time.Hour)
	for name, written := range map[string]time.Time{"old.1.tmp": old, "new.1.tmp": time.Now(), "whole": old} {
		path := filepath.Join(entry, name)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, written, written)); err != nil {
			t.Fatal(err)
		}
	}
	newRuntime(t, func(o *plugins.Options) { o.CacheDir = root })
	if d := cmp.Diff([]string{filepath.Join(entry, "new.1.tmp"), filepath.Join(entry, "whole")}, cached(t, root)); d != "" {
		t.Error(d)
	}
}

func cached(t *testing.T, root string) (files []string) {
	t.Helper()
	if err := filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			files = append(files, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// TestDeployAfterClose is refused.
func TestDeployAfterClose(t *testing.T) {
	r, err := plugins.New(t.Context(), plugins.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Deploy(t.Context(), plugins.Function{Name: "f", Wasm: trivial()}); !errors.Is(err, plugins.ErrClosed) {
		t.Errorf("error %v", err)
	}
	if _, err := r.Invoke(t.Context(), "f", event("body")); !errors.Is(err, plugins.ErrClosed) {
		t.Errorf("error %v", err)
	}
}
