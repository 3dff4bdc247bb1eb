package plugins_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// extismGuest builds testdata/extism, once for all tests, and returns the module's path.
func extismGuest(tb testing.TB) string {
	tb.Helper()
	out := filepath.Join(dir, "extism.wasm")
	once, _ := built.LoadOrStore("extism", sync.OnceValue(func() error {
		command := exec.Command("go", "build", "-buildmode=c-shared", "-o", out, ".")
		command.Dir = filepath.Join("testdata", "extism")
		command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, output)
		}
		return nil
	}))
	if err := once.(func() error)(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// gateway is a host with http.fetch, which answers with what it was asked.
type gateway struct{ err error }

func (g gateway) Call(_ context.Context, _ plugins.Caller, operation string, request []byte) ([]byte, error) {
	if operation != "http.fetch" || g.err != nil {
		return nil, g.err
	}
	header, body, err := abi.SplitFrame(request)
	if err != nil {
		return nil, err
	}
	var asked abi.FetchRequest
	if err := json.Unmarshal(header, &asked); err != nil {
		return nil, err
	}
	answer := fmt.Sprint(asked.Method, " ", asked.URL, " ", asked.Headers["X-Name"], " ", string(body))
	header, err = json.Marshal(abi.FetchResponse{Status: 201, Headers: map[string][]string{"X-Answer": {"yes", "indeed"}}})
	return abi.AppendFrame(nil, header, []byte(answer)), err
}

// TestExtismGo runs a plugin of Extism's kit for Go.
func TestExtismGo(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	services := &gateway{}
	r := newRuntime(t, func(o *plugins.Options) { o.Services = services })
	deploy(t, r, plugins.Function{
		Name: "f", Path: extismGuest(t), MaxConcurrency: 1, Environment: map[string]string{"KEY": "value"},
	})
	for body, want := range map[string]string{
		"config": "value true", "no config": "false",
		"http": "201 POST https://example.com/path [value] body yes,indeed",
	} {
		if got := answer(t, r, "f", body); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	for _, want := range []string{"1", "2", "3"} {
		if got := answer(t, r, "f", "count"); got != want {
			t.Errorf("counted %s, want %s", got, want)
		}
	}
	if got := answer(t, r, "f", "forget"); got != "true" {
		t.Errorf("forgotten: %s", got)
	}
	inv := event("good", "bad", "good")
	result, err := r.Invoke(t.Context(), "f", inv)
	if err != nil {
		t.Fatal(err)
	}
	failures, err := abi.ParseResponse(result.Response, inv.MessageIDs)
	if diff := cmp.Diff([]abi.BatchItemFailure{{ItemIdentifier: "message-1"}}, failures); err != nil || diff != "" {
		t.Errorf("error %v, failures %s", err, diff)
	}
	for body, want := range map[string]struct {
		kind plugins.Kind
		text string
	}{
		"error":  {plugins.KindHandler, "failed: Type: message"},
		"status": {plugins.KindHandler, "handle returned 3"},
		"panic":  {plugins.KindCrash, "panic: asked to panic"},
		"spin":   {plugins.KindTimeout, "timed out"},
	} {
		inv := event(body)
		inv.Deadline = time.Now().Add(time.Minute)
		if want.kind == plugins.KindTimeout {
			inv.Deadline = time.Now().Add(2 * time.Second)
		}
		if _, err := r.Invoke(t.Context(), "f", inv); plugins.KindOf(err) != want.kind || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: error %v, want %q", body, err, want.text)
		}
	}
	// A request that is not sent looks to the guest like one that a gateway has refused.
	for _, test := range []struct {
		err  error
		want string
	}{
		{abi.Denied, "403 the request was not sent: not granted to this function"},
		{fmt.Errorf("dial: %w", abi.TimedOut), "504 the request was not sent: timed out"},
		{errors.New("broken"), "502 the request was not sent: failed, try again"},
	} {
		services.err = test.err
		if got := strings.TrimSpace(answer(t, r, "f", "http")); got != test.want {
			t.Errorf("%v: %q, want %q", test.err, got, test.want)
		}
	}
}

// TestExtismLog logs with a level.
func TestExtismLog(t *testing.T) {
	log := newRecorder()
	r := newRuntime(t, func(o *plugins.Options) { o.Logger = slog.New(log) })
	deploy(t, r, plugins.Function{Name: "f", Path: extismGuest(t)})
	if _, err := r.Invoke(t.Context(), "f", event("log")); err != nil {
		t.Fatal(err)
	}
	text := log.text()
	for _, want := range []string{"ERROR an error", "DEBUG a detail"} {
		if !slices.ContainsFunc(text, func(line string) bool { return strings.HasPrefix(line, want) }) {
			t.Errorf("%q is not logged: %q", want, text)
		}
	}
}

// extismKit is the directory of the plugins that Extism's SDK for Go is tested with.
func extismKit(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "mod", "download", "-json", "github.com/extism/go-sdk@v1.7.1").Output()
	var module struct{ Dir string }
	if err != nil || json.Unmarshal(out, &module) != nil || module.Dir == "" {
		t.Skipf("the SDK is not to be had: %v", err)
	}
	return filepath.Join(module.Dir, "wasm")
}

