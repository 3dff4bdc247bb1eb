package rewrite_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/queuelet/queuelet/plugins/rewrite"
)

// wazeroDir is where wazero's source is, with the tests of the WebAssembly specification.
func wazeroDir(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Skip("the source of wazero is not there: ", err)
	}
	return strings.TrimSpace(string(out))
}

// script is a test of the specification, as wast2json writes it.
type script struct {
	Commands []command `json:"commands"`
}

type command struct {
	Type     string `json:"type"`
	Line     int    `json:"line"`
	Filename string `json:"filename"`
	Name     string `json:"name"` // of the module
	As       string `json:"as"`   // register
	Action   struct {
		Type   string  `json:"type"`
		Module string  `json:"module"`
		Field  string  `json:"field"`
		Args   []value `json:"args"`
	} `json:"action"`
}

type value struct {
	Type  string          `json:"type"`
	Lane  string          `json:"lane_type"`
	Value json.RawMessage `json:"value"`
}

// words are the value as wazero takes it.
func (v value) words() []uint64 {
	if v.Type != "v128" {
		var text string
		if json.Unmarshal(v.Value, &text) != nil || text == "null" {
			return []uint64{0}
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return []uint64{0}
		}
		return []uint64{n}
	}
	var lanes []string
	if json.Unmarshal(v.Value, &lanes) != nil {
		return []uint64{0, 0}
	}
	words := []uint64{0, 0}
	width := 128 / len(lanes)
	for at, text := range lanes {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			n = 0x7ff8 << 48 >> (64 - width) // a NaN
		}
		words[at*width/64] |= n << (at * width % 64)
	}
	return words
}

// world is one run of a script.
type world struct {
	runtime   wazero.Runtime
	stoppable bool
	modules   map[string]api.Module
	last      api.Module
}

func newWorld(t *testing.T, stoppable bool, spectest []byte) *world {
	t.Helper()
	w := &world{
		runtime: wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfig().
			WithCoreFeatures(features).WithDebugInfoEnabled(false)),
		stoppable: stoppable, modules: map[string]api.Module{},
	}
	if _, err := w.runtime.InstantiateWithConfig(t.Context(), spectest, wazero.NewModuleConfig()); err != nil {
		t.Fatal(err)
	}
	return w
}

// load instantiates a module, and returns what a failure says.
func (w *world) load(ctx context.Context, c command, wasm []byte) string {
	if w.stoppable {
		module, err := rewrite.Parse(wasm)
		if err != nil {
			return "refused: " + err.Error()
		}
		if wasm, err = module.Stoppable(); err != nil {
			return "refused: " + err.Error()
		}
		ctx = experimental.WithMemoryAllocator(ctx, newMemory(module))
	}
	compiled, err := w.runtime.CompileModule(ctx, wasm)
	if err != nil {
		return invalid
	}
	w.last, err = w.runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(c.As).WithStartFunctions())
	if err != nil {
		return trap(err)
	}
	if c.Name != "" {
		w.modules[c.Name] = w.last
	}
	if start := w.last.ExportedFunction(rewrite.StartExport); start != nil {
		_, err = start.Call(ctx)
	}
	return trap(err)
}

// act calls a function or reads a global.
func (w *world) act(ctx context.Context, c command) ([]uint64, string) {
	module := w.last
	if c.Action.Module != "" {
		module = w.modules[c.Action.Module]
	}
	if module == nil {
		return nil, "no module"
	}
	if c.Action.Type == "get" {
		if global := module.ExportedGlobal(c.Action.Field); global != nil {
			return []uint64{global.Get()}, ""
		}
		return nil, "no global"
	}
	function := module.ExportedFunction(c.Action.Field)
	if function == nil {
		return nil, "no function"
	}
	var args []uint64
	for _, a := range c.Action.Args {
		args = append(args, a.words()...)
	}
	results, err := function.Call(ctx, args...)
	if err != nil {
		return nil, trap(err)
	}
	for at, t := range function.Definition().ResultTypes() {
		if t == api.ValueTypeExternref || t == 0x70 { // addresses
			results[at] = min(results[at], 1)
		}
	}
	return results, ""
}

