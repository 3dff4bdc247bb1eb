package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/queuelet/queuelet/cmd/queuelet/bench"
	"github.com/queuelet/queuelet/plugins/build"
)

// The sources of the functions in Go and in C that are measured, in a checkout.
const (
	measuredHandler  = "cmd/queuelet/bench/testdata/handler"
	measuredHandlerC = "cmd/queuelet/bench/testdata/handler-c"
)

// measuredFunctions returns the functions that were named, or our own in a folder
// that clean removes: one that does nothing, and those in Go and C that read what they get.
func (b *benchmark) measuredFunctions(ctx context.Context, std IO) (functions []bench.Function, clean func(), err error) {
	clean = func() {}
	if len(b.functions) > 0 {
		functions, err := namedFunctions(b.functions)
		return functions, clean, err
	}
	folder, err := os.MkdirTemp("", "queuelet-bench-")
	if err != nil {
		return nil, clean, fmt.Errorf("make a folder for functions: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}()
	clean = func() { _ = os.RemoveAll(folder) } // the system removes what is left of its temporary files
	trivial := bench.Function{Name: "trivial", Path: filepath.Join(folder, "trivial.wasm")}
	if err := os.WriteFile(trivial.Path, bench.TrivialFunction(), 0o600); err != nil {
		return nil, clean, fmt.Errorf("write the trivial function: %w", err)
	}
	functions = append(functions, trivial)
	if _, err := os.Stat(measuredHandler); err != nil {
		std.notef("the function in Go is left out: its source, %s, is not here", measuredHandler)
		return functions, clean, nil
	}
	inGo := bench.Function{Name: "go", Path: filepath.Join(folder, "go.wasm")}
	if err := build.Go(ctx, measuredHandler, inGo.Path); err != nil {
		return nil, clean, err
	}
	functions = append(functions, inGo)
	inC := bench.Function{Name: "c", Path: filepath.Join(folder, "c.wasm")}
	if err := build.C(ctx, measuredHandlerC, inC.Path); err != nil {
		std.notef("the function in C is left out: %v", err)
		return functions, clean, nil
	}
	return append(functions, inC), clean, nil
}

func namedFunctions(flags []string) ([]bench.Function, error) {
	var functions []bench.Function
	for _, flag := range flags {
		name, path, found := strings.Cut(flag, "=")
		if !found || name == "" || path == "" {
			return nil, usage(fmt.Sprintf("--function %q names no module", flag), "--function name=module.wasm")
		}
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", path, err)
		}
		functions = append(functions, bench.Function{Name: name, Path: absolute})
	}
	return functions, nil
}
