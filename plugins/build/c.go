package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

const installC = "install what builds C for WASI: apt install clang lld wasi-libc libclang-rt-dev-wasm32, or put the bin " +
	"folder of https://github.com/WebAssembly/wasi-sdk on the PATH"

// hasMain finds the main of a program in the loop style.
var hasMain = regexp.MustCompile(`(?m)^\s*int\s+main\s*\(`)

// lacksWASI finds what clang prints without its parts for WASI.
var lacksWASI = regexp.MustCompile(`wasm-ld|crt1|libclang_rt|No available targets|'(std|str)\w+\.h' file not found`)

// C builds the C files in dir and writes the module to the file out. It needs clang with wasm-ld and wasi-libc.
func C(ctx context.Context, dir, out string) error {
	target, err := filepath.Abs(out)
	if err != nil {
		return &Error{Dir: dir, Err: err}
	}
	sources, err := filepath.Glob(filepath.Join(dir, "*.c"))
	if err != nil {
		return &Error{Dir: dir, Err: err}
	}
	arguments := []string{"--target=wasm32-wasi", "-O2", "-Wall", "-Wl,--strip-all", "-o", target}
	isProgram := false
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			return &Error{Dir: dir, Err: fmt.Errorf("read the source: %w", err)}
		}
		isProgram = isProgram || hasMain.Match(text)
		arguments = append(arguments, filepath.Base(source))
	}
	if !isProgram {
		arguments = append(arguments, "-mexec-model=reactor")
	}
	err = run(ctx, dir, nil, installC, "clang", arguments...)
	if failed, ok := errors.AsType[*Error](err); ok && failed.Hint == "" && lacksWASI.MatchString(failed.Output) {
		failed.Hint = installC
	}
	return err
}
