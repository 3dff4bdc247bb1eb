// Package template writes the beginning of a function in every language, with a sample event for it, and with the SDK of
// the language beside it where there is no registry to get it from.
package template

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/queuelet/queuelet/plugins/sdk/assemblyscript"
	"github.com/queuelet/queuelet/plugins/sdk/c"
	"github.com/queuelet/queuelet/plugins/sdk/rust"
)

//go:embed all:assemblyscript all:c all:events all:go all:javascript all:rust
var files embed.FS

// eventsFolder holds the sample events, which are the same in every language.
const eventsFolder = "events"

// Template is the beginning of a function in a language.
type Template struct {
	Language string
	// Prepare are the commands that an author runs once in the project before it can be built.
	Prepare []string

	sdk    fs.FS  // nil if the project needs none
	folder string // of the project where the SDK goes
}

// All returns the templates in the order of their languages.
func All() []Template {
	return []Template{
		{Language: "assemblyscript", Prepare: []string{"npm install"}, sdk: assemblyscript.Files, folder: "queuelet"},
		{Language: "c", sdk: c.Files, folder: "."},
		{Language: "go", Prepare: []string{"go get github.com/queuelet/queuelet@latest"}},
		{Language: "javascript"},
		{Language: "rust", sdk: rust.Files, folder: "queuelet"},
	}
}

// Find returns the template for a language.
func Find(language string) (Template, bool) {
	all := All()
	at := slices.IndexFunc(all, func(t Template) bool { return t.Language == language })
	if at < 0 {
		return Template{}, false
	}
	return all[at], true
}

// ErrExists is why nothing was written: there are files in the folder already.
var ErrExists = errors.New("the folder is not empty")

// Write writes a project into a folder, which is made, or is empty, and returns the paths of the files in it. The project
// is called by the name of the folder.
func (t Template) Write(dir string) ([]string, error) {
	present, err := os.ReadDir(dir)
	switch {
	case err == nil && len(present) > 0:
		return nil, fmt.Errorf("%s: %w", dir, ErrExists)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("look into the folder: %w", err)
	}
	name, err := projectName(dir)
	if err != nil {
		return nil, err
	}
	own, err := fs.Sub(files, t.Language)
	if err != nil {
		return nil, fmt.Errorf("find the template for %s: %w", t.Language, err)
	}
	events, err := fs.Sub(files, eventsFolder)
	if err != nil {
		return nil, fmt.Errorf("find the sample events: %w", err)
	}
	p := project{name: name, dir: dir}
	if err := errors.Join(p.copy(own, "."), p.copy(events, eventsFolder)); err != nil {
		return nil, err
	}
	if t.sdk != nil {
		if err := p.copy(t.sdk, t.folder); err != nil {
			return nil, err
		}
	}
	slices.Sort(p.written)
	return p.written, nil
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// projectName makes a name that Cargo, npm and Go take.
func projectName(dir string) (string, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the folder: %w", err)
	}
	name := strings.Trim(notInName.ReplaceAllString(strings.ToLower(filepath.Base(absolute)), "-"), "-")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = strings.TrimSuffix("function-"+name, "-")
	}
	return name, nil
}

// project is what is being written.
type project struct {
	name, dir string
	written   []string
}

// suffix marks the files in which something is filled in.
const suffix = ".tmpl"

// copy writes all of a file system into a folder of the project.
func (p *project) copy(from fs.FS, folder string) error {
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return fmt.Errorf("read the template: %w", err)
		}
		if filled, ok := strings.CutSuffix(name, suffix); ok {
			name = filled
			if text, err = p.fill(string(text)); err != nil {
				return err
			}
		}
		return p.write(path.Join(folder, name), text)
	})
	if err != nil {
		return fmt.Errorf("write the project: %w", err)
	}
	return nil
}

func (p *project) fill(text string) ([]byte, error) {
	parsed, err := template.New("").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, map[string]string{"Name": p.name}); err != nil {
		return nil, fmt.Errorf("fill in the template: %w", err)
	}
	return out.Bytes(), nil
}

func (p *project) write(name string, text []byte) error {
	target := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil { //nolint:gosec // the author's own project
		return fmt.Errorf("make a folder: %w", err)
	}
	file, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // as above
	if err != nil {
		return fmt.Errorf("make a file: %w", err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write a file: %w", err)
	}
	p.written = append(p.written, name)
	return nil
}
