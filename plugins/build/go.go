package build

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const installGo = "install Go from https://go.dev/dl, or build the module elsewhere and name its file"

// Go builds the Go main package in dir and writes the module to the file out. It needs the go command. A program that calls
// lambda.Start of aws-lambda-go is given the other end of it.
func Go(ctx context.Context, dir, out string) error {
	target, err := filepath.Abs(out)
	if err != nil {
		return &Error{Dir: dir, Err: err}
	}
	arguments := []string{"build", "-o", target}
	if startsLambda(ctx, dir) {
		folder, err := os.MkdirTemp("", "queuelet-build-")
		if err != nil {
			return &Error{Dir: dir, Err: err}
		}
		defer os.RemoveAll(folder)
		overlay, err := lambdaOverlay(dir, folder)
		if err != nil {
			return &Error{Dir: dir, Err: err}
		}
		arguments = append(arguments, "-overlay", overlay)
	}
	return run(ctx, dir, wasip1, installGo, "go", append(arguments, ".")...)
}

var wasip1 = []string{"GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS="}

// startsLambda says whether a program can call lambda.Start. One that does not even list is left to the build to refuse.
func startsLambda(ctx context.Context, dir string) bool {
	command := exec.CommandContext(ctx, "go", "list", "-f", `{{join .Deps "\n"}}`, ".")
	command.Dir = dir
	command.Env = append(os.Environ(), wasip1...)
	output, err := command.Output()
	return err == nil && slices.Contains(strings.Split(string(output), "\n"), "github.com/aws/aws-lambda-go/lambda")
}

//go:embed lambda/bridge_wasip1.go
var lambdaBridge string

// lambdaOverlay writes to a folder the file that a program with lambda.Start is compiled with, and what tells the go
// command of it.
func lambdaOverlay(dir, folder string) (string, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the program: %w", err)
	}
	bridge := filepath.Join(folder, "bridge.go")
	source := strings.Replace(lambdaBridge, "\npackage lambda\n", "\npackage main\n", 1)
	if err := os.WriteFile(bridge, []byte(source), 0o600); err != nil {
		return "", fmt.Errorf("write the runtime API of Lambda: %w", err)
	}
	text, err := json.Marshal(map[string]any{
		"Replace": map[string]string{filepath.Join(absolute, "queuelet_lambda_wasip1.go"): bridge},
	})
	if err != nil {
		return "", fmt.Errorf("write the overlay: %w", err)
	}
	overlay := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return "", fmt.Errorf("write the overlay: %w", err)
	}
	return overlay, nil
}
