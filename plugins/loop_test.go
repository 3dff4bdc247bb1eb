package plugins_test

import (
	"strings"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// looping is a module whose main is code. Local 0 is for the code.
func looping(code func(m *as.Module, in imports) []byte) []byte {
	m, in := newGuest(1)
	body := code(m, in)
	m.Func(abi.ExportStart, as.Type{}, []byte{as.I32}, body)
	return m.Bytes()
}

// untilEnd is a loop that asks for an event, leaves when there is none, and runs code for it.
func untilEnd(in imports, code []byte) []byte {
	return as.Loop(as.Call(in.next), as.I32Const(0), []byte{0x48}, as.If(as.Return), code, as.Br(0)) // i32.lt_s
}

func replyNothing(in imports) []byte {
	return cat(as.I32Const(0), as.I32Const(0), as.Call(in.reply), as.Drop)
}

// TestLoop tries what a main can do.
func TestLoop(t *testing.T) {
	for name, test := range map[string]struct {
		code func(m *as.Module, in imports) []byte
		kind plugins.Kind
		text string
	}{
		"replies": {
			code: func(_ *as.Module, in imports) []byte { return untilEnd(in, replyNothing(in)) },
		},
		"does not reply": {
			code: func(_ *as.Module, in imports) []byte { return untilEnd(in, nil) },
			kind: plugins.KindContract, text: "without event_reply",
		},
		"fails": {
			code: func(_ *as.Module, in imports) []byte {
				return untilEnd(in, cat(as.I32Const(0), as.I32Const(0), as.Call(in.fail)))
			},
			kind: plugins.KindHandler,
		},
		"returns instead of replying": {
			code: func(_ *as.Module, in imports) []byte { return untilEnd(in, as.Return) },
			kind: plugins.KindCrash, text: "main returned",
		},
		"returns after replying": {
			code: func(_ *as.Module, in imports) []byte { return untilEnd(in, cat(replyNothing(in), as.Return)) },
			kind: plugins.KindCrash, text: "main returned",
		},
		"traps after replying": {
			code: func(_ *as.Module, in imports) []byte { return untilEnd(in, cat(replyNothing(in), as.Unreachable)) },
			kind: plugins.KindCrash, text: "unreachable",
		},
		"traps": {
			code: func(_ *as.Module, in imports) []byte { return untilEnd(in, as.Unreachable) },
			kind: plugins.KindCrash, text: "unreachable",
		},
		"goes on after the end": { // it is stopped after a moment
			code: func(_ *as.Module, in imports) []byte {
				return as.Loop(as.Call(in.next), as.Drop, replyNothing(in), as.Br(0))
			},
		},
		"spins after the end": {
			code: func(_ *as.Module, in imports) []byte {
				return cat(as.Call(in.next), as.Drop, replyNothing(in), as.Call(in.next), as.Drop, as.Loop(as.Br(0)))
			},
		},
		"traps after the end": {
			code: func(_ *as.Module, in imports) []byte {
				return cat(as.Call(in.next), as.Drop, replyNothing(in), as.Call(in.next), as.Drop, as.Unreachable)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuntime(t, nil)
			// A fresh instance for each event is told of the end after it.
			deploy(t, r, plugins.Function{
				Name: "f", Wasm: looping(test.code), MaxConcurrency: 1, Isolation: plugins.IsolationFresh,
			})
			for range 2 {
				_, err := r.Invoke(t.Context(), "f", event("body"))
				if plugins.KindOf(err) != test.kind || err != nil && !strings.Contains(err.Error(), test.text) {
					t.Errorf("kind %q, error %v; want %q and %q", plugins.KindOf(err), err, test.kind, test.text)
				}
			}
		})
	}
}

// TestLoopReuse gives one main many events, and a new version does not keep it from ending.
func TestLoopReuse(t *testing.T) {
	count := func(_ *as.Module, in imports) []byte {
		return untilEnd(in, cat(
			as.Get(0), as.I32Const(1), as.I32Add, as.Set(0),
			as.I32Const(0), as.Get(0), as.I32Const('0'), as.I32Add, as.I32Store8,
			as.I32Const(0), as.I32Const(1), as.Call(in.reply), as.Drop))
	}
	r := newRuntime(t, nil)
	f := plugins.Function{Name: "f", Wasm: looping(count), MaxConcurrency: 1}
	deploy(t, r, f)
	if got := call(t, r, "f") + call(t, r, "f") + call(t, r, "f"); got != "123" {
		t.Errorf("answers %s", got)
	}
	f.Timeout = time.Second
	deploy(t, r, f)
	if got := call(t, r, "f"); got != "1" {
		t.Errorf("answer %s", got)
	}
}

// TestLoopThatNeverAsks is refused: its main has to ask for an event to be ready.
func TestLoopThatNeverAsks(t *testing.T) {
	for name, test := range map[string]struct {
		code    []byte
		text    string
		timeout time.Duration
	}{
		"returns": {nil, "main returned before", time.Minute},
		"spins":   {as.Loop(as.Br(0)), "timed out", 200 * time.Millisecond},
		"traps":   {as.Unreachable, "unreachable", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuntime(t, func(o *plugins.Options) { o.InitTimeout = test.timeout })
			_, err := r.Deploy(t.Context(), plugins.Function{
				Name: "f", Wasm: looping(func(*as.Module, imports) []byte { return test.code }),
			})
			if plugins.KindOf(err) != plugins.KindDeploy || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error %v", err)
			}
		})
	}
}
