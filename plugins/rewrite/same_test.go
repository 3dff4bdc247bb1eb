package rewrite_test

import (
	"bytes"
	"context"
	"hash/maphash"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/queuelet/queuelet/plugins/rewrite"
)

// end is how a run ended.
type end struct {
	result uint64
	trap   string
	memory uint64 // hash, if there was no trap
	size   uint32
}

var seed = maphash.MakeSeed()

// run calls the function "run" of a module.
func run(tb testing.TB, config wazero.RuntimeConfig, wasm []byte, m *memory) end {
	tb.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(features).WithDebugInfoEnabled(false))
	defer r.Close(ctx)
	instantiation := ctx
	if m != nil {
		instantiation = experimental.WithMemoryAllocator(ctx, m)
	}
	mod, err := r.InstantiateWithConfig(instantiation, wasm, wazero.NewModuleConfig())
	if err != nil {
		tb.Fatal(err)
	}
	results, err := mod.ExportedFunction("run").Call(ctx, 12345, 678)
	if err != nil {
		return end{trap: trap(err)}
	}
	return end{
		result: results[0], size: mod.Memory().Size(),
		memory: maphash.Bytes(seed, view(mod)),
	}
}

func view(mod api.Module) []byte {
	b, _ := mod.Memory().Read(0, mod.Memory().Size())
	return b
}

// compare runs a module as it is and made stoppable, and asks for the same end.
func compare(tb testing.TB, config wazero.RuntimeConfig, wasm []byte) end {
	tb.Helper()
	module, err := rewrite.Parse(wasm)
	if err != nil {
		tb.Fatal(err)
	}
	stoppable, err := module.Stoppable()
	if err != nil {
		tb.Fatal(err)
	}
	want, got := run(tb, config, wasm, nil), run(tb, config, stoppable, newMemory(module))
	if want != got {
		tb.Errorf("ended with %+v, stoppable with %+v\n%x", want, got, wasm)
	}
	return want
}

// TestSame compares random modules with their stoppable forms.
func TestSame(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	random := rand.New(rand.NewPCG(1, 2))
	trapped, differ := 0, map[uint64]bool{}
	const modules = 300
	for range modules {
		data := make([]byte, 20+random.IntN(400))
		for n := range data {
			data[n] = byte(random.Uint32())
		}
		e := compare(t, wazero.NewRuntimeConfig(), generate(data))
		if e.trap != "" {
			trapped++
		}
		differ[e.memory] = true
	}
	if trapped == 0 || trapped > modules*9/10 || len(differ) < modules/20 {
		t.Errorf("of %d modules %d trapped, and memory ended in %d ways: too dull", modules, trapped, len(differ))
	}
}

// FuzzSame does so for modules that fuzzing comes up with.
func FuzzSame(f *testing.F) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		data := make([]byte, 200)
		for n := range data {
			data[n] = byte(random.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 300 {
			return
		}
		compare(t, wazero.NewRuntimeConfigInterpreter(), generate(data)) // compiling is slow under the fuzzer
	})
}

// FuzzStoppable takes bytes for a module. Parse must say no, or wazero must have the same opinion of the module as it is and
// of its stoppable form.
func FuzzStoppable(f *testing.F) {
	for _, data := range [][]byte{{}, {1, 2, 3}, bytes.Repeat([]byte{4, 200, 10, 7, 5, 6, 11}, 30)} {
		f.Add(generate(data))
	}
	if !testing.Short() { // some of these fill gigabytes
		for name := range endless {
			f.Add(endlessModule(name))
		}
	}
	f.Fuzz(func(t *testing.T, wasm []byte) {
		module, err := rewrite.Parse(wasm)
		if err != nil {
			return
		}
		stoppable, err := module.Stoppable()
		if err != nil {
			return
		}
		ctx := context.Background()
		r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().
			WithCoreFeatures(features).WithDebugInfoEnabled(false))
		defer r.Close(ctx)
		_, want := r.CompileModule(ctx, wasm)
		_, got := r.CompileModule(ctx, stoppable)
		if want == nil && got != nil {
			t.Errorf("the stoppable form is invalid: %v", got)
		}
		if want != nil && got == nil && !tolerated(want) {
			t.Errorf("the module is invalid and its stoppable form is not: %v", want)
		}
		if _, err := r.CompileModule(ctx, module.Plain()); want == nil && err != nil {
			t.Errorf("the plain form is invalid: %v", err)
		}
	})
}

// tolerated are reasons why a module is invalid that go away with what is dropped or added, and do no harm.
func tolerated(err error) bool {
	for _, reason := range []string{"undeclared function", "section custom", "name"} {
		if strings.Contains(err.Error(), reason) {
			return true
		}
	}
	return false
}