// TestExtismKits runs plugins that other compilers have made: C, Rust, TinyGo, Go and Haskell.
func TestExtismKits(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	kit := extismKit(t)
	r := newRuntime(t, func(o *plugins.Options) { o.Services = gateway{} })
	for name, test := range map[string]struct {
		handler string
		input   string
		config  map[string]string
		want    string // in the response
		kind    plugins.Kind
		text    string // in the error
	}{
		"count_vowels.wasm":     {handler: "count_vowels", input: "hello world", want: `"count":3`},
		"count_vowels_std.wasm": {input: "hello world", want: `"count": 3`},
		"std_command.wasm":      {input: `{"name":"World"}`, want: ""},
		"config.wasm":           {handler: "run_test", config: map[string]string{"thing": "gotten"}, want: "gotten"},
		"alloc.wasm":            {handler: "run_test", want: ""},
		"hello.wasm":            {handler: "run_test", want: "Hello, world!"},
		"fail.wasm":             {handler: "run_test", kind: plugins.KindHandler, text: "Some error message"},
		"hello_haskell.wasm":    {handler: "testing", input: "Haskell", want: "Hello, Haskell"},
		"input_offset.wasm":     {handler: "input_offset_length", input: "hello world", want: ""},
		"replace.wasm":          {handler: "run_test", input: "Hello, World!", want: ""},
		"var.wasm":              {handler: "run_test", want: ""},
		"log.wasm":              {handler: "run_test", want: ""},
		"exit.wasm":             {config: map[string]string{"code": "2"}, kind: plugins.KindCrash, text: "exit code 2"},
		"http.wasm":             {handler: "run_test", want: "GET https://jsonplaceholder.typicode.com/todos/1"},
		"http_headers.wasm":     {handler: "http_get", input: `{"url":"https://example.com"}`, want: `"x-answer":"yes,indeed"`},
	} {
		t.Run(name, func(t *testing.T) {
			deploy(t, r, plugins.Function{
				Name: name, Path: filepath.Join(kit, name), Handler: test.handler, Environment: test.config,
			})
			for range 2 { // the same again, on the same instance or a new one
				result, err := r.Invoke(t.Context(), name, plugins.Invocation{Event: []byte(test.input)})
				if plugins.KindOf(err) != test.kind || err != nil && !strings.Contains(err.Error(), test.text) {
					t.Fatalf("kind %q, error %v; want %q and %q", plugins.KindOf(err), err, test.kind, test.text)
				}
				if !bytes.Contains(result.Response, []byte(test.want)) {
					t.Errorf("response %q, want %q", result.Response, test.want)
				}
			}
		})
	}
	// Plugins that need functions of their own host cannot run.
	_, err := r.Deploy(t.Context(), plugins.Function{Name: "user", Path: filepath.Join(kit, "host.wasm"), Handler: "run_test"})
	if err == nil || !strings.Contains(err.Error(), "extism:host/user.mult") {
		t.Errorf("error %v", err)
	}
}

