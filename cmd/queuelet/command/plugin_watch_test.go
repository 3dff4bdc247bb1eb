package command

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPluginTestWatch runs the samples again when the function or a sample changes.
func TestPluginTestWatch(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the engine of scripts")
	}
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("handler.js", `export const handler = () => "first";`)
	put("events/one.json", `{"event": 1, "expect": {"response": "second"}}`)
	p := startProcess(t, nil, "plugin", "test", dir, "--watch")
	p.await(`FAIL  one .*\n +the response is "first"\n +expected: "second"`)
	put("handler.js", `export const handler = () => "second";`)
	p.await(`ok    one .*\n.*: 1 passed`)
	put("handler.js", `export const handler = () => ;`)
	p.await(`handler.js:1:30: Unexpected ";"`)
	put("handler.js", `export const handler = () => "third";`)
	put("events/two.json", `{"event": 2, "expect": {"response": "third"}}`)
	p.await(`FAIL  one .*\n.*\n.*\nok    two .*\n.*: 1 of 2 failed`)
	p.signal(syscall.SIGTERM)
	p.wait(ExitDone)
}
