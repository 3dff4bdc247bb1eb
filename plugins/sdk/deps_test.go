package queuelet

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies asks that a function pulls in nothing but package abi and the standard library, and of that not what
// makes it large.
func TestDependencies(t *testing.T) {
	const module = "github.com/queuelet/queuelet/"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{.ImportPath}} {{.Standard}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		path, standard, _ := strings.Cut(strings.TrimSpace(line), " ")
		large := path == "net" || strings.HasPrefix(path, "net/") || strings.HasPrefix(path, "crypto/")
		if large || standard != "true" && path != module+"plugins/sdk" && path != module+"plugins/abi" {
			t.Errorf("it imports %s", path)
		}
	}
}
