package plugins_test

import (
	"strings"
	"testing"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

const countingScript = `let n = 0; export const handler = () => String(++n);`

// TestIsolationOfKinds keeps state from one invocation to the next, or not, whatever the function is.
func TestIsolationOfKinds(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	for name, test := range map[string]struct {
		f         plugins.Function
		body      string
		want      map[plugins.Isolation]string
		instances int64 // that had to be made for three invocations with restore
	}{
		"reactor": {plugins.Function{Wasm: counting()}, "body", map[plugins.Isolation]string{
			plugins.IsolationReuse: "1 2 3", plugins.IsolationRestore: "1 1 1", plugins.IsolationFresh: "1 1 1",
		}, 0},
		"script": {plugins.Function{Script: []byte(countingScript)}, "body", map[plugins.Isolation]string{
			plugins.IsolationReuse: "1 2 3", plugins.IsolationRestore: "1 1 1", plugins.IsolationFresh: "1 1 1",
		}, 0},
		"Extism": {plugins.Function{Path: extismGuest(t)}, "count", map[plugins.Isolation]string{
			plugins.IsolationReuse: "1 2 3", plugins.IsolationRestore: "1 1 1", plugins.IsolationFresh: "1 1 1",
		}, 2}, // the memory grows in the first invocation
		"command": {plugins.Function{Path: goGuest(t, "command")}, "runs", map[plugins.Isolation]string{
			plugins.IsolationReuse: "1 1 1", plugins.IsolationRestore: "1 1 1", plugins.IsolationFresh: "1 1 1",
		}, 3},
		"loop": {plugins.Function{Path: goGuest(t, "bad")}, "served", map[plugins.Isolation]string{
			plugins.IsolationReuse: "1 2 3", plugins.IsolationFresh: "1 1 1",
		}, 0},
	} {
		for isolation, want := range test.want {
			t.Run(name+"/"+string(isolation), func(t *testing.T) {
				r := newRuntime(t, nil)
				f := test.f
				f.Name, f.Isolation, f.MaxConcurrency = "f", isolation, 1
				deploy(t, r, f)
				var got []string
				for range 3 {
					result, err := r.Invoke(t.Context(), "f", event(test.body))
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, strings.Trim(string(result.Response), `"`))
				}
				if answers := strings.Join(got, " "); answers != want {
					t.Errorf("answers %s, want %s", answers, want)
				}
				if inits := stats(r, "f").Inits; isolation == plugins.IsolationRestore && inits > test.instances {
					t.Errorf("%d new instances", inits)
				}
			})
		}
	}
}

// TestRestore puts memory and globals back, replaces an instance whose memory has grown, and begins the next one with
// as much.
func TestRestore(t *testing.T) {
	m, in := newGuest(1)
	total := m.Global(7)
	m.Data(0, []byte("0"))
	m.Func(abi.ExportHandle, handleType, nil, // grows if the memory has one page, then counts in memory and a global
		as.MemorySize, as.I32Const(1), as.I32Sub, as.I32Eqz, as.If(as.I32Const(1), as.MemoryGrow, as.Drop),
		as.I32Const(0), as.I32Const(0), as.I32Load8U, as.I32Const(1), as.I32Add, as.I32Store8,
		as.GlobalGet(total), as.I32Const(1), as.I32Add, as.GlobalSet(total),
		as.I32Const(1), as.GlobalGet(total), as.I32Const('0'), as.I32Add, as.I32Store8,
		as.I32Const(0), as.I32Const(2), as.Call(in.reply))
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Wasm: m.Bytes(), Isolation: plugins.IsolationRestore, MaxConcurrency: 1})
	for range 5 {
		if got := call(t, r, "f"); got != "18" {
			t.Errorf("response %q", got)
		}
	}
	if s := stats(r, "f"); s.Inits != 1 || s.Instances != 1 {
		t.Errorf("%+v", s)
	}
}

// TestRestoreAfterFailure puts an instance back whose handler has failed.
func TestRestoreAfterFailure(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{
		Name: "f", Isolation: plugins.IsolationRestore, MaxConcurrency: 1,
		Script: []byte(`let n = 0; export const handler = (event) => { if (++n > 1 || event.Records[0].body === "fail") throw new Error("n is " + n); };`),
	})
	for _, body := range []string{"fail", "good", "fail", "good"} {
		_, err := r.Invoke(t.Context(), "f", event(body))
		if (err != nil) != (body == "fail") || err != nil && !strings.HasSuffix(err.Error(), "n is 1") {
			t.Errorf("%s: error %v", body, err)
		}
	}
}

// TestRestoreRefusals says why a function cannot be put back.
func TestRestoreRefusals(t *testing.T) {
	table := func(code ...[]byte) []byte {
		return guest(func(m *as.Module) {
			m.Table(1, -1)
			m.Func("", as.Type{}, nil, code...)
		})
	}
	for name, test := range map[string]struct {
		f    plugins.Function
		text string
	}{
		"loop":       {plugins.Function{Wasm: looping(func(_ *as.Module, in imports) []byte { return untilEnd(in, replyNothing(in)) })}, "a loop cannot be put back"},
		"table.set":  {plugins.Function{Wasm: table(as.I32Const(0), as.RefNull, []byte{0x26, 0})}, "it changes its tables"},
		"table.grow": {plugins.Function{Wasm: table(as.RefNull, as.I32Const(1), as.TableGrow, as.Drop)}, "it changes its tables"},
		"no room":    {plugins.Function{Wasm: reactor(100, nil, func(*as.Module, imports) []byte { return nil }), Memory: 150 << 16}, "no memory for a copy"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuntime(t, nil)
			f := test.f
			f.Name, f.Isolation = "f", plugins.IsolationRestore
			_, err := r.Deploy(t.Context(), f)
			if plugins.KindOf(err) != plugins.KindDeploy || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error %v, want %q", err, test.text)
			}
			f.Isolation = plugins.IsolationFresh
			deploy(t, r, f)
		})
	}
}
