package plugins_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// TestContract tries what a guest can do right and wrong with the contract.
func TestContract(t *testing.T) {
	reply := func(in imports, text string, at int32) []byte {
		return cat(as.I32Const(at), as.I32Const(int32(len(text))), as.Call(in.reply), as.Drop)
	}
	for name, test := range map[string]struct {
		code func(m *as.Module, in imports) []byte // of queuelet_handle; 0 is left on the stack after it
		want string                                // the response
		kind plugins.Kind
		text string // in the error
	}{
		"no reply": {
			code: func(*as.Module, imports) []byte { return nil },
			kind: plugins.KindContract, text: "without event_reply",
		},
		"empty reply": {
			code: func(_ *as.Module, in imports) []byte { return reply(in, "", 0) },
		},
		"last of two replies": {
			code: func(m *as.Module, in imports) []byte {
				m.Data(8, []byte("firstsecond"))
				return cat(reply(in, "first", 8), reply(in, "second", 13))
			},
			want: "second",
		},
		"failure": {
			code: func(m *as.Module, in imports) []byte {
				m.Data(8, []byte("no"))
				return cat(as.I32Const(8), as.I32Const(2), as.Call(in.fail))
			},
			kind: plugins.KindHandler, text: "failed: no",
		},
		"failure of Lambda's shape": {
			code: func(m *as.Module, in imports) []byte {
				text := `{"errorType":"Type","errorMessage":"message"}`
				m.Data(8, []byte(text))
				return cat(as.I32Const(8), as.I32Const(int32(len(text))), as.Call(in.fail))
			},
			kind: plugins.KindHandler, text: "failed: Type: message",
		},
		"reply and failure": {
			code: func(_ *as.Module, in imports) []byte {
				return cat(as.I32Const(0), as.I32Const(0), as.Call(in.fail), reply(in, "", 0))
			},
			kind: plugins.KindHandler,
		},
		"status": {
			code: func(_ *as.Module, in imports) []byte { return cat(reply(in, "", 0), as.I32Const(5), as.Return) },
			kind: plugins.KindHandler, text: "queuelet_handle returned 5",
		},
		"greatest reply": {
			code: func(_ *as.Module, in imports) []byte {
				return cat(as.I32Const(0), as.I32Const(abi.MaxResponse), as.Call(in.reply), as.If(as.Unreachable))
			},
			want: strings.Repeat("\x00", abi.MaxResponse),
		},
		"reply that is too big": {
			code: func(_ *as.Module, in imports) []byte {
				return cat(as.I32Const(0), as.I32Const(abi.MaxResponse+1), as.Call(in.reply),
					as.I32Const(int32(abi.TooBig)), as.I32Sub, as.If(as.Unreachable))
			},
			kind: plugins.KindContract, text: "without event_reply",
		},
		"event_next in a reactor": {
			code: func(_ *as.Module, in imports) []byte {
				return cat(as.Call(in.next), as.I32Const(int32(abi.Invalid)), as.I32Sub, as.If(as.Unreachable), reply(in, "", 0))
			},
		},
		"event in two halves": {
			code: func(_ *as.Module, in imports) []byte {
				return cat(as.I32Const(0), as.I32Const(12), as.Call(in.read), as.Drop, reply(in, `{"Records":[`, 0))
			},
			want: `{"Records":[`,
		},
		"unknown operation": {
			code: func(m *as.Module, in imports) []byte {
				m.Data(8, []byte("queue.destroy"))
				return cat(as.I32Const(8), as.I32Const(13), as.I32Const(0), as.I32Const(0), as.Call(in.call),
					as.I32Const(int32(abi.Unknown)), as.I32Sub, as.If(as.Unreachable), reply(in, "", 0))
			},
		},
		"denied operation": {
			code: func(m *as.Module, in imports) []byte {
				m.Data(8, []byte("queue.send"))
				return cat(as.I32Const(8), as.I32Const(10), as.I32Const(0), as.I32Const(0), as.Call(in.call),
					as.I32Const(int32(abi.Denied)), as.I32Sub, as.If(as.Unreachable), reply(in, "", 0))
			},
		},
		"unknown handle": {
			code: func(_ *as.Module, in imports) []byte {
				return cat(as.I32Const(1), as.I32Const(1000), as.Call(in.wait),
					as.I32Const(int32(abi.NotFound)), as.I32Sub, as.If(as.Unreachable), reply(in, "", 0))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, in := newGuest(20)
			m.Func(abi.ExportHandle, handleType, nil, test.code(m, in), as.I32Const(0))
			r := newRuntime(t, nil)
			deploy(t, r, plugins.Function{Name: "f", Wasm: m.Bytes()})
			for range 2 { // the same again, on the same instance or a new one
				result, err := r.Invoke(t.Context(), "f", event("body"))
				if plugins.KindOf(err) != test.kind || err != nil && !strings.Contains(err.Error(), test.text) {
					t.Errorf("kind %q, error %v; want %q and %q", plugins.KindOf(err), err, test.kind, test.text)
				}
				if !bytes.Equal(result.Response, []byte(test.want)) {
					t.Errorf("response %.100q, want %.100q", result.Response, test.want)
				}
			}
		})
	}
}

