package build_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/plugins/build"
)

func TestGo(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.test/guest\n\ngo 1.26\n")
	write("main.go", "package main\n\nfunc main() {}\n")
	out := filepath.Join(t.TempDir(), "guest.wasm")
	if err := build.Go(t.Context(), dir, out); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(out); err != nil || !bytes.HasPrefix(b, []byte("\x00asm")) {
		t.Errorf("%.8q, %v", b, err)
	}

	write("main.go", "package main\n\nfunc main() { nothing() }\n")
	err := build.Go(t.Context(), dir, out)
	if failed, ok := errors.AsType[*build.Error](err); !ok || !strings.Contains(failed.Output, "undefined: nothing") {
		t.Errorf("error %v", err)
	}

	t.Setenv("PATH", "")
	if err := build.Go(t.Context(), dir, out); err == nil || !strings.Contains(err.Error(), "https://go.dev/dl") {
		t.Errorf("error %v", err)
	}
}
