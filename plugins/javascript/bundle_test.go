package javascript_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/plugins/javascript"
)

// TestBundle leaves modules as they are and translates the rest.
func TestBundle(t *testing.T) {
	for name, test := range map[string]struct {
		file, source string
		kept         bool
		want         string // in the bundle or the error
	}{
		"module":              {"a.js", "// a comment\nexport const handler = () => 1\n\n", true, ""},
		"CommonJS":            {"a.js", "// a comment\nmodule.exports.handler = () => 1", false, "export default"},
		"TypeScript":          {"a.ts", "export const handler = (n: number): number => n", false, "(n) => n"},
		"import of ours":      {"a.js", `import queuelet from "queuelet"; export const handler = () => queuelet`, false, "globalThis.queuelet"},
		"types in JavaScript": {"a.js", "export const handler = (n: number) => n", false, `a.js:1:26: Expected ")" but found ":"`},
		"import":              {"a.js", `export { handler } from "./b.js"`, false, `a.js:1:25: Could not resolve "./b.js"`},
		"require":             {"a.js", `module.exports = require("fs")`, false, `a.js:1:26: Could not resolve "fs"`},
		"too big":             {"a.js", `export const handler = "` + strings.Repeat("x", javascript.MaxSource) + `"`, false, "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), test.file)
			if err := os.WriteFile(path, []byte(test.source), 0o600); err != nil {
				t.Fatal(err)
			}
			script, err := javascript.Bundle(path)
			text := string(script.Source)
			if err != nil {
				text = err.Error()
				if _, ok := errors.AsType[*javascript.BuildError](err); ok == (name == "too big") {
					t.Errorf("error %T", err)
				}
			}
			if (text == test.source) != test.kept || !strings.Contains(text, test.want) {
				t.Errorf("got %.200s", text)
			}
			if err == nil && script.Name != test.file {
				t.Errorf("name %q", script.Name)
			}
		})
	}
}
