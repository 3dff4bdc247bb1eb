package plugins_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// TestCommand runs a program that knows nothing of queuelet.
func TestCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Path: goGuest(t, "command"), MaxConcurrency: 1})
	inv := event("good", "bad", "good")
	for range 3 {
		result, err := r.Invoke(t.Context(), "f", inv)
		if err != nil {
			t.Fatal(err)
		}
		failures, err := abi.ParseResponse(result.Response, inv.MessageIDs)
		if diff := cmp.Diff([]abi.BatchItemFailure{{ItemIdentifier: "message-1"}}, failures); err != nil || diff != "" {
			t.Errorf("error %v, failures %s", err, diff)
		}
	}
	for range 3 {
		if got := answer(t, r, "f", "runs"); got != "1" {
			t.Errorf("run %s on its instance, want 1", got)
		}
	}
	for body, want := range map[string]struct {
		kind plugins.Kind
		text string
	}{
		"exit":  {plugins.KindCrash, "cannot go on (exit code 3)"},
		"panic": {plugins.KindCrash, "panic: asked to panic"},
		"spin":  {plugins.KindTimeout, "timed out"},
		"flood": {plugins.KindContract, "a response of more than"},
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
	if _, err := r.Invoke(t.Context(), "f", event("good")); err != nil {
		t.Error(err)
	}
}

// TestCommandThatIsDeaf fails the batch of a program that does not read it, so that no message is deleted unread.
func TestCommandThatIsDeaf(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Path: goGuest(t, "command"), Args: []string{"deaf"}})
	_, err := r.Invoke(t.Context(), "f", event("body"))
	if plugins.KindOf(err) != plugins.KindContract || !strings.Contains(err.Error(), "ended after reading 0 bytes of the event") {
		t.Errorf("error %v", err)
	}
}

// TestCommandReads gives the event in pieces, and no more than there is.
func TestCommandReads(t *testing.T) {
	read := func(size int32, times int) []byte {
		m := &as.Module{}
		four := as.Type{Params: []byte{as.I32, as.I32, as.I32, as.I32}, Results: []byte{as.I32}}
		in, out := m.Import("wasi_snapshot_preview1", "fd_read", four), m.Import("wasi_snapshot_preview1", "fd_write", four)
		m.Memory(1, -1)
		var body []byte
		for range times { // one vector at 0: the bytes from 64 on
			body = cat(body, as.I32Const(0), as.I32Const(64), as.I32Store, as.I32Const(4), as.I32Const(size), as.I32Store,
				as.I32Const(0), as.I32Const(0), as.I32Const(1), as.I32Const(8), as.Call(in), as.Drop,
				as.I32Const(4), as.I32Const(8), as.I32Load, as.I32Store,
				as.I32Const(1), as.I32Const(0), as.I32Const(1), as.I32Const(8), as.Call(out), as.Drop)
		}
		m.Func(abi.ExportStart, as.Type{}, nil, body)
		return m.Bytes()
	}
	r := newRuntime(t, nil)
	for name, test := range map[string]struct {
		wasm []byte
		want string
		kind plugins.Kind
	}{
		"all at once":        {read(100, 1), "0123456789", ""},
		"byte by byte":       {read(1, 10), "0123456789", ""},
		"more than there is": {read(3, 20), "0123456789", ""},
		"not all":            {read(3, 3), "", plugins.KindContract},
	} {
		t.Run(name, func(t *testing.T) {
			deploy(t, r, plugins.Function{Name: "f", Wasm: test.wasm})
			result, err := r.Invoke(t.Context(), "f", plugins.Invocation{Event: []byte("0123456789")})
			if plugins.KindOf(err) != test.kind || string(result.Response) != test.want {
				t.Errorf("response %q, error %v", result.Response, err)
			}
		})
	}
}