// TestPointers gives every host function ranges that are not in the memory.
func TestPointers(t *testing.T) {
	const pages = 2
	const size = pages << 16
	ranges := map[string][2]int32{
		"ends after the memory":     {size - 1, 2},
		"begins after the memory":   {size + 1, 1},
		"negative":                  {-1, 1},
		"longer than the memory":    {0, size + 1},
		"wraps around":              {-16, 32},
		"of the greatest length":    {0, -1},
		"of the greatest numbers":   {-1, -1},
		"ends at the greatest byte": {size, 1},
	}
	calls := map[string]func(in imports, ptr, length int32) []byte{
		"event_reply": func(in imports, ptr, length int32) []byte {
			return cat(as.I32Const(ptr), as.I32Const(length), as.Call(in.reply), as.Drop)
		},
		"event_fail": func(in imports, ptr, length int32) []byte {
			return cat(as.I32Const(ptr), as.I32Const(length), as.Call(in.fail))
		},
		"log": func(in imports, ptr, length int32) []byte {
			return cat(as.I32Const(2), as.I32Const(ptr), as.I32Const(length), as.Call(in.log))
		},
		"request of call": func(in imports, ptr, length int32) []byte {
			return cat(as.I32Const(0), as.I32Const(0), as.I32Const(ptr), as.I32Const(length), as.Call(in.call), as.Drop)
		},
		"operation of call_start": func(in imports, ptr, length int32) []byte {
			return cat(as.I32Const(ptr), as.I32Const(length), as.I32Const(0), as.I32Const(0), as.Call(in.start), as.Drop)
		},
	}
	r := newRuntime(t, nil)
	for name, code := range calls {
		for what, at := range ranges {
			t.Run(name+"/"+what, func(t *testing.T) {
				deploy(t, r, plugins.Function{Name: "f", Wasm: reactor(pages, nil, func(_ *as.Module, in imports) []byte {
					return code(in, at[0], at[1])
				})})
				_, err := r.Invoke(t.Context(), "f", event("body"))
				var contract *plugins.ContractError
				if !errors.As(err, &contract) || !strings.Contains(contract.Problem, "outside of the memory") {
					t.Errorf("error %v", err)
				}
			})
		}
	}
	// Functions that write take no more than there is to write.
	for name, function := range map[string]func(in imports) uint32{
		"event_read":    func(in imports) uint32 { return in.read },
		"event_context": func(in imports) uint32 { return in.context },
	} {
		t.Run(name, func(t *testing.T) {
			deploy(t, r, plugins.Function{Name: "f", Wasm: reactor(pages, nil, func(_ *as.Module, in imports) []byte {
				f := function(in)
				return cat(as.I32Const(0), as.I32Const(-1), as.Call(f), as.Drop, as.I32Const(size), as.I32Const(0), as.Call(f), as.Drop)
			})})
			if _, err := r.Invoke(t.Context(), "f", event("body")); err != nil {
				t.Error(err)
			}
			deploy(t, r, plugins.Function{Name: "f", Wasm: reactor(pages, nil, func(_ *as.Module, in imports) []byte {
				return cat(as.I32Const(size-8), as.I32Const(16), as.Call(function(in)), as.Drop)
			})})
			if _, err := r.Invoke(t.Context(), "f", event("body")); plugins.KindOf(err) != plugins.KindContract {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestRunaways lets hand-made guests do things without end. Each ends soon after its deadline, and the function goes on.
func TestRunaways(t *testing.T) {
	wasi := func(m *as.Module, name string, params int) uint32 {
		t := as.Type{Results: []byte{as.I32}}
		for range params {
			t.Params = append(t.Params, as.I32)
		}
		return m.Import("wasi_snapshot_preview1", name, t)
	}
	// endless is code of a guest that imports one function of WASI.
	endless := func(name string, params int, code func(f uint32) []byte) []byte {
		m := &as.Module{}
		f := wasi(m, name, params)
		m.Memory(1024, -1)
		m.Func(abi.ExportHandle, handleType, []byte{as.I32}, code(f), as.I32Const(0))
		return m.Bytes()
	}
	type values = []byte
	for name, wasm := range map[string][]byte{
		"loop": reactor(1, nil, func(*as.Module, imports) values { return as.Loop(as.Br(0)) }),
		"loop that logs": reactor(1, nil, func(_ *as.Module, in imports) values {
			return as.Loop(as.I32Const(0), as.I32Const(0), as.I32Const(60_000), as.Call(in.log), as.Br(0))
		}),
		"loop that replies": reactor(16, nil, func(_ *as.Module, in imports) values {
			return as.Loop(as.I32Const(0), as.I32Const(1<<19), as.Call(in.reply), as.Drop, as.Br(0))
		}),
		"loop that fails": reactor(1, nil, func(_ *as.Module, in imports) values {
			return as.Loop(as.I32Const(0), as.I32Const(1<<12), as.Call(in.fail), as.Br(0))
		}),
		"loop that grows": reactor(1, nil, func(*as.Module, imports) values {
			return as.Loop(as.I32Const(1), as.MemoryGrow, as.Drop, as.Br(0))
		}),
		"fill": reactor(1024, []byte{as.I32}, func(*as.Module, imports) values {
			return as.Loop(as.I32Const(0), as.I32Const(1), as.I32Const(1024<<16), as.MemoryFill, as.Br(0))
		}),
		"sleep": endless("poll_oneoff", 4, func(f uint32) []byte { // one relative clock of 2^62 ns
			return cat(as.I32Const(31), as.I32Const(0x40), as.I32Store8,
				as.I32Const(0), as.I32Const(1024), as.I32Const(1), as.I32Const(2048), as.Call(f), as.Drop)
		}),
		"sleep that never comes": endless("poll_oneoff", 4, func(f uint32) []byte { // an absolute one
			return cat(as.I32Const(31), as.I32Const(0x7f), as.I32Store8, as.I32Const(40), as.I32Const(1), as.I32Store8,
				as.I32Const(0), as.I32Const(1024), as.I32Const(1), as.I32Const(2048), as.Call(f), as.Drop)
		}),
		"random bytes": endless("random_get", 2, func(f uint32) []byte {
			return as.Loop(as.I32Const(0), as.I32Const(1024<<16), as.Call(f), as.Drop, as.Br(0))
		}),
		"standard output": endless("fd_write", 4, func(f uint32) []byte { // a million vectors of 60 MiB
			return cat(
				as.Loop(
					as.Get(1), as.I32Const(60<<20), as.I32Store[:1], []byte{2, 4},
					as.Get(1), as.I32Const(8), as.I32Add, as.Tee(1), as.I32Const(8<<20), as.I32LtU, as.BrIf(0)),
				as.Loop(as.I32Const(1), as.I32Const(0), as.I32Const(1<<20), as.I32Const(1<<25), as.Call(f), as.Drop, as.Br(0)))
		}),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuntime(t, nil)
			deploy(t, r, plugins.Function{Name: "f", Wasm: wasm, Memory: 128 << 20, MaxConcurrency: 1})
			const limit, enough = 200 * time.Millisecond, 100 * time.Millisecond
			late := time.Duration(0)
			for range 5 { // other programs may be in the way
				inv := event("body")
				inv.Deadline = time.Now().Add(limit)
				_, err := r.Invoke(t.Context(), "f", inv)
				late = time.Since(inv.Deadline)
				var timeout *plugins.TimeoutError
				if !errors.As(err, &timeout) || timeout.Abandoned {
					t.Fatalf("error %v", err)
				}
				if late <= enough {
					return
				}
			}
			t.Errorf("ended %v after its deadline", late)
		})
	}
}

// TestRecursionBomb lets a guest use up its stack, which is outside of its memory, again and again.
func TestRecursionBomb(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Wasm: reactor(1, nil, func(m *as.Module, _ imports) []byte {
		f := m.Next()
		m.Func("", as.Type{Results: []byte{as.I32}}, nil, as.Call(f), as.I32Const(1), as.I32Add)
		return cat(as.Call(f), as.Drop)
	})})
	for range 10 {
		_, err := r.Invoke(t.Context(), "f", event("body"))
		if plugins.KindOf(err) != plugins.KindCrash || !strings.Contains(err.Error(), "stack overflow") {
			t.Fatalf("error %v", err)
		}
	}
	runtime.GC()
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	if after.HeapAlloc > 200<<20 {
		t.Errorf("%d MiB of heap are in use", after.HeapAlloc>>20)
	}
}
