package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	installNode    = "install Node.js with npm: apt install nodejs npm, or see https://nodejs.org"
	installPackage = "install the compiler: npm install, in the folder of package.json"
)

// isAssemblyScript says whether a folder holds a package that depends on AssemblyScript's compiler.
func isAssemblyScript(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return false
	}
	var manifest struct {
		Dependencies    map[string]string `json:"dependencies"`
		DevDependencies map[string]string `json:"devDependencies"`
	}
	if json.Unmarshal(text, &manifest) != nil {
		return false
	}
	return manifest.Dependencies["assemblyscript"] != "" || manifest.DevDependencies["assemblyscript"] != ""
}

// AssemblyScript builds the package in dir, whose entry is assembly/index.ts, by the target release of its asconfig.json,
// and writes the module to the file out. It needs Node.js, and the compiler in the node_modules of the folder or of one above it.
func AssemblyScript(ctx context.Context, dir, out string) error {
	target, err := filepath.Abs(out)
	if err != nil {
		return &Error{Dir: dir, Err: err}
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return &Error{Dir: dir, Err: err, Hint: installNode}
	}
	compiler, err := findCompiler(dir)
	if err != nil {
		return &Error{Dir: dir, Err: err, Hint: installPackage}
	}
	return run(ctx, dir, nil, installNode, node, compiler,
		filepath.Join("assembly", "index.ts"), "--target", "release", "--outFile", target)
}

// findCompiler looks for AssemblyScript's compiler where Node.js would.
func findCompiler(dir string) (string, error) {
	folder, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the package: %w", err)
	}
	for {
		compiler := filepath.Join(folder, "node_modules", "assemblyscript", "bin", "asc.js")
		if _, err := os.Stat(compiler); err == nil {
			return compiler, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", errors.New("AssemblyScript's compiler is not installed")
		}
		folder = above
	}
}
