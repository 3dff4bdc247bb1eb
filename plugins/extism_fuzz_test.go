package plugins_test

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// extismSteps are the functions that FuzzExtism calls, with how many numbers they take and whether they return one.
var extismSteps = []struct {
	name    string
	params  int
	returns bool
}{
	{"alloc", 1, true},
	{"free", 1, false},
	{"length", 1, true},
	{"load_u64", 1, true},
	{"store_u64", 2, false},
	{"input_load_u64", 1, true},
	{"input_set", 2, false},
	{"output_set", 2, false},
	{"error_set", 1, false},
	{"var_set", 2, false},
	{"var_get", 1, true},
	{"config_get", 1, true},
	{"http_request", 2, true},
	{"http_headers", 0, true},
	{"log_info", 1, false},
}

// extismProgram is a plugin that runs steps: a function, and for each of its parameters a number or what the last step
// has returned. Nine bytes make a number.
func extismProgram(steps []byte) []byte {
	names := make([]string, 0, len(extismSteps))
	for _, s := range extismSteps {
		names = append(names, s.name)
	}
	return extismPlugin(func(in map[string]uint32) (code []byte) {
		for n := 0; len(steps) > 0 && n < 200; n++ {
			step := extismSteps[int(steps[0])%len(extismSteps)]
			steps = steps[1:]
			for range step.params {
				var number [9]byte
				steps = steps[copy(number[:], steps):]
				value := as.I64Const(int64(binary.LittleEndian.Uint64(number[1:])))
				switch number[0] % 3 {
				case 0:
					value = as.Get(0)
				case 1:
					value = cat(as.Get(0), value, []byte{0x7c}) // i64.add
				}
				code = append(code, value...)
			}
			code = append(code, as.Call(in[step.name])...)
			if step.returns {
				code = append(code, as.Set(0)...)
			}
		}
		return code
	}, names...)
}

// FuzzExtism calls Extism's functions with any numbers, in any order. Whatever comes of it, the host goes on.
func FuzzExtism(f *testing.F) {
	number := func(kind byte, n uint64) []byte {
		return append([]byte{kind}, binary.LittleEndian.AppendUint64(nil, n)...)
	}
	f.Add([]byte{})
	f.Add(cat([]byte{0}, number(2, 64), []byte{4}, number(0, 0), number(2, 42), []byte{7}, number(0, 0), number(2, 64)))
	f.Add(cat([]byte{0}, number(2, 1<<40), []byte{3}, number(2, 1<<63), []byte{8}, number(2, 1)))
	f.Add(cat([]byte{0}, number(2, 8), []byte{9}, number(0, 0), number(0, 0), []byte{1}, number(0, 0), []byte{10}, number(0, 0)))
	f.Add(cat([]byte{6}, number(2, 16), number(2, 1), []byte{5}, number(2, 0), []byte{12}, number(2, 16), number(2, 0), []byte{13}))
	r, err := plugins.New(f.Context(), plugins.Options{Services: gateway{}, MemoryBudget: 64 << 20})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = r.Close(f.Context()) })
	deploy(f, r, plugins.Function{Name: "good", Wasm: trivial()})
	f.Fuzz(func(t *testing.T, steps []byte) {
		if _, err := r.Deploy(t.Context(), plugins.Function{Name: "f", Wasm: extismProgram(steps), Memory: 4 << 20}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			inv := event("body")
			inv.Deadline = time.Now().Add(10 * time.Second)
			_, err := r.Invoke(t.Context(), "f", inv)
			expected := []plugins.Kind{plugins.KindNone, plugins.KindContract, plugins.KindHandler}
			if !slices.Contains(expected, plugins.KindOf(err)) {
				t.Errorf("error %v", err)
			}
		}
		if _, err := r.Invoke(t.Context(), "good", event("body")); err != nil {
			t.Error(err)
		}
	})
}

// FuzzInspect looks into anything.
func FuzzInspect(f *testing.F) {
	f.Add(trivial())
	f.Add(extismProgram(nil))
	f.Add([]byte("\x00asm\x0d\x00\x01\x00"))
	f.Add(module(section(5, 1, 3, 1, 1)))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		report, err := plugins.Inspect(t.Context(), wasm)
		if err == nil && (report.Size != len(wasm) || report.Kind == "") {
			t.Errorf("%+v", report)
		}
	})
}
