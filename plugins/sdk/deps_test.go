package queuelet

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies asks that a function pulls in nothing but the standard library and package abi.
func TestDependencies(t *testing.T) {
	const module = "github.com/queuelet/queuelet/"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if path != module+"plugins/sdk" && path != module+"plugins/abi" {
			t.Errorf("it imports %s", path)
		}
	}
}
