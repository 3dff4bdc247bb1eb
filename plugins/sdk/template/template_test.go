package template_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/cmd/queuelet/command"
	"github.com/queuelet/queuelet/plugins/build"
	"github.com/queuelet/queuelet/plugins/plugintest"
	"github.com/queuelet/queuelet/plugins/sdk/template"
)

// toolchains is set where all toolchains are installed.
var toolchains = flag.Bool("toolchains", false, "fail where a toolchain is missing, instead of leaving its language out")

// TestTemplates builds what each template writes, as its author would, and lets it work off an order and something else.
func TestTemplates(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds functions")
	}
	for _, tmpl := range template.All() {
		t.Run(tmpl.Language, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "orders")
			if _, err := tmpl.Write(dir); err != nil {
				t.Fatal(err)
			}
			prepare(t, tmpl.Language, dir)
			module := filepath.Join(t.TempDir(), "handler.wasm")
			err := build.Dir(t.Context(), dir, module)
			if errors.Is(err, build.ErrScript) {
				module, err = build.Script(dir), nil
			}
			if failed, ok := errors.AsType[*build.Error](err); ok && failed.Hint != "" && !*toolchains {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			f := plugintest.Load(t, module)
			outcome := f.Invoke(`{"order":1}`, `no order`, `{"order":2}`)
			if outcome.Err != nil || outcome.Failed(0) || !outcome.Failed(1) || outcome.Failed(2) || !outcome.Failures[0].DeadLetter {
				t.Errorf("failures %+v, error %v", outcome.Failures, outcome.Err)
			}
			for _, line := range []string{"order 1 is done", "order 2 is done"} {
				if !strings.Contains(f.Log(), line) {
					t.Errorf("the log does not say %q", line)
				}
			}
			testCommand(t, dir)
		})
	}
}

// testCommand runs the project's own sample.
func testCommand(t *testing.T, dir string) {
	t.Helper()
	var out strings.Builder
	code := command.Run(t.Context(), command.IO{Stdout: &out, Stderr: &out}, []string{"plugin", "test", dir})
	if code != command.ExitDone || !strings.HasSuffix(out.String(), "\norders: 1 passed\n") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}

// prepare does what an author does once, with the SDK of this checkout.
func prepare(t *testing.T, language, dir string) {
	t.Helper()
	switch language {
	case "go":
		root, err := filepath.Abs("../../..")
		if err != nil {
			t.Fatal(err)
		}
		const module = "github.com/queuelet/queuelet"
		run(t, dir, "go", "mod", "edit", "-require="+module+"@v0.0.0", "-replace="+module+"="+root)
		sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600); err != nil {
			t.Fatal(err)
		}
	case "assemblyscript":
		if _, err := exec.LookPath("npm"); err != nil && !*toolchains {
			t.Skip("npm is missing")
		}
		run(t, dir, "npm", "install", "--no-audit", "--no-fund", "--no-progress", "--prefer-offline")
	}
}

func run(t *testing.T, dir, name string, arguments ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, arguments...)
	c.Dir = dir
	if output, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, output)
	}
}

// TestWriteRefuses leaves folders alone that hold something.
func TestWriteRefuses(t *testing.T) {
	for _, tmpl := range template.All() {
		dir := t.TempDir()
		first, err := tmpl.Write(dir) // it is empty
		if err != nil || len(first) == 0 || !slices.IsSorted(first) {
			t.Fatalf("%s: %v, error %v", tmpl.Language, first, err)
		}
		for _, name := range first {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		if _, err := tmpl.Write(dir); !errors.Is(err, template.ErrExists) {
			t.Errorf("%s: error %v", tmpl.Language, err)
		}
	}
}
