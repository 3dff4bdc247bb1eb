package function

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"path"
	"strings"
)

// Limits of a package, so that a small one cannot make the process read or keep much.
const (
	maxEntries   = 5000     // files and folders
	maxName      = 512      // bytes of an entry's name
	maxUnpacked  = 64 << 20 // bytes of a module
	maxScripts   = 8 << 20  // bytes of all scripts together
	maxInflation = 200      // times the packed size, of entries beyond inflationFree
	// inflationFree may be packed as well as it can: a module has long runs of zeros.
	inflationFree = 4 << 20
)

// Kind says what a module is.
type Kind string

// The kinds of modules.
const (
	KindWASM   Kind = "wasm"
	KindScript Kind = "script" // JavaScript
)

// Module is the code of a package.
type Module struct {
	Kind   Kind
	Name   string // of its file in the package
	Source []byte
	// Files are all scripts of the package, by name, so that they can import each other; nil for a WASM module.
	Files map[string][]byte
	// Export is the name of the handler function in a script.
	Export string
}

// runtimeList names the runtimes in refusals.
const runtimeList = "provided.wasm, provided.al2023, provided.al2, provided, nodejs…"

// knownRuntime says whether functions of a runtime can be run: those that bring their own code as a module, and
// JavaScript.
func knownRuntime(name string) bool {
	switch name {
	case "provided.wasm", "provided.al2023", "provided.al2", "provided":
		return true
	default:
		return isScriptRuntime(name)
	}
}

const longestRuntime = 32

func isScriptRuntime(name string) bool {
	return strings.HasPrefix(name, "nodejs") && len(name) <= longestRuntime
}

// ReadPackage finds the code in a zip archive. Of a runtime for modules that is the only .wasm file, or bootstrap.wasm,
// or the one that the handler names. Of nodejs it is the file that the handler names before its last dot, or else the
// only script at the top.
func ReadPackage(archive []byte, runtime, handler string) (*Module, error) {
	reader, err := openArchive(archive)
	if err != nil {
		return nil, err
	}
	if isScriptRuntime(runtime) {
		return readScripts(reader, handler)
	}
	return readModule(reader, handler)
}

func badPackage(format string, arguments ...any) *Error {
	return refuse(CodeInvalid, "Could not unzip uploaded file. Please check your file, then try to upload again: "+format, arguments...)
}

// openArchive reads the directory of an archive that has been looked at first.
func openArchive(archive []byte) (*zip.Reader, error) {
	if len(archive) == 0 {
		return nil, badPackage("it is empty")
	}
	if err := checkDirectory(archive); err != nil {
		return nil, err
	}
	reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, badPackage("%v", err)
	}
	return reader, nil
}

// Layout of a zip archive's directory (PKWARE, "ZIP File Format Specification", 4.3.12 and 4.3.16).
const (
	endSignature   = "PK\x05\x06"
	entrySignature = "PK\x01\x02"
	endLength      = 22
	entryLength    = 46
	maxComment     = 1<<16 - 1
)

// checkDirectory counts the entries of an archive before a reader makes something of each. The directory has to fill the
// place before its end record, so that what is counted is what the reader finds.
func checkDirectory(archive []byte) error {
	tail := archive[max(0, len(archive)-endLength-maxComment):]
	at := bytes.LastIndex(tail, []byte(endSignature))
	if at < 0 || len(tail)-at < endLength {
		return badPackage("it is no zip archive")
	}
	end := tail[at:]
	entries := int(binary.LittleEndian.Uint16(end[10:]))
	size := int64(binary.LittleEndian.Uint32(end[12:]))
	position := int64(len(archive)-len(tail)+at) - size
	if entries > maxEntries {
		return badPackage("it has more than %d entries", maxEntries)
	}
	if position < 0 || int64(binary.LittleEndian.Uint32(end[16:])) != position {
		return badPackage("its directory is not where it should be")
	}
	directory := archive[position : position+size]
	for range entries {
		if len(directory) < entryLength || string(directory[:4]) != entrySignature {
			return badPackage("its directory is broken")
		}
		name := int(binary.LittleEndian.Uint16(directory[28:]))
		length := entryLength + name + int(binary.LittleEndian.Uint16(directory[30:])) + int(binary.LittleEndian.Uint16(directory[32:]))
		if name > maxName || length > len(directory) {
			return badPackage("its directory is broken")
		}
		directory = directory[length:]
	}
	if len(directory) > 0 {
		return badPackage("its directory is broken")
	}
	return nil
}

