package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFunctionGrants(t *testing.T) {
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "token"), "from a file\n")
	path := filepath.Join(folder, "config.yaml")
	writeFile(t, path, `
functions:
  - name: f
    path: f.wasm
    grants:
      queues: [orders-*, audit.fifo]
      extend: true
      nats: {publish: [events.>, "*.done"], request: [pricing.get]}
      kv: {quota: 16MiB}
      http: [api.example.com:443, "*.example.org:*", "[::1]:80", 10.0.0.7:8080, localhost:9000]
      config: {RATE: 5, URL: https://example.com}
      secrets: {TOKEN: ${TOKEN}, fallback: ${NONE:-other}}
      secret_files: {FILE: token}
      metrics: true
  - {name: g, path: g.wasm}
`)
	c := mustLoad(t, Source{Path: path, Environ: []string{"TOKEN=hush"}})
	want := FunctionGrants{
		Queues: []string{"orders-*", "audit.fifo"}, Extend: true, NATSPublish: []string{"events.>", "*.done"}, NATSRequest: []string{"pricing.get"},
		KVQuota: 16 * MiB, HTTP: []string{"api.example.com:443", "*.example.org:*", "[::1]:80", "10.0.0.7:8080", "localhost:9000"},
		Config: map[string]string{"RATE": "5", "URL": "https://example.com"}, Metrics: true,
		Secrets: map[string]Secret{"TOKEN": "hush", "fallback": "other", "FILE": "from a file"},
	}
	if d := cmp.Diff(want, c.Functions[0].Grants); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(FunctionGrants{}, c.Functions[1].Grants); d != "" {
		t.Errorf("granted without being written: %s", d)
	}
	if c.Functions[0].AccountID != DevelopmentAccountID {
		t.Errorf("account %q", c.Functions[0].AccountID)
	}
	settings, err := Settings(Source{Path: path, Environ: []string{"TOKEN=hush"}})
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprint(settings)
	for _, hidden := range []string{"hush", "other", "from a file"} {
		if strings.Contains(shown, hidden) {
			t.Errorf("the settings show the secret %q", hidden)
		}
	}
	for _, key := range []string{
		"functions[f].grants.queues[1]", "functions[f].grants.extend", "functions[f].grants.nats.publish[0]", "functions[f].grants.nats.request[0]",
		"functions[f].grants.kv.quota", "functions[f].grants.http[4]", "functions[f].grants.config.RATE", "functions[f].grants.secrets.FILE",
		"functions[f].grants.metrics",
	} {
		if !strings.Contains(shown, key) {
			t.Errorf("the settings do not name %s", key)
		}
	}

	other := c
	other.Functions = append([]Function(nil), c.Functions...)
	other.Functions[0].Grants.Secrets = map[string]Secret{"TOKEN": "new", "fallback": "other", "FILE": "from a file"}
	changes := Diff(c, other)
	if len(changes) != 1 || changes[0].Restart || strings.Contains(fmt.Sprint(changes), "new") {
		t.Errorf("a new secret changes %v", changes)
	}
}

func TestWrongFunctionGrants(t *testing.T) {
	for grants, want := range map[string]string{
		`{queues: ["a/b"]}`:                   `grants.queues[0]: "a/b" is not a pattern for queue names`,
		`{queue: [a]}`:                        "did you mean queues?",
		`{queues: a}`:                         "should be a list",
		`{nats: {publish: ["a..b"]}}`:         `grants.nats.publish[0]: "a..b" is not a subject`,
		`{nats: {publish: ["a.>.b"]}}`:        "is not a subject",
		`{nats: {publish: ["a b"]}}`:          "is not a subject",
		`{nats: {publish: [""]}}`:             "is not a subject",
		`{nats: {publish: ["$JS.API.>"]}}`:    "is a subject of NATS or queuelet itself",
		`{nats: {request: ["sqs.send.q"]}}`:   "is a subject of NATS or queuelet itself",
		`{nats: {request: [_INBOX.a]}}`:       "is a subject of NATS or queuelet itself",
		`{kv: {}}`:                            "grants.kv.quota: is missing",
		`{kv: {quota: 1KiB}}`:                 "is not between 64KiB and 64GiB",
		`{http: [api.example.com]}`:           "is not host:port",
		`{http: ["api.example.com:0"]}`:       "has no port between 1 and 65535",
		`{http: ["api.example.com:70000"]}`:   "has no port between 1 and 65535",
		`{http: ["https://example.com:443"]}`: "is not host:port",
		`{http: ["a*.example.com:443"]}`:      "has no host",
		`{http: ["*.*.com:443"]}`:             "has no host",
		`{config: {"a b": 1}}`:                "is not a name",
		`{secrets: {A: ""}}`:                  "grants.secrets.A: is empty",
		`{secrets: {A: ${UNSET}}}`:            "needs the environment variable UNSET",
		`{secret_files: {A: nowhere}}`:        "cannot be read",
		`{metrics: yes please}`:               "is neither true nor false",
		`{extend: 1}`:                         "is neither true nor false",
	} {
		text := loadText(t, "functions:\n  - {name: f, path: f.wasm, grants: "+grants+"}\n").Explain()
		if !strings.Contains(text, want) || !strings.Contains(text, "^") {
			t.Errorf("%s: %s\nwant %s, with a caret", grants, text, want)
		}
	}
	text := loadText(t, "functions: [{name: f, path: f.wasm, account_id: \"111111111111\"}]\n").Explain()
	if !strings.Contains(text, "no credential belongs to") {
		t.Errorf("an account that nobody has: %s", text)
	}
}
