package plugins_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/plugins"
)

// bodies are ten documents of about 1 KiB.
func bodies() (all []string) {
	for n := range 10 {
		body := fmt.Sprintf(`{"id":"order-%06d","amount":%d.25,"fail":%t,"note":"`, n, 10+n, n == 3)
		all = append(all, body+strings.Repeat("lorem ipsum dolor sit amet ", 40)[:1022-len(body)]+`"}`)
	}
	return all
}

// BenchmarkInvoke prices a batch of ten records of 1 KiB, with and without what stops a guest.
func BenchmarkInvoke(b *testing.B) {
	for _, guest := range []struct {
		name string
		f    plugins.Function
	}{
		{"trivial", plugins.Function{Name: "f", Wasm: trivial()}},
		{"go", plugins.Function{Name: "f", Path: goGuest(b, "orders")}},
		{"script", plugins.Function{Name: "f", Script: []byte(ordersScript)}},
		{"extism", plugins.Function{Name: "f", Path: extismGuest(b)}},
		{"command", plugins.Function{Name: "f", Path: goGuest(b, "command")}},
	} {
		for _, checks := range []struct {
			name string
			set  func(plugins.Options) plugins.Options
		}{
			{"stoppable", func(o plugins.Options) plugins.Options { return o }},
			{"bare", plugins.Options.WithoutChecks},
		} {
			b.Run(guest.name+"/"+checks.name, func(b *testing.B) {
				r := newRuntime(b, func(o *plugins.Options) { *o = checks.set(*o) })
				deploy(b, r, guest.f)
				inv := event(bodies()...)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := r.Invoke(b.Context(), "f", inv); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkIsolation prices what separates invocations from each other.
func BenchmarkIsolation(b *testing.B) {
	for name, f := range map[string]plugins.Function{
		"trivial": {Wasm: trivial()}, "script": {Script: []byte(ordersScript)}, "go": {Path: extismGuest(b)},
	} {
		for _, isolation := range []plugins.Isolation{plugins.IsolationReuse, plugins.IsolationRestore, plugins.IsolationFresh} {
			b.Run(name+"/"+string(isolation), func(b *testing.B) {
				r := newRuntime(b, nil)
				f.Name, f.Isolation, f.MaxConcurrency = "f", isolation, 1
				deploy(b, r, f)
				inv := event(bodies()...)
				for b.Loop() {
					if _, err := r.Invoke(b.Context(), "f", inv); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
