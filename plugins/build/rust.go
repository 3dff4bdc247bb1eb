package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const installRust = "install Rust for WASI: rustup target add wasm32-wasip1, or apt install cargo libstd-rust-dev-wasm32 lld-14"

// Rust builds the package in dir, which has one binary, and writes the module to the file out. It needs a cargo whose
// compiler has the target wasm32-wasip1, or its old name wasm32-wasi: the first one on the PATH.
func Rust(ctx context.Context, dir, out string) error {
	bin, target, err := rustToolchain(ctx)
	if err != nil {
		return &Error{Dir: dir, Err: err, Hint: installRust}
	}
	environ := []string{"PATH=" + bin + string(filepath.ListSeparator) + os.Getenv("PATH")}
	cargo := filepath.Join(bin, "cargo")
	if err := run(ctx, dir, environ, installRust, cargo, "build", "--release", "--quiet", "--target", target); err != nil {
		return err
	}
	module, err := rustModule(ctx, dir, cargo, environ, target)
	if err != nil {
		return &Error{Dir: dir, Err: err}
	}
	return copyFile(dir, module, out)
}

// rustToolchain finds a folder with cargo and a compiler for WASI.
func rustToolchain(ctx context.Context) (bin, target string, err error) {
	err = exec.ErrNotFound
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		if !has(folder, "cargo") {
			continue
		}
		compiler := exec.CommandContext(ctx, filepath.Join(folder, "rustc"), "--print", "sysroot") //nolint:gosec // of the PATH
		output, failed := compiler.Output()
		if failed != nil {
			continue
		}
		for _, name := range []string{"wasm32-wasip1", "wasm32-wasi"} {
			libraries := filepath.Join(strings.TrimSpace(string(output)), "lib", "rustlib", name, "lib")
			if has(libraries, "libstd-*") {
				return folder, name, nil
			}
		}
		err = errors.New("the Rust compiler has no target for WASI")
	}
	return "", "", fmt.Errorf("find Rust: %w", err)
}

// rustModule asks cargo where the module of the package's only binary is.
func rustModule(ctx context.Context, dir, cargo string, environ []string, target string) (string, error) {
	command := exec.CommandContext(ctx, cargo, "metadata", "--format-version", "1", "--no-deps", "--offline")
	command.Dir = dir
	command.Env = append(os.Environ(), environ...)
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("ask cargo for the package: %w", err)
	}
	var metadata struct {
		TargetDirectory string `json:"target_directory"`
		Packages        []struct {
			ManifestPath string `json:"manifest_path"`
			Targets      []struct {
				Name string   `json:"name"`
				Kind []string `json:"kind"`
			} `json:"targets"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(output, &metadata); err != nil {
		return "", fmt.Errorf("read what cargo says of the package: %w", err)
	}
	manifest, err := filepath.Abs(filepath.Join(dir, "Cargo.toml"))
	if err != nil {
		return "", fmt.Errorf("find the package: %w", err)
	}
	for _, p := range metadata.Packages {
		for _, t := range p.Targets {
			if p.ManifestPath == manifest && len(t.Kind) > 0 && t.Kind[0] == "bin" {
				return filepath.Join(metadata.TargetDirectory, target, "release", t.Name+".wasm"), nil
			}
		}
	}
	return "", errors.New("the package has no binary: call queuelet::run in the main of src/main.rs")
}

func copyFile(dir, from, to string) error {
	module, err := os.ReadFile(from)
	if err != nil {
		return &Error{Dir: dir, Err: fmt.Errorf("read the module: %w", err)}
	}
	if err := os.WriteFile(to, module, 0o644); err != nil { //nolint:gosec // whoever runs the function reads it
		return &Error{Dir: dir, Err: fmt.Errorf("write the module: %w", err)}
	}
	return nil
}
