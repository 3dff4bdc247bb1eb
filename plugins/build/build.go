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

// Causes of an [Error].
var (
	// ErrNoSource says that a folder holds no source in a language that is known.
	ErrNoSource = errors.New("there is no source of a function: want *.go, Cargo.toml, *.c, handler.js or handler.ts, " +
		"or package.json with the dependency assemblyscript")
	// ErrScript says that a folder holds a script, which needs no build.
	ErrScript = errors.New("a script runs as it is")
)

// Language is a programming language for functions.
type Language string

// The languages that are known. A script in JavaScript or TypeScript is not built.
const (
	LanguageGo             Language = "go"
	LanguageRust           Language = "rust"
	LanguageC              Language = "c"
	LanguageAssemblyScript Language = "assemblyscript"
	LanguageJavaScript     Language = "javascript"
)

// Detect says in which language the function in a folder is written. If it cannot tell, the error is an *[Error] for
// [ErrNoSource].
func Detect(dir string) (Language, error) {
	switch {
	case has(dir, "*.go"):
		return LanguageGo, nil
	case has(dir, "Cargo.toml"):
		return LanguageRust, nil
	case has(dir, "*.c"):
		return LanguageC, nil
	case isAssemblyScript(dir):
		return LanguageAssemblyScript, nil
	case Script(dir) != "":
		return LanguageJavaScript, nil
	default:
		return "", &Error{Dir: dir, Err: ErrNoSource}
	}
}

func has(dir, pattern string) bool {
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	return err == nil && len(found) > 0
}

// Script returns the path of the script of a function in JavaScript or TypeScript, "" if the folder holds none.
func Script(dir string) string {
	for _, name := range []string{"handler", "index"} {
		for _, extension := range []string{".js", ".mjs", ".ts", ".mts"} {
			path := filepath.Join(dir, name+extension)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path
			}
		}
	}
	return ""
}

// Dir builds the function in a folder and writes the module to the file out. For a script the error is an *[Error] for
// [ErrScript].
func Dir(ctx context.Context, dir, out string) error {
	language, err := Detect(dir)
	if err != nil {
		return err
	}
	switch language {
	case LanguageRust:
		return Rust(ctx, dir, out)
	case LanguageC:
		return C(ctx, dir, out)
	case LanguageAssemblyScript:
		return AssemblyScript(ctx, dir, out)
	case LanguageJavaScript:
		return &Error{Dir: dir, Err: ErrScript, Hint: "name " + Script(dir) + " as the function's path"}
	case LanguageGo:
	}
	return Go(ctx, dir, out)
}

// IsSource says whether a change of the file of this name can change the module.
func IsSource(name string) bool {
	switch name {
	case "go.mod", "Cargo.toml", "package.json", "asconfig.json":
		return true
	}
	switch filepath.Ext(name) {
	case ".go", ".rs", ".c", ".h", ".js", ".mjs", ".ts", ".mts":
		return true
	default:
		return false
	}
}

// IsGenerated says whether what is in the folder of this name comes from a toolchain and not from the author.
func IsGenerated(name string) bool {
	return name == "node_modules" || name == "target" || strings.HasPrefix(name, ".")
}

// run runs a tool in a folder, with additions to the environment. missing says how to install the tool.
func run(ctx context.Context, dir string, environ []string, missing, name string, arguments ...string) error {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir = dir
	command.Env = append(os.Environ(), environ...)
	output, err := command.CombinedOutput()
	if err == nil {
		return nil
	}
	failed := &Error{Dir: dir, Output: strings.TrimSpace(string(output)), Err: err}
	if errors.Is(err, exec.ErrNotFound) {
		failed.Hint = missing
	}
	return failed
}
