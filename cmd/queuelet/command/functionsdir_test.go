package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestServeFolder lets functions of a folder come, change and go while the server runs.
func TestServeFolder(t *testing.T) {
	modules, dir := t.TempDir(), t.TempDir()
	functions := filepath.Join(dir, "functions")
	if err := os.Mkdir(functions, 0o700); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "config.yaml")
	text := "sqs: {listen: 127.0.0.1:0}\nconsole: {listen: \"\"}\nfunctions_dir: functions\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		t.Helper()
		if err := os.Rename(echoModule(t, modules, text), filepath.Join(functions, name)); err != nil {
			t.Fatal(err)
		}
	}
	put("first.wasm", "one")
	p := startProcess(t, nil, "serve", config, "--data", filepath.Join(dir, "data"))
	endpoint := p.await(`(?m)^  SQS      (\S+)$`)
	p.await("function is deployed .*function=first")
	run := against(t, endpoint)
	says := func(name, want string) {
		t.Helper()
		if got := run("invoke", name); got.code != ExitDone || !strings.Contains(got.errors, want) {
			t.Errorf("%s says:\n%s%s", name, got.out, got.errors)
		}
	}
	says("first", "one")

	put("second.wasm", "two")
	p.await("function is deployed .*function=second")
	says("second", "two")
	if err := os.WriteFile(filepath.Join(functions, "second.yaml"), []byte("memory: 64MiB\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.await(`configuration is taken over .*functions\[second\]\.memory`)
	put("first.wasm", "three")
	p.await("(?s)function is deployed .*function=first.*function is deployed .*function=first")
	says("first", "three")
	if err := os.Remove(filepath.Join(functions, "first.wasm")); err != nil {
		t.Fatal(err)
	}
	p.await("function is removed .*function=first")
	p.signal(os.Interrupt)
	p.wait(ExitDone)
}