// extismImports are the types of the functions that assembled plugins use.
func extismImports(m *as.Module, names ...string) map[string]uint32 {
	one, two := []byte{as.I64}, []byte{as.I64, as.I64}
	types := map[string]as.Type{
		"alloc": {Params: one, Results: one}, "free": {Params: one}, "length": {Params: one, Results: one},
		"load_u8": {Params: one, Results: []byte{as.I32}}, "load_u64": {Params: one, Results: one},
		"store_u8": {Params: []byte{as.I64, as.I32}}, "store_u64": {Params: two},
		"input_length": {Results: one}, "input_load_u8": {Params: one, Results: []byte{as.I32}},
		"input_load_u64": {Params: one, Results: one}, "input_set": {Params: two}, "output_set": {Params: two},
		"error_set": {Params: one}, "var_set": {Params: two}, "var_get": {Params: one, Results: one},
		"config_get": {Params: one, Results: one}, "http_request": {Params: two, Results: one},
		"http_headers": {Results: one}, "log_info": {Params: one},
	}
	all := map[string]uint32{}
	for _, name := range names {
		module, short := "extism:host/env", name
		if old, ok := strings.CutPrefix(name, "extism_"); ok {
			module, short = "env", old
		}
		all[name] = m.Import(module, name, types[short])
	}
	return all
}

// extismPlugin is a plugin whose handle runs code and returns 0.
func extismPlugin(code func(in map[string]uint32) []byte, names ...string) []byte {
	m := &as.Module{}
	in := extismImports(m, names...)
	m.Memory(1, -1)
	m.Func("handle", as.Type{Results: []byte{as.I32}}, []byte{as.I64}, code(in), as.I32Const(0))
	return m.Bytes()
}

// TestExtismOld runs a plugin with the imports of before Extism 1.0.
func TestExtismOld(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Wasm: extismPlugin(func(in map[string]uint32) []byte {
		return cat(as.I64Const(2), as.Call(in["extism_alloc"]), as.Set(0),
			as.Get(0), as.I32Const('4'), as.Call(in["extism_store_u8"]),
			as.Get(0), []byte{0x42, 1, 0x7c}, as.I32Const('2'), as.Call(in["extism_store_u8"]), // i64.const 1, i64.add
			as.Get(0), as.Get(0), as.Call(in["extism_length"]), as.Call(in["extism_output_set"]))
	}, "extism_alloc", "extism_store_u8", "extism_length", "extism_output_set")})
	if got := call(t, r, "f"); got != "42" {
		t.Errorf("response %q", got)
	}
}

// TestExtismPointers gives every function of Extism offsets that are not there.
func TestExtismPointers(t *testing.T) {
	offsets := map[string]int64{"beyond": 1 << 20, "negative": -1, "greatest": 1<<63 - 1, "wraps around": -8}
	one := func(name string, at int64, after ...[]byte) func(in map[string]uint32) []byte {
		return func(in map[string]uint32) []byte { return cat(as.I64Const(at), as.Call(in[name]), cat(after...)) }
	}
	two := func(name string, a, b int64) func(in map[string]uint32) []byte {
		return func(in map[string]uint32) []byte { return cat(as.I64Const(a), as.I64Const(b), as.Call(in[name])) }
	}
	r := newRuntime(t, nil)
	for what, at := range offsets {
		for name, test := range map[string]struct {
			code  func(in map[string]uint32) []byte
			fatal bool
		}{
			"load_u8":   {one("load_u8", at, as.Drop), true},
			"load_u64":  {one("load_u64", at, as.Drop), true},
			"store_u64": {two("store_u64", at, 1), true},
			"store_u8": {func(in map[string]uint32) []byte {
				return cat(as.I64Const(at), as.I32Const(1), as.Call(in["store_u8"]))
			}, true},
			"input_load_u8":          {one("input_load_u8", at, as.Drop), true},
			"input_load_u64":         {one("input_load_u64", at, as.Drop), true},
			"output_set":             {two("output_set", at, 1), true},
			"output_set of a length": {two("output_set", 0, at), true},
			"input_set":              {two("input_set", at, 1), true},
			"error_set":              {one("error_set", at), true},
			"var_set":                {two("var_set", 0, at), true},
			"alloc":                  {one("alloc", at, as.Drop), false},
			"free":                   {one("free", at), false},
			"length":                 {one("length", at, as.Drop), false},
			"log_info":               {one("log_info", at), false},
			"var_get":                {one("var_get", at, as.Drop), false},
			"config_get":             {one("config_get", at, as.Drop), false},
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				imported, _, _ := strings.Cut(name, " ")
				deploy(t, r, plugins.Function{Name: "f", Wasm: extismPlugin(test.code, imported)})
				_, err := r.Invoke(t.Context(), "f", event("body"))
				if (plugins.KindOf(err) == plugins.KindContract) != test.fatal || err != nil && !test.fatal {
					t.Errorf("error %v", err)
				}
			})
		}
	}
}

