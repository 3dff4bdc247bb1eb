package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// folder makes a folder of files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFunctionsDir(t *testing.T) {
	dir := folder(t, map[string]string{
		"orders.wasm": "", "orders.yaml": "timeout: 5s\nmemory: 64MiB\nenvironment: {STAGE: '${STAGE}'}\n", "mail.js": "", "sms.ts": "",
		".hidden.wasm": "", "notes.txt": "", "other.yaml": "this: is no setting of a function",
	})
	c, err := Load(Source{
		Text:    "functions_dir: " + dir + "\nqueues: [{name: q}]\nmappings: [{queue: q, function: mail}]\n",
		Environ: []string{"STAGE=test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range c.Functions {
		names = append(names, f.Name+" "+filepath.Base(f.Path))
	}
	if d := cmp.Diff([]string{"mail mail.js", "orders orders.wasm", "sms sms.ts"}, names); d != "" {
		t.Errorf("functions (-want +got):\n%s", d)
	}
	orders := c.Functions[1]
	if orders.Timeout != 5*time.Second || orders.Memory != 64*MiB || orders.Environment["STAGE"] != "test" || c.Functions[0].Memory != 128*MiB {
		t.Errorf("the settings are %+v", orders)
	}
	if files := c.FunctionFiles(); len(files) != 6 || filepath.Dir(files[0]) != dir {
		t.Errorf("to be watched: %q", files)
	}
}

func TestFunctionsDirMistakes(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		more  string
		want  string
	}{
		{"settings", map[string]string{"a.wasm": "", "a.yaml": "timeout: 5\n"}, "", "a.yaml:1:10: timeout: "},
		{"name in the settings", map[string]string{"a.wasm": "", "a.yaml": "name: b\n"}, "", "name: no such key"},
		{"name", map[string]string{"a b.wasm": ""}, "", `functions_dir: "a b.wasm" in it is not a function name`},
		{"twice", map[string]string{"a.wasm": "", "a.js": ""}, "", "is the name of two functions"},
		{"twice with the list", map[string]string{"a.wasm": ""}, "functions: [{name: a, path: x}]", "is the name of two functions"},
	}
	for _, tt := range tests {
		_, err := Load(Source{Text: "functions_dir: " + folder(t, tt.files) + "\n" + tt.more})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	_, err := Load(Source{Text: "functions_dir: /no/such/folder"})
	if err == nil || !strings.Contains(err.Error(), "functions_dir") || strings.Contains(err.Error(), "functions_dir: functions_dir") {
		t.Errorf("no folder: %v", err)
	}
}
