package javascript

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// MaxSource is how many bytes a script may have, with what it imports.
const MaxSource = 8 << 20

// Script is a module, ready for the engine.
type Script struct {
	Name   string // of the file, for stack traces
	Source []byte
	Files  map[string][]byte // that it can import, and that they can import, by their names beside Name

	positions *positions // of a bundle
	prepared  *prepared
}

// IsScript says whether a file's name is that of a script.
func IsScript(name string) bool {
	return slices.Contains([]string{".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"}, filepath.Ext(name))
}

// Plain makes a script of JavaScript that imports nothing but some files. Only the engine reads them, so they may come from
// anybody.
func Plain(name string, source []byte, files map[string][]byte) (Script, error) {
	size := len(source)
	for _, file := range files {
		size += len(file)
	}
	if size > MaxSource {
		return Script{}, fmt.Errorf("the script has %d bytes with what it can import; at most %d are allowed", size, MaxSource)
	}
	return Script{Name: name, Source: source, Files: files, prepared: &prepared{}}, nil
}

// evaluated is the name that the engine knows the script by.
func (s Script) evaluated() string {
	if s.positions != nil {
		return bundlePrefix + s.Name
	}
	return s.Name
}

// Hash is the SHA-256 of all of the script, in hexadecimal.
func (s Script) Hash() string {
	sum := sha256.New()
	sum.Write(s.Source)
	for _, name := range slices.Sorted(maps.Keys(s.Files)) {
		fmt.Fprintf(sum, "\x00%q %d\n", name, len(s.Files[name]))
		sum.Write(s.Files[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}