// TestExtismMemory counts what a plugin makes the host keep for its memory, and for that of all guests.
func TestExtismMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	blocks := func(size int64, code func(in map[string]uint32) []byte) []byte { // until there is no more
		return extismPlugin(func(in map[string]uint32) []byte {
			return cat(as.Loop(as.I64Const(size), as.Call(in["alloc"]), as.Tee(0), as.I64Const(0), []byte{0x52}, as.BrIf(0)), // i64.ne
				code(in))
		}, "alloc", "free", "output_set", "var_set")
	}
	nothing := func(map[string]uint32) []byte { return nil }
	for name, test := range map[string]struct {
		wasm           []byte
		memory, budget int64
		text           string // in the error
	}{
		"large blocks":           {blocks(1<<20, nothing), 64 << 20, 1 << 30, ""},
		"small blocks":           {blocks(1, nothing), 8 << 20, 1 << 30, ""},
		"no room for all guests": {blocks(1<<20, nothing), 64 << 20, 8 << 20, ""},
		"no room for the event":  {blocks(1<<20, nothing), 1 << 16, 1 << 30, "no room for the event"},
		"too many variables": {extismPlugin(func(in map[string]uint32) []byte {
			return cat(as.I64Const(1<<20), as.Call(in["alloc"]), as.Set(0), as.Get(0), as.Get(0), as.Call(in["var_set"]))
		}, "alloc", "var_set"), 64 << 20, 1 << 30, "variables"},
		"too big a response": {extismPlugin(func(in map[string]uint32) []byte {
			return cat(as.I64Const(2<<20), as.Call(in["alloc"]), as.I64Const(2<<20), as.Call(in["output_set"]))
		}, "alloc", "output_set"), 64 << 20, 1 << 30, "a response of more than"},
		"freed blocks": {extismPlugin(func(in map[string]uint32) []byte {
			return cat(as.I64Const(100_000), as.Set(0), as.Loop(
				as.I64Const(1<<20), as.Call(in["alloc"]), as.Call(in["free"]),
				as.Get(0), as.I64Const(-1), []byte{0x7c}, as.Tee(0), []byte{0x50, 0x45}, as.BrIf(0)), // i64.add, i64.eqz, i32.eqz
				as.I64Const(1<<20), as.Call(in["alloc"]), []byte{0x50}, as.If(as.Unreachable))
		}, "alloc", "free"), 8 << 20, 1 << 30, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuntime(t, func(o *plugins.Options) { o.MemoryBudget = test.budget })
			deploy(t, r, plugins.Function{Name: "f", Wasm: test.wasm, Memory: test.memory, MaxConcurrency: 1})
			for range 3 {
				inv := event("body")
				inv.Deadline = time.Now().Add(time.Minute)
				_, err := r.Invoke(t.Context(), "f", inv)
				if (err != nil) != (test.text != "") || err != nil && !strings.Contains(err.Error(), test.text) {
					t.Fatalf("error %v, want %q", err, test.text)
				}
			}
		})
	}
}

// TestExtismHandlers finds the export that handles events, or says what there is.
func TestExtismHandlers(t *testing.T) {
	m := &as.Module{}
	extismImports(m, "input_length")
	m.Func("other", as.Type{Results: []byte{as.I32}}, nil, as.I32Const(0))
	m.Func("with_parameter", as.Type{Params: []byte{as.I32}}, nil)
	r := newRuntime(t, nil)
	_, err := r.Deploy(t.Context(), plugins.Function{Name: "f", Wasm: m.Bytes()})
	if err == nil || !strings.Contains(err.Error(), "does not export handle or _start; ") || !strings.HasSuffix(err.Error(), "there are: other") {
		t.Errorf("error %v", err)
	}
	deploy(t, r, plugins.Function{Name: "f", Wasm: m.Bytes(), Handler: "other"})
	if got := call(t, r, "f"); got != "" {
		t.Errorf("response %q", got)
	}
}
