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

// measuredHandlers are the functions that are measured and read what they get, with their sources in a checkout.
var measuredHandlers = []struct {
	name, language, dir string
	build               func(ctx context.Context, dir, out string) error
}{
	{"go", "Go", "cmd/queuelet/bench/testdata/handler", build.Go},
	{"c", "C", "cmd/queuelet/bench/testdata/handler-c", build.C},
	{"rust", "Rust", "cmd/queuelet/bench/testdata/handler-rust", build.Rust},
}

// measuredFunctions returns the functions that were named, or our own in a folder that clean removes: one that does nothing,
// and the measured handlers that can be built here.
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
	for _, h := range measuredHandlers {
		f := bench.Function{Name: h.name, Path: filepath.Join(folder, h.name+".wasm")}
		_, err := os.Stat(h.dir)
		if err == nil {
			err = h.build(ctx, h.dir, f.Path)
		}
		if ctx.Err() != nil {
			return nil, clean, context.Cause(ctx)
		}
		if err != nil { // mostly because there is no compiler
			std.notef("the function in %s is left out: %v", h.language, err)
			continue
		}
		functions = append(functions, f)
	}
	return functions, clean, nil
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
