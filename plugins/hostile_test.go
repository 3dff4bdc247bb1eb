package plugins_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

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
		"failure and reply": {
			code: func(_ *as.Module, in imports) []byte {
				return cat(as.I32Const(0), as.I32Const(0), as.Call(in.fail), reply(in, "", 0))
			},
			kind: plugins.KindHandler,
		},
		"reply and failure": {
			code: func(_ *as.Module, in imports) []byte {
				return cat(reply(in, "", 0), as.I32Const(0), as.I32Const(0), as.Call(in.fail))
			},
			kind: plugins.KindHandler,
		},
		"reply and trap": {
			code: func(_ *as.Module, in imports) []byte { return cat(reply(in, "", 0), as.Unreachable) },
			kind: plugins.KindCrash, text: "unreachable",
		},
		"reply that is no UTF-8": { // package abi judges it
			code: func(m *as.Module, in imports) []byte {
				m.Data(8, []byte("\xff\xfe"))
				return reply(in, "\xff\xfe", 8)
			},
			want: "\xff\xfe",
		},
		"failure that is no UTF-8": {
			code: func(m *as.Module, in imports) []byte {
				m.Data(8, []byte("no \xff"))
				return cat(as.I32Const(8), as.I32Const(4), as.Call(in.fail))
			},
			kind: plugins.KindHandler, text: "failed: no \uFFFD",
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
		"reply of 2 MiB": {
			code: func(_ *as.Module, in imports) []byte {
				return cat(as.I32Const(0), as.I32Const(2<<20), as.Call(in.reply),
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
			m, in := newGuest(32)
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
		"operation of call": func(in imports, ptr, length int32) []byte {
			return cat(as.I32Const(ptr), as.I32Const(length), as.I32Const(0), as.I32Const(0), as.Call(in.call), as.Drop)
		},
		"request of call_start": func(in imports, ptr, length int32) []byte {
			return cat(as.I32Const(0), as.I32Const(0), as.I32Const(ptr), as.I32Const(length), as.Call(in.start), as.Drop)
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
