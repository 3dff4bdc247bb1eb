// Package queuelet_test holds the rules of the whole module.
package queuelet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/queuelet/queuelet"

// layer says what the packages below a path may import. The linter's depguard rules
// say the same; this test holds where the linter is not run.
type layer struct {
	path string
	// ours are the packages of this module that may be imported, with what is below
	// them; nil means none.
	ours []string
	// modules are the restricted modules that may be imported.
	modules []string
}

const (
	echo   = "github.com/labstack/echo"
	nats   = "github.com/nats-io"
	wazero = "github.com/tetratelabs/wazero"
	aws    = "github.com/aws"
)

// layers is the table of CONTRIBUTING.md; the longest path that fits a package counts.
func layers() []layer {
	return []layer{
		{path: "cmd/queuelet/bench", ours: []string{"cmd/queuelet/bench/calls"}},
		{path: "cmd/queuelet/bench/calls", ours: []string{"host/dispatch", "host/queue", "plugins"}},
		{path: "cmd/queuelet/bench/ceiling", ours: []string{"host/queue", "host/sqsapi", "sigauth"}, modules: []string{echo}},
		{path: "cmd/queuelet/client"},
		{path: "cmd/queuelet", ours: []string{"cmd/queuelet", "host", "plugins", "sigauth"}},
		{path: "examples", ours: []string{"examples", "plugins"}},
		{path: "host", ours: []string{"host", "jetstream", "plugins", "sigauth"}, modules: []string{echo, nats}},
		{path: "host/activity"},
		{path: "host/adminapi", ours: []string{"host/activity", "host/dispatch", "host/queue", "plugins"}, modules: []string{echo}},
		{path: "host/body"},
		{path: "host/config", ours: []string{"host/filter", "host/subject"}},
		{path: "host/dispatch", ours: []string{"host/activity", "host/filter", "host/queue", "host/subject", "plugins/abi", "plugins/flow"}},
		{path: "host/filter"},
		{path: "host/function", modules: []string{nats}},
		{path: "host/hosttest", ours: []string{"host"}, modules: []string{aws}},
		{path: "host/invocation"},
		{path: "host/lambdaapi", ours: []string{"host/body", "host/function", "sigauth"}, modules: []string{echo}},
		{path: "host/natsapi", ours: []string{"host/queue"}, modules: []string{nats}},
		{path: "host/operation", ours: []string{"host/queue", "host/subject", "plugins/abi"}, modules: []string{nats}},
		{path: "host/queue", ours: []string{"host/activity"}},
		{path: "host/sqsapi", ours: []string{"host/body", "host/queue", "sigauth"}, modules: []string{echo}},
		{path: "host/subject"},
		{path: "host/telemetry"},
		{path: "jetstream", ours: []string{"host/queue", "jetstream"}, modules: []string{nats}},
		{path: "plugins", ours: []string{"plugins"}, modules: []string{wazero}},
		{path: "plugins/abi"},
		{path: "plugins/flow"},
		{path: "sigauth"},
	}
}

// forbidden are modules that no package may link, not even through others.
var forbidden = []string{"github.com/stretchr/testify", "testing"}

type goPackage struct {
	ImportPath string
	Name       string
	Imports    []string
	Deps       []string
}

// packages lists the packages of the module, without their tests.
func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Name,Imports,Deps", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestLayers(t *testing.T) {
	for _, p := range packages(t) {
		path := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if path == "" || isTestHelper(path) && path != "host/hosttest" {
			continue
		}
		l, ok := layerOf(path)
		if !ok {
			t.Errorf("%s belongs to no layer: give it a row in layers and in CONTRIBUTING.md", path)
			continue
		}
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
				switch {
				case isTestHelper(ours):
					t.Errorf("%s imports %s, which is for tests", path, ours)
				case !below(ours, l.ours):
					t.Errorf("%s imports %s; its layer allows %v", path, ours, l.ours)
				}
				continue
			}
			for _, restricted := range []string{echo, nats, wazero, aws} {
				if below(imported, []string{restricted}) && !slices.Contains(l.modules, restricted) {
					t.Errorf("%s imports %s, which its layer may not", path, imported)
				}
			}
		}
	}
}

// TestBinaryLinksNoTestCode looks at everything the command links.
func TestBinaryLinksNoTestCode(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath != module+"/cmd/queuelet" {
			continue
		}
		for _, dependency := range p.Deps {
			if below(dependency, forbidden) {
				t.Errorf("the binary links %s", dependency)
			}
		}
		return
	}
	t.Fatal("there is no package cmd/queuelet")
}

func layerOf(path string) (layer, bool) {
	var found layer
	for _, l := range layers() {
		if below(path, []string{l.path}) && len(l.path) > len(found.path) {
			found = l
		}
	}
	return found, found.path != ""
}

// isTestHelper says whether a package is imported by tests only.
func isTestHelper(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasSuffix(part, "test") {
			return true
		}
	}
	return false
}

// below says whether a path is one of the roots or inside one.
func below(path string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return path == root || strings.HasPrefix(path, root+"/")
	})
}
