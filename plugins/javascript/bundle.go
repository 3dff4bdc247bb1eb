package javascript

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// BuildError says what is wrong with the source of a script, a line for each mistake: file:line:column: text.
type BuildError struct{ Messages []string }

func (e *BuildError) Error() string { return strings.Join(e.Messages, "\n") }

// Bundle reads the script in a file and makes one module of it and of what it imports. TypeScript loses its types, which
// are not checked. JavaScript with exports but no imports stays as it is. What is logged of errors, and their messages, name
// places in the author's own files.
//
// Who has written the file has to be trusted: it may import from anywhere in the file system, and the bundler runs in the
// process, whose stack it exhausts over source that is nested deeply enough.
func Bundle(path string) (Script, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return Script{}, fmt.Errorf("read the script: %w", err)
	}
	name := filepath.Base(path)
	script, err := Plain(name, source, nil)
	if err != nil {
		return Script{}, err // before the bundler reads what is too large anyway
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return Script{}, fmt.Errorf("find the script: %w", err)
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir: dir, EntryPoints: []string{"./" + name},
		Bundle: true, Format: api.FormatESModule, Platform: api.PlatformNeutral, MainFields: []string{"module", "main"},
		Target: api.ES2023, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone, LogLevel: api.LogLevelSilent,
		Metafile: true, Sourcemap: api.SourceMapExternal, SourcesContent: api.SourcesContentExclude, Outfile: bundleFile, Plugins: []api.Plugin{hostModules()},
	})
	if len(result.Errors) > 0 {
		failed := &BuildError{}
		for _, m := range result.Errors {
			failed.Messages = append(failed.Messages, message(m))
		}
		return Script{}, failed
	}
	if strings.HasSuffix(name, "js") && runsAsItIs(result.Metafile) {
		return script, nil
	}
	return bundled(name, result.OutputFiles)
}

// bundleFile is what the bundler is told the bundle is called. It is not written.
const bundleFile = "bundle.js"

// bundled makes a script of a bundle and its source map.
func bundled(name string, files []api.OutputFile) (s Script, err error) {
	for _, file := range files {
		if filepath.Base(file.Path) == bundleFile {
			s, err = Plain(name, file.Contents, nil)
		}
	}
	for _, file := range files {
		if filepath.Base(file.Path) == bundleFile+".map" {
			s.positions = newPositions(bundlePrefix+name, file.Contents)
		}
	}
	return s, err
}

// hostModules lets scripts import queuelet, which they find as a global too, and what there is of Node.js.
func hostModules() api.Plugin {
	return api.Plugin{Name: hostModuleName, Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			if _, ok := hostModule(args.Path); !ok {
				return api.OnResolveResult{}, nil
			}
			return api.OnResolveResult{Path: args.Path, Namespace: hostModuleName}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: hostModuleName}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			source, _ := hostModule(args.Path)
			return api.OnLoadResult{Contents: &source, Loader: api.LoaderJS}, nil
		})
	}}
}

func message(m api.Message) string {
	text := m.Text
	if strings.HasPrefix(text, `Could not resolve "node:`) {
		text += "; of Node.js there are " + nodeModuleNames()
	}
	if m.Location == nil {
		return text
	}
	return fmt.Sprintf("%s:%d:%d: %s", m.Location.File, m.Location.Line, m.Location.Column+1, text)
}

// runsAsItIs says whether the bundle is made of one module that imports nothing.
func runsAsItIs(metafile string) bool {
	var meta struct {
		Inputs map[string]struct {
			Imports []json.RawMessage `json:"imports"`
			Format  string            `json:"format"`
		} `json:"inputs"`
	}
	if json.Unmarshal([]byte(metafile), &meta) != nil || len(meta.Inputs) != 1 {
		return false
	}
	for _, input := range meta.Inputs {
		return input.Format == "esm" && len(input.Imports) == 0
	}
	return false
}
