package plugins_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// hostileNumbers are arguments that are in no memory of two pages, end after it, or reach beyond 32 or 64 bits together
// with another one.
var hostileNumbers = []int64{
	0, 1, 2<<16 - 1, 2 << 16, 2<<16 + 1, 1<<31 - 1, 1 << 31, 1<<32 - 16, 1<<32 - 1, 1 << 32, 1<<63 - 1, -1 << 63, -16, -1,
}

// hostileArguments are lists of n arguments: the same number everywhere, or one in each place with others around it.
func hostileArguments(n int) (all [][]int64) {
	if n == 0 {
		return [][]int64{nil}
	}
	for _, number := range hostileNumbers {
		all = append(all, slices.Repeat([]int64{number}, n))
	}
	for at := range n {
		for _, number := range hostileNumbers {
			for _, others := range []int64{0, 16} {
				list := slices.Repeat([]int64{others}, n)
				list[at] = number
				all = append(all, list)
			}
		}
	}
	return all
}

// abuser is a guest that calls a host function with the list of arguments that the length of its event tells.
func abuser(module string, f api.FunctionDefinition, lists [][]int64, extism bool) []byte {
	m := &as.Module{}
	function := m.Import(module, f.Name(), as.Type{Params: f.ParamTypes(), Results: f.ResultTypes()})
	var length uint32
	if extism {
		length = m.Import("extism:host/env", "input_length", as.Type{Results: []byte{as.I64}})
	}
	m.Memory(2, 2)
	var code []byte
	for n, list := range lists {
		var call []byte
		for at, t := range f.ParamTypes() {
			if t == as.I32 {
				call = append(call, as.I32Const(int32(list[at]))...)
			} else {
				call = append(call, as.I64Const(list[at])...)
			}
		}
		call = append(call, as.Call(function)...)
		call = append(call, bytes.Repeat(as.Drop, len(f.ResultTypes()))...)
		code = append(code, cat(as.Get(0), as.I32Const(int32(n)), as.I32Xor, as.I32Eqz, as.If(call))...)
	}
	if extism {
		begin := cat(as.Call(length), []byte{0xa7}, as.Set(0)) // i32.wrap_i64
		m.Func("handle", as.Type{Results: []byte{as.I32}}, []byte{as.I32}, begin, code, as.I32Const(0))
	} else {
		m.Func(abi.ExportHandle, handleType, nil, code, as.I32Const(0))
	}
	return m.Bytes()
}

// TestEveryHostFunction calls everything that guests can import with arguments that make no sense. The guest is told so or
// ends; the host does neither panic nor wait, and serves another function as before.
func TestEveryHostFunction(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	r := newRuntime(t, func(o *plugins.Options) { o.Services = gateway{} })
	deploy(t, r, plugins.Function{Name: "good", Wasm: trivial()})
	for _, kind := range []plugins.ModuleKind{plugins.ModuleReactor, plugins.ModuleExtism} {
		modules, err := plugins.HostFunctions(t.Context(), kind)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for module, functions := range modules {
			for name, f := range functions {
				count++
				t.Run(fmt.Sprint(kind, "/", module, "/", name), func(t *testing.T) {
					abuse(t, r, module, f, kind == plugins.ModuleExtism)
				})
			}
		}
		if count < 50 { // 11 of ours, 46 of WASI
			t.Errorf("only %d functions", count)
		}
	}
}

func abuse(t *testing.T, r *plugins.Runtime, module string, f api.FunctionDefinition, extism bool) {
	t.Helper()
	lists := hostileArguments(len(f.ParamTypes()))
	deploy(t, r, plugins.Function{Name: "f", Wasm: abuser(module, f, lists, extism), Timeout: 5 * time.Second, MaxConcurrency: 1})
	for n, list := range lists {
		_, err := r.Invoke(t.Context(), "f", plugins.Invocation{Event: make([]byte, n)})
		wanted := []plugins.Kind{plugins.KindNone, plugins.KindContract}
		switch f.Name() {
		case "proc_exit":
			wanted = append(wanted, plugins.KindCrash)
		case "event_fail", "error_set", "extism_error_set":
			wanted = append(wanted, plugins.KindHandler)
		}
		if !slices.Contains(wanted, plugins.KindOf(err)) || err != nil && strings.Contains(err.Error(), "runtime error") {
			t.Errorf("%x: kind %q, error %v", list, plugins.KindOf(err), err)
		}
	}
	if _, err := r.Invoke(t.Context(), "good", event("body")); err != nil {
		t.Error(err)
	}
}
