package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

const (
	functionsDirKey = "functions_dir"
	// settingsSuffix ends the name of the file with a function's settings, beside its code.
	settingsSuffix = ".yaml"
)

// codeSuffixes end the names of files that are functions.
var codeSuffixes = []string{".wasm", ".js", ".ts"}

func anyText(string) error { return nil }

// readFunctionsDir adds the functions of the folder: each file with code is one that has
// the file's name. A file of the same name that ends in .yaml has its settings.
func (d *decoder) readFunctionsDir(c *Config) {
	if c.FunctionsDir == "" {
		return
	}
	entries, err := os.ReadDir(c.FunctionsDir)
	if err != nil {
		d.fail(CodeFile, functionsDirKey, c.FunctionsDir, complain("cannot be read: "+err.Error(), "make the folder"))
		return
	}
	for _, entry := range entries {
		name, isCode := codeName(entry.Name())
		if !isCode || entry.IsDir() {
			continue
		}
		if err := functionName(name); err != nil {
			d.fail(CodeValue, functionsDirKey, entry.Name(), fmt.Errorf("in it %w", err))
			continue
		}
		v := defaultFunction()
		v.Name, v.Path = name, filepath.Join(c.FunctionsDir, entry.Name())
		d.readFunctionSettings(filepath.Join(c.FunctionsDir, name+settingsSuffix), &v)
		d.places[fmt.Sprintf("functions[%d]", len(c.Functions))] = d.placeOf(functionsDirKey)
		c.Functions = append(c.Functions, v)
	}
}

// codeName is the name of the function in a file.
func codeName(file string) (name string, isCode bool) {
	for _, suffix := range codeSuffixes {
		if name, isCode = strings.CutSuffix(file, suffix); isCode {
			return name, !strings.HasPrefix(name, ".")
		}
	}
	return "", false
}

// readFunctionSettings reads the file with a function's settings, if there is one.
func (d *decoder) readFunctionSettings(path string, v *Function) {
	if _, err := os.Stat(path); err != nil {
		return
	}
	file := &decoder{file: path, folder: filepath.Dir(path), lookup: d.lookup, places: make(map[string]place)}
	content, err := readLimited(path, fileLimit)
	if err != nil {
		d.errs = append(d.errs, &Error{Code: CodeFile, File: path, Reason: "the file cannot be read: " + err.Error()})
		return
	}
	file.document(string(content), func(path string, n ast.Node) {
		file.object(path, n, file.functionSettings(v))
		file.either(path, n, "grants", "role", false)
	})
	d.errs = append(d.errs, file.errs...)
}

// FunctionFiles are the files and the folder whose change may change the functions of the
// folder, for whoever watches them.
func (c *Config) FunctionFiles() []string {
	if c.FunctionsDir == "" {
		return nil
	}
	// The dot makes it the folder that is watched, not the one around it.
	files := []string{c.FunctionsDir + string(filepath.Separator) + "."}
	entries, err := os.ReadDir(c.FunctionsDir)
	if err != nil {
		return files // the reload says what is wrong with it
	}
	for _, entry := range entries {
		_, isCode := codeName(entry.Name())
		if isCode || strings.HasSuffix(entry.Name(), settingsSuffix) {
			files = append(files, filepath.Join(c.FunctionsDir, entry.Name()))
		}
	}
	return files
}
