package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

const (
	environmentPrefix = "QUEUELET_"
	fileLimit         = 4 * MiB
)

// Source is where a configuration comes from.
type Source struct {
	// Path of the file; "" reads none.
	Path string
	// Text stands in for a file when Path is "". Relative paths in it start at the
	// working directory.
	Text string
	// Environ is the environment in the form of os.Environ.
	Environ []string
	// Ignore are variables that begin with QUEUELET_ and are no keys of the file.
	Ignore []string
	// Overrides come from flags and win over all else.
	Overrides []Override
}

// Override is a value given by a flag.
type Override struct {
	Flag  string // as the user wrote it: --listen
	Key   string // sqs.listen
	Value string
}

// Load reads and checks a configuration. Its error is [Errors]: every mistake there is.
func Load(s Source) (Config, error) {
	c, d := load(s)
	if len(d.errs) > 0 {
		return Config{}, d.errs
	}
	return c, nil
}

func load(s Source) (Config, *decoder) {
	c := defaults()
	variables := environment(s.Environ)
	d := &decoder{
		file:   s.Path,
		folder: filepath.Dir(s.Path),
		places: make(map[string]place),
		lookup: func(name string) (string, bool) {
			value, ok := variables[name]
			return value, ok
		},
	}
	if s.Path != "" {
		d.readFile(s.Path, &c)
	} else {
		d.readSource(s.Text, &c)
	}
	d.readEnvironment(s, &c)
	d.readOverrides(s, &c)
	d.readFunctionsDir(&c)
	d.check(&c)
	_, explainSet := d.places[explainKey]
	c.fillDerived(explainSet)
	slices.SortStableFunc(d.errs, func(a, b *Error) int { return a.Line - b.Line })
	return c, d
}

func environment(environ []string) map[string]string {
	variables := make(map[string]string, len(environ))
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok {
			variables[name] = value
		}
	}
	return variables
}

func (d *decoder) readFile(path string, c *Config) {
	content, err := readLimited(path, fileLimit)
	if err != nil {
		reason, hint := "cannot be read: "+err.Error(), ""
		if errors.Is(err, fs.ErrNotExist) {
			reason, hint = "there is no such file", "leave the file away to run on defaults"
		}
		d.errs = append(d.errs, &Error{Code: CodeFile, File: path, Reason: reason, Hint: hint})
		return
	}
	d.readSource(string(content), c)
}

func (d *decoder) readSource(source string, c *Config) {
	d.document(source, func(path string, n ast.Node) { d.object(path, n, d.section("", c)) })
}

// section returns how to read the keys of a section: single values, lists, and the
// sections inside.
func (d *decoder) section(prefix string, c *Config) map[string]reading {
	keys := make(map[string]reading)
	for _, f := range fields() {
		rest, inside := strings.CutPrefix(f.key, prefix)
		if !inside {
			continue
		}
		name, _, deeper := strings.Cut(rest, ".")
		if deeper {
			keys[name] = func(path string, n ast.Node) { d.object(path, n, d.section(prefix+name+".", c)) }
			continue
		}
		keys[name] = d.value(func(text string) error {
			if f.key == "storage.dir" || f.key == functionsDirKey {
				text = d.resolve(text)
			}
			return f.set(c, text)
		})
	}
	for key, read := range d.lists(c) {
		if name, inside := strings.CutPrefix(key, prefix); inside && !strings.Contains(name, ".") {
			keys[name] = read
		}
	}
	return keys
}

func (d *decoder) lists(c *Config) map[string]reading {
	return map[string]reading{
		"sqs.auth.credentials":        d.credential(c),
		"sqs.cors_origins":            d.names(&c.SQS.CORSOrigins),
		"storage.encryption_key":      d.secret(&c.Storage.EncryptionKey),
		"storage.encryption_key_file": d.secretFile(&c.Storage.EncryptionKey),
		"queues":                      d.queue(c),
		"roles":                       d.role(c),
		"functions":                   d.function(c),
		"mappings":                    d.mapping(c),
	}
}

// readEnvironment applies the variables that stand for keys, and reports those that
// look as if they should.
func (d *decoder) readEnvironment(s Source, c *Config) {
	known := make(map[string]field)
	names := slices.Clone(s.Ignore)
	for _, f := range fields() {
		known[f.environment()] = f
		names = append(names, f.environment())
	}
	for _, pair := range s.Environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, environmentPrefix) || slices.Contains(s.Ignore, name) {
			continue
		}
		f, ok := known[name]
		if !ok {
			hint := "unset it; lists such as queues can be set in the file only"
			if word, ok := nearest(name, names); ok {
				hint = fmt.Sprintf("did you mean %s?", word)
			}
			d.errs = append(d.errs, &Error{
				Code: CodeUnknown, Origin: name, Reason: "no key of the configuration goes by this variable", Hint: hint,
			})
			continue
		}
		d.apply(f, name, value, c)
	}
}

func (d *decoder) readOverrides(s Source, c *Config) {
	for _, o := range s.Overrides {
		for _, f := range fields() {
			if f.key == o.Key {
				d.apply(f, o.Flag, o.Value, c)
			}
		}
	}
}

func (d *decoder) apply(f field, origin, value string, c *Config) {
	d.places[f.key] = place{origin: origin}
	if err := f.set(c, value); err != nil {
		d.fail(CodeValue, f.key, value, err)
	}
}
