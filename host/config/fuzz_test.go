package config

import (
	"path/filepath"
	"strings"
	"testing"
)

// FuzzLoad reads arbitrary files. Whatever they hold, the loader returns a
// configuration that compares equal to itself or a list of errors that can be shown.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", "sqs: {listen: 127.0.0.1:0}", "queues:\n  - {name: a, attributes: {VisibilityTimeout: 30}}\n",
		"sqs:\n  auth:\n    credentials:\n      - {access_key_id: a, secret_access_key: ${X:-y}, account_id: \"000000000000\"}\n",
		"functions: [{name: f, path: p, environment: {A: |\n  b\n}}]", "a: [", "a: &x 1\nb: *x", "<<: {a: b}", "? [a]\n: 1",
		"mappings: [{queue: q, function: f}]", "mappings: [{filters: [{a: {b: [1, {prefix: x}]}, $or: [{c: [null]}]}, '{\"a\":[1]}', [], 0x1]}]", "sqs: !!map {}", "\xff\xfe", "- - - -", "log: {level: \"\\u0000\"}", "---\n---\n", "a:\n\t- b",
		"${a}: ${b}", "functions: [{name: f, path: p, grants: {queues: [a*], nats: {publish: [a.>]}, kv: {quota: 1MiB}, http: ['*:443'], secrets: {A: b, C: {}}}}]",
		"queues: [{name: \uE000}]",
	} {
		f.Add(seed)
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, content string) {
		if strings.Contains(content, "_file") {
			t.Skip("would read files at random")
		}
		c := defaults()
		d := &decoder{
			file: "fuzz.yaml", folder: filepath.Clean(folder), places: make(map[string]place),
			lookup: func(string) (string, bool) { return "", false },
		}
		d.readSource(content, &c)
		d.check(&c)
		c.fillDerived(false)
		for _, e := range d.errs {
			if e.Reason == "" || e.Explain() == "" {
				t.Errorf("an error says nothing: %+v", e)
			}
		}
		if changes := Diff(c, c); changes != nil && len(d.errs) == 0 {
			t.Errorf("differs from itself: %v", changes)
		}
	})
}