// unpack reads an entry, up to a limit.
func unpack(file *zip.File, limit uint64) ([]byte, error) {
	switch packed, plain := file.CompressedSize64, file.UncompressedSize64; {
	case plain > limit:
		return nil, badPackage("%s has %d bytes unpacked; at most %d are allowed", excerpt(file.Name), plain, limit)
	case plain > inflationFree && plain/maxInflation > packed:
		return nil, badPackage("%s is packed more than %d times", excerpt(file.Name), maxInflation)
	}
	content, err := file.Open()
	if err != nil {
		return nil, badPackage("%s: %v", excerpt(file.Name), err)
	}
	defer content.Close()
	// What an entry says of its size need not be true.
	data, err := io.ReadAll(io.LimitReader(content, int64(file.UncompressedSize64)+1))
	if err != nil {
		return nil, badPackage("%s: %v", excerpt(file.Name), err)
	}
	if uint64(len(data)) > file.UncompressedSize64 {
		return nil, badPackage("%s is larger than it says", excerpt(file.Name))
	}
	return data, nil
}

const moduleSuffix = ".wasm"

func readModule(reader *zip.Reader, handler string) (*Module, error) {
	var only, named *zip.File
	count := 0
	for _, file := range reader.File {
		if !strings.HasSuffix(file.Name, moduleSuffix) {
			continue
		}
		count++
		only = file
		if base := path.Base(file.Name); base == "bootstrap"+moduleSuffix || handler != "" && (base == handler || base == handler+moduleSuffix) {
			if named == nil || base != "bootstrap"+moduleSuffix {
				named = file
			}
		}
	}
	file := named
	if file == nil && count == 1 {
		file = only
	}
	switch {
	case count == 0:
		return nil, refuse(CodeInvalid, "The package has no %s file. Put the module into it, as bootstrap%s.", moduleSuffix, moduleSuffix)
	case file == nil:
		return nil, refuse(CodeInvalid, "The package has %d %s files. Name one of them as the handler, or call it bootstrap%s.",
			count, moduleSuffix, moduleSuffix)
	}
	source, err := unpack(file, maxUnpacked)
	if err != nil {
		return nil, err
	}
	return &Module{Kind: KindWASM, Name: path.Clean(file.Name), Source: source}, nil
}

// isScript says whether a file is a part of a program in JavaScript.
func isScript(name string) bool {
	switch path.Ext(name) {
	case ".js", ".mjs", ".cjs", ".json":
		return true
	default:
		return false
	}
}

// isTypeScript says whether a file has to be translated, which is done before it is uploaded, as for Lambda.
func isTypeScript(name string) bool {
	switch path.Ext(name) {
	case ".ts", ".mts", ".cts", ".tsx":
		return !strings.HasSuffix(name, ".d.ts")
	default:
		return false
	}
}

func isEntryScript(name string) bool { return isScript(name) && path.Ext(name) != ".json" }

func readScripts(reader *zip.Reader, handler string) (*Module, error) {
	file, export := splitHandler(handler)
	module := &Module{Kind: KindScript, Export: export, Files: map[string][]byte{}}
	left := uint64(maxScripts)
	var tops []string
	typed := false
	for _, entry := range reader.File {
		name := path.Clean(entry.Name)
		typed = typed || isTypeScript(name)
		if !isScript(name) || strings.HasSuffix(entry.Name, "/") || path.IsAbs(name) || strings.HasPrefix(name, "..") {
			continue
		}
		source, err := unpack(entry, left)
		if err != nil {
			return nil, err
		}
		left -= uint64(len(source))
		module.Files[name] = source
		if isEntryScript(name) && strings.TrimSuffix(name, path.Ext(name)) == file {
			module.Name = name
		}
		if isEntryScript(name) && !strings.Contains(name, "/") {
			tops = append(tops, name)
		}
	}
	if module.Name == "" && len(tops) == 1 {
		module.Name = tops[0]
	}
	switch {
	case module.Name == "" && typed:
		return nil, refuse(CodeInvalid, "The package has TypeScript. Bundle it to JavaScript first, as queuelet plugin deploy does.")
	case module.Name == "":
		return nil, refuse(CodeInvalid, "The package has no script for the handler '%s': it should be %s.", excerpt(handler), fileHint(file))
	}
	module.Source = module.Files[module.Name]
	return module, nil
}

// splitHandler takes "index.handler" apart into the file without its suffix and the exported function.
func splitHandler(handler string) (file, export string) {
	at := strings.LastIndexByte(handler, '.')
	if at < 0 {
		return handler, "handler"
	}
	return path.Clean(handler[:at]), handler[at+1:]
}

func fileHint(file string) string {
	if file == "" || file == "." {
		file = "index"
	}
	return fmt.Sprintf("%s.js or %s.mjs", excerpt(file), excerpt(file))
}
