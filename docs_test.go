package queuelet_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/build"
)

var codeBlock = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// documents are the Markdown files of the repository that show code.
func documents(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("examples/*/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(files, more...)
}

// blocks returns the code of a language in a document.
func blocks(t *testing.T, file, language string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range codeBlock.FindAllStringSubmatch(string(text), -1) {
		if m[1] == language {
			found = append(found, m[2])
		}
	}
	return found
}

// TestConfigurationInDocuments loads every YAML block and every configuration file.
func TestConfigurationInDocuments(t *testing.T) {
	examples, err := filepath.Glob("examples/*/config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(examples, "config.yaml") {
		if _, err := config.Load(config.Source{Path: file}); err != nil {
			t.Error(err)
		}
	}
	count := 0
	for _, document := range documents(t) {
		for _, text := range blocks(t, document, "yaml") {
			count++
			if _, err := config.Load(config.Source{Text: text}); err != nil {
				t.Errorf("%s: %v\n%s", document, err, text)
			}
		}
	}
	if count == 0 {
		t.Error("the documents show no configuration")
	}
}

// TestReferenceConfiguration keeps config.yaml in step with the code: it names every
// key, gives the defaults, and its comments are valid configuration.
func TestReferenceConfiguration(t *testing.T) {
	settings, err := config.Settings(config.Source{Path: "config.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	reference, err := os.ReadFile("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defaults := make(map[string]string)
	text, err := config.Settings(config.Source{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range text {
		defaults[s.Key] = s.Value
	}
	for _, s := range settings {
		want, scalar := defaults[s.Key]
		if scalar && s.Value != want {
			t.Errorf("config.yaml sets %s to %q, the default is %q", s.Key, s.Value, want)
		}
		if name := s.Key[strings.LastIndex(s.Key, ".")+1:]; scalar && !strings.Contains(string(reference), name+":") {
			t.Errorf("config.yaml does not name %s", s.Key)
		}
	}

	// With the comments taken off it is a configuration with everything in it.
	commented := regexp.MustCompile(`(?m)^(\s*)# ?(\s*(- )?(\{|[a-z_]+:( |$)).*)$`)
	uncommented := commented.ReplaceAllString(string(reference), "$1$2")
	for _, empty := range []string{"roles: []", "functions: []", "mappings: []"} {
		uncommented = strings.Replace(uncommented, empty, strings.TrimSuffix(empty, " []"), 1)
	}
	c, err := config.Load(config.Source{Text: uncommented, Environ: []string{"ORDERS_SECRET=s", "ORDERS_TOKEN=t", "STORAGE_KEY=k"}})
	if err != nil {
		t.Fatalf("%v\n%s", err, uncommented)
	}
	if len(c.Roles) != 1 || len(c.Functions) != 1 || len(c.Mappings) != 1 || len(c.SQS.Auth.Credentials) != 1 {
		t.Errorf("the comments of config.yaml are not all read: %+v", c)
	}
}

// TestHandlersInDocuments builds every whole Go program that a document shows.
func TestHandlersInDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds handlers")
	}
	count := 0
	for _, document := range documents(t) {
		for _, source := range blocks(t, document, "go") {
			if !strings.HasPrefix(source, "package main") {
				continue
			}
			count++
			// The handler imports the SDK, so it has to be inside the module.
			folder, err := os.MkdirTemp("examples", "_document-")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(folder)
			if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := build.Go(t.Context(), folder, filepath.Join(t.TempDir(), "handler.wasm")); err != nil {
				t.Errorf("%s: %v", document, err)
			}
		}
	}
	if count == 0 {
		t.Error("the documents show no handler")
	}
}

// TestScriptsInDocuments deploys every script that a document shows and lets it handle an event.
func TestScriptsInDocuments(t *testing.T) {
	runtime, err := plugins.New(t.Context(), plugins.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := runtime.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	count := 0
	for _, document := range documents(t) {
		for _, source := range blocks(t, document, "js") {
			count++
			path := filepath.Join(t.TempDir(), "handler.js")
			if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := runtime.Deploy(t.Context(), plugins.Function{Name: "handler", Path: path}); err != nil {
				t.Errorf("%s: %v", document, err)
				continue
			}
			event := []byte(`{"Records":[{"messageId":"empty","body":""},{"messageId":"full","body":"x"}]}`)
			result, err := runtime.Invoke(t.Context(), "handler", plugins.Invocation{Event: event})
			if want := `{"batchItemFailures":[{"itemIdentifier":"empty"}]}`; err != nil || string(result.Response) != want {
				t.Errorf("%s: got %s, %v", document, result.Response, err)
			}
		}
	}
	if count == 0 {
		t.Error("the documents show no script")
	}
}

// TestLinksInDocuments follows the links to files of the repository.
func TestLinksInDocuments(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	for _, document := range documents(t) {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", document, m[1])
			}
		}
	}
}

// TestTestsInDocuments looks for the tests that CONTRIBUTING.md names, with the package before the name.
func TestTestsInDocuments(t *testing.T) {
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 30 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, m := range named {
		files, err := filepath.Glob(filepath.Join(m[1], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(files, func(file string) bool {
			code, err := os.ReadFile(file)
			return err == nil && strings.Contains(string(code), "\nfunc "+m[2]+"(")
		}) {
			t.Errorf("there is no %s in %s", m[2], m[1])
		}
	}
}