const invalid = "invalid"

func isRefusal(failure string) bool {
	return failure == invalid || strings.HasPrefix(failure, "refused: ")
}

// trap is the kind of a failure, without where it happened.
func trap(err error) string {
	if err == nil {
		return ""
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// TestSpecification runs the tests of the WebAssembly specification that wazero carries on modules as they are and made
// stoppable, side by side: whatever happens has to happen in both.
func TestSpecification(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	root := filepath.Join(wazeroDir(t), "internal", "integration_test", "spectest")
	spectest, err := os.ReadFile(filepath.Join(root, "testdata", "spectest.wasm"))
	if err != nil {
		t.Skip("the specification's tests are not there: ", err)
	}
	for _, part := range []string{"v2", "tail-call", "extended-const"} {
		scripts, err := filepath.Glob(filepath.Join(root, part, "testdata", "*.json"))
		if err != nil || len(scripts) == 0 {
			t.Fatalf("no scripts in %s: %v", part, err)
		}
		for _, path := range scripts {
			if strings.HasPrefix(filepath.Base(path), "skip-stack-guard") {
				continue // it is about the stack of one engine, and slow
			}
			t.Run(part+"/"+strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
				runScript(t, path, spectest)
			})
		}
	}
}

// beyond says whether a module is of a kind that no function of queuelet can be: it imports a memory, or starts with all of
// 4 GiB.
func beyond(wasm []byte) bool {
	m, err := rewrite.Parse(wasm)
	return err == nil && (m.Memory != nil && m.Memory.Min > 1<<16-1 ||
		slices.ContainsFunc(m.Imports, func(i rewrite.Import) bool { return i.Kind == rewrite.KindMemory }))
}

func runScript(t *testing.T, path string, spectest []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s script
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	plain, stoppable := newWorld(t, false, spectest), newWorld(t, true, spectest)
	defer plain.runtime.Close(ctx)
	defer stoppable.runtime.Close(ctx)
	for at, c := range s.Commands {
		if next := s.Commands[min(at+1, len(s.Commands)-1)]; next.Type == "register" {
			c.As = next.As
		}
		switch c.Type {
		case "module", "assert_uninstantiable", "assert_unlinkable":
			if !strings.HasSuffix(c.Filename, ".wasm") {
				continue
			}
			wasm, err := os.ReadFile(filepath.Join(filepath.Dir(path), c.Filename))
			if err != nil {
				t.Fatal(err)
			}
			if beyond(wasm) {
				continue
			}
			want, got := plain.load(ctx, c, wasm), stoppable.load(ctx, c, wasm)
			if want != got && want != invalid && c.Type != "assert_unlinkable" {
				t.Errorf("line %d: %s: %q, stoppable %q", c.Line, c.Filename, want, got)
			}
		case "assert_invalid", "assert_malformed":
			if !strings.HasSuffix(c.Filename, ".wasm") {
				continue
			}
			wasm, err := os.ReadFile(filepath.Join(filepath.Dir(path), c.Filename))
			if err != nil {
				t.Fatal(err)
			}
			if c.Filename == "ref_func.5.wasm" {
				continue // it refers to its start function without declaring it, which exporting it does
			}
			if plain.load(ctx, c, wasm) == invalid && !isRefusal(stoppable.load(ctx, c, wasm)) {
				t.Errorf("line %d: %s is invalid, and its stoppable form is not", c.Line, c.Filename)
			}
		case "action", "assert_return", "assert_trap", "assert_exhaustion":
			want, wantTrap := plain.act(ctx, c)
			got, gotTrap := stoppable.act(ctx, c)
			if !slices.Equal(want, got) || wantTrap != gotTrap {
				t.Errorf("line %d: %s: %x %q, stoppable %x %q", c.Line, c.Action.Field, want, wantTrap, got, gotTrap)
			}
		}
	}
}
