package function_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/function"
)

func TestReadPackage(t *testing.T) {
	tests := []struct {
		name, runtime, handler string
		files                  map[string]string
		want                   string // name and source of the module, or part of the refusal
	}{
		{"the only module", "provided.wasm", "", map[string]string{"a/handler.wasm": "code", "readme.txt": ""}, "a/handler.wasm code"},
		{"bootstrap", "provided.al2023", "x", map[string]string{"a.wasm": "a", "bootstrap.wasm": "b"}, "bootstrap.wasm b"},
		{"named by the handler", "provided.wasm", "a", map[string]string{"a.wasm": "a", "b.wasm": "b"}, "a.wasm a"},
		{"named with its suffix", "provided.wasm", "b.wasm", map[string]string{"a.wasm": "a", "b.wasm": "b"}, "b.wasm b"},
		{"two modules", "provided.wasm", "c", map[string]string{"a.wasm": "a", "b.wasm": "b"}, "has 2 .wasm files"},
		{"none", "provided.wasm", "", map[string]string{"a.txt": "a"}, "has no .wasm file"},
		{"script", "nodejs22.x", "index.handler", map[string]string{"index.mjs": "code", "lib/a.mjs": ""}, "index.mjs code"},
		{"script in a folder", "nodejs22.x", "src/main.run", map[string]string{"src/main.js": "code", "package.json": "{}"}, "src/main.js code"},
		{"TypeScript", "nodejs22.x", "index.handler", map[string]string{"index.ts": "code"}, "Bundle it to JavaScript first"},
		{"the only script", "nodejs22.x", "", map[string]string{"app.js": "code"}, "app.js code"},
		{"no such script", "nodejs22.x", "index.handler", map[string]string{"a.js": "a", "b.js": "b"}, "should be index.js"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := function.ReadPackage(archive(t, tt.files), tt.runtime, tt.handler)
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("refused: %v, want %s", err, tt.want)
				}
				return
			}
			if text := fmt.Sprintf("%s %s", got.Name, got.Source); text != tt.want {
				t.Errorf("module %s, want %s", text, tt.want)
			}
		})
	}
}

// manyEntries is an archive with a directory of so many empty entries, which are not packed.
func manyEntries(t *testing.T, count int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range count {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sized changes how large the last entry of an archive is unpacked, by its directory.
func sized(archive []byte, size uint32) []byte {
	binary.LittleEndian.PutUint32(archive[bytes.LastIndex(archive, []byte("PK\x01\x02"))+24:], size)
	return archive
}

func TestHostileArchives(t *testing.T) {
	noise := make([]byte, 400_000) // as much as a module that is too large has to have, packed, not to be a bomb
	rand.NewChaCha8([32]byte{}).Read(noise)
	hidden := manyEntries(t, 6000)
	end := bytes.LastIndex(hidden, []byte("PK\x05\x06"))
	binary.LittleEndian.PutUint16(hidden[end+10:], 1)
	tests := map[string][]byte{
		"empty":                   nil,
		"no archive":              []byte("PK\x03\x04 and nothing more"),
		"end record only":         []byte("PK\x05\x06" + strings.Repeat("\x00", 18)),
		"many entries":            manyEntries(t, 6000),
		"entries it does not own": hidden,
		"bomb":                    module(t, strings.Repeat("\x00", 5<<20)),
		"too large":               sized(module(t, string(noise)), 65<<20),
		"wrong size":              sized(module(t, strings.Repeat("code", 100)), 1),
		"truncated":               module(t, "code")[:60],
		"long name":               archive(t, map[string]string{strings.Repeat("x", 5000) + ".wasm": ""}),
		"script out of its place": archive(t, map[string]string{"../../etc/index.js": "code"}),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			for _, runtime := range []string{"provided.wasm", "nodejs22.x"} {
				if got, err := function.ReadPackage(data, runtime, "index.handler"); err == nil {
					t.Errorf("%s: it has the module %q of %d bytes", runtime, got.Name, len(got.Source))
				}
			}
		})
	}
}

func FuzzReadPackage(f *testing.F) {
	f.Add([]byte("PK\x05\x06"+strings.Repeat("\x00", 18)), "index.handler")
	f.Add(archive(f, map[string]string{"bootstrap.wasm": "code", "index.js": "code"}), "index.handler")
	f.Add(archive(f, map[string]string{"a/b.wasm": strings.Repeat("x", 1000), "lib/x.ts": "", "dir/": ""}), "lib/x.run")
	f.Fuzz(func(t *testing.T, data []byte, handler string) {
		for _, runtime := range []string{"provided.wasm", "nodejs22.x"} {
			module, err := function.ReadPackage(data, runtime, handler)
			if (module == nil) == (err == nil) {
				t.Fatalf("module %v, error %v", module, err)
			}
			if module == nil {
				continue
			}
			if len(module.Source) > 64<<20 || strings.HasPrefix(module.Name, "..") || strings.HasPrefix(module.Name, "/") && module.Kind == function.KindScript {
				t.Errorf("module %q of %d bytes", module.Name, len(module.Source))
			}
		}
	})
}
