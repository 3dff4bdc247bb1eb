// Package build compiles the source of a function to WebAssembly with the toolchain of its language.
package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Error says why source could not be built, with what the toolchain printed.
type Error struct {
	Dir    string
	Output string
	Err    error
	Hint   string
}

func (e *Error) Error() string {
	message := fmt.Sprintf("build %s: %v", e.Dir, e.Err)
	if e.Output != "" {
		message += "\n" + e.Output
	}
	if e.Hint != "" {
		message += "\n" + e.Hint
	}
	return message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Go builds the Go main package in dir and writes the module to the file out. It needs the go command.
func Go(ctx context.Context, dir, out string) error {
	target, err := filepath.Abs(out)
	if err != nil {
		return &Error{Dir: dir, Err: err}
	}
	command := exec.CommandContext(ctx, "go", "build", "-o", target, ".")
	command.Dir = dir
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	output, err := command.CombinedOutput()
	if err == nil {
		return nil
	}
	failed := &Error{Dir: dir, Output: strings.TrimSpace(string(output)), Err: err}
	if errors.Is(err, exec.ErrNotFound) {
		failed.Hint = "install Go from https://go.dev/dl, or build the module elsewhere and name its file"
	}
	return failed
}
