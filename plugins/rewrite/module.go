package rewrite

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// Limits of a module. The greater ones are those that engines of the JavaScript API keep to.
//
// Source: https://webassembly.github.io/spec/js-api/#limits
const (
	MaxTableSize  = 1 << 20 // elements, also after growing
	maxTypes      = 1_000_000
	maxFunctions  = 1_000_000
	maxImports    = 100_000
	maxExports    = 100_000
	maxGlobals    = 100_000
	maxSegments   = 100_000
	maxTables     = 100
	maxParams     = 1_000
	maxBody       = 1 << 20 // bytes of one function; the compiler's memory is a multiple of it
	maxLocals     = 50_000  // of one function
	maxAllLocals  = 10_000_000
	maxNesting    = 10_000 // blocks in blocks: the compiler recurses
	maxMemoryPage = 1 << 16
)

// YieldSize is what a stoppable module asks its memory to grow to, in bytes, whenever it has run for a while. The
// host's allocator has to refuse it. Before that it may let others run, or panic to stop the module.
const YieldSize = maxMemoryPage << 16

// StartExport is the name under which a stoppable module exports its start function, if it has one.
const StartExport = reserved + "start"

const reserved = "queuelet:"

// Kind is what an import or export is.
type Kind byte

// Values of Kind.
const (
	KindFunction Kind = iota
	KindTable
	KindMemory
	KindGlobal
)

// Import is something a module wants to have.
type Import struct {
	Module, Name string
	Kind         Kind
	Type         FuncType // of a function
}

// Export is something a module offers.
type Export struct {
	Name string
	Kind Kind
	Type FuncType // of a function

	index uint32
}

// FuncType is the type of a function: value types as in the binary format, which are those of wazero's api.ValueType.
type FuncType struct{ Params, Results []byte }

// Equal says whether two types are the same.
func (t FuncType) Equal(other FuncType) bool {
	return bytes.Equal(t.Params, other.Params) && bytes.Equal(t.Results, other.Results)
}

// Memory is the size of a module's memory in pages of 64 KiB.
type Memory struct {
	Min, Max uint32
	Limited  bool // Max is there
}

// Module is a module that has been checked.
type Module struct {
	Imports []Import
	Exports []Export
	Memory  *Memory // the module's own; nil if it has none

	sections [sectionCount][]byte // bodies by section id; nil if it is not there
	names    []byte               // the name section, reduced to the names of functions

	types         []FuncType
	imported      uint32 // functions
	importedTypes []FuncType
	functions     []uint32 // types of the module's own functions
	taken         []bool   // those of them that may be called through a table
	globals       uint32   // imported ones too
	mutables      []mutable
	tables        []table
	start         *uint32
	memories      uint32 // imported ones too
}

type table struct {
	bounds

	reference byte
}

// Section ids.
const (
	sectionCustom    = 0
	sectionType      = 1
	sectionImport    = 2
	sectionFunction  = 3
	sectionTable     = 4
	sectionMemory    = 5
	sectionGlobal    = 6
	sectionExport    = 7
	sectionStart     = 8
	sectionElement   = 9
	sectionCode      = 10
	sectionData      = 11
	sectionDataCount = 12
	sectionCount     = 13
)

// sectionOrder is how sections follow each other.
var sectionOrder = [...]byte{
	sectionType, sectionImport, sectionFunction, sectionTable, sectionMemory, sectionGlobal, sectionExport, sectionStart,
	sectionElement, sectionDataCount, sectionCode, sectionData,
}

// Parse checks a module. Its error is an *Error. The module keeps wasm.
func Parse(wasm []byte) (*Module, error) {
	if len(wasm) < 8 || string(wasm[:4]) != "\x00asm" {
		return nil, malformed("it does not begin as WebAssembly does")
	}
	switch version := binary.LittleEndian.Uint32(wasm[4:]); version {
	case 1:
	case 0x1000d:
		return nil, &Error{Code: Component, Detail: "it is a component, not a core module"}
	default:
		return nil, malformed("it has version %#x", version)
	}
	m := &Module{}
	if err := m.split(wasm[8:]); err != nil {
		return nil, err
	}
	for _, id := range sectionOrder {
		if body := m.sections[id]; body != nil {
			r := &reader{b: body}
			m.section(id, r)
			r.end("last entry of a section")
			if r.err != nil {
				return nil, r.err
			}
		}
	}
	return m, m.whole()
}

// split finds the sections.
func (m *Module) split(b []byte) error {
	r := reader{b: b}
	last := -1
	for len(r.b) > 0 && r.err == nil {
		id := r.byte()
		body := r.take(r.u32())
		if r.err != nil {
			break
		}
		if id == sectionCustom {
			if err := m.custom(body); err != nil {
				return err
			}
			continue
		}
		at := slices.Index(sectionOrder[:], id)
		switch {
		case at < 0:
			return unsupported("it has a section %d", id)
		case at <= last:
			return malformed("section %d comes twice or too late", id)
		}
		last = at
		m.sections[id] = slices.Clip(body)
	}
	return r.err
}

// section checks one section and learns from it.
func (m *Module) section(id byte, r *reader) {
	switch id {
	case sectionType:
		m.readTypes(r)
	case sectionImport:
		m.readImports(r)
	case sectionFunction:
		m.functions = make([]uint32, r.count("functions", maxFunctions))
		for i := range m.functions {
			m.functions[i] = m.typeIndex(r)
		}
		if r.err != nil {
			m.functions = nil
		}
		m.taken = make([]bool, len(m.functions))
	case sectionTable:
		m.readTables(r)
	case sectionMemory:
		m.readMemories(r)
	case sectionGlobal:
		m.readGlobals(r)
	case sectionExport:
		m.readExports(r)
	case sectionStart:
		index := r.u32()
		m.start = &index
	case sectionElement:
		for range r.count("element segments", maxSegments) {
			m.readElements(r)
		}
	case sectionDataCount:
		r.u32()
	case sectionCode:
		m.readCode(r)
	case sectionData:
		for range r.count("data segments", maxSegments) {
			m.readData(r)
		}
	}
}

// whole checks what concerns more than one section.
func (m *Module) whole() error {
	if len(m.functions) > 0 && m.sections[sectionCode] == nil {
		return malformed("it has functions but no code")
	}
	if m.memories > 1 {
		return unsupported("it has %d memories", m.memories)
	}
	if m.start != nil && (*m.start >= m.functionCount() || !m.functionType(*m.start).Equal(FuncType{})) {
		return malformed("its start function does not exist or takes parameters")
	}
	return nil
}

func (m *Module) typeIndex(r *reader) uint32 {
	index := r.u32()
	if below(r, "type", index, uint32(len(m.types))); r.err != nil {
		return 0
	}
	return index
}

func (m *Module) readTypes(r *reader) {
	n := r.count("types", maxTypes)
	m.types = make([]FuncType, 0, n)
	for range n {
		if form := r.byte(); form != 0x60 && r.err == nil {
			r.fail(unsupported("a type has form %#x", form))
		}
		m.types = append(m.types, FuncType{Params: readValueTypes(r), Results: readValueTypes(r)})
		if r.err != nil {
			return
		}
	}
}

func readValueTypes(r *reader) []byte {
	n := r.count("parameters", maxParams)
	types := r.b[:n:n]
	for range n {
		r.valueType()
	}
	return types
}

func (m *Module) readImports(r *reader) {
	for range r.count("imports", maxImports) {
		i := Import{Module: r.name(), Name: r.name(), Kind: Kind(r.byte())}
		switch i.Kind {
		case KindFunction:
			if index := m.typeIndex(r); r.err == nil {
				i.Type = m.types[index]
			}
			m.imported++
			m.importedTypes = append(m.importedTypes, i.Type)
		case KindTable:
			r.valueType()
			r.bounds()
			m.tables = append(m.tables, table{})
		case KindMemory:
			r.bounds()
			m.memories++
		case KindGlobal:
			r.valueType()
			r.byte()
			m.globals++
		default:
			r.fail(unsupported("an import has kind %d", i.Kind))
		}
		if r.err != nil {
			return
		}
		m.Imports = append(m.Imports, i)
	}
}

func (m *Module) readTables(r *reader) {
	for range r.count("tables", maxTables) {
		t := table{reference: r.valueType(), bounds: r.bounds()}
		if t.min > MaxTableSize && r.err == nil {
			r.fail(tooBig("it has a table of %d elements; at most %d are allowed", t.min, MaxTableSize))
		}
		if t.limited && t.max < t.min && r.err == nil {
			r.fail(malformed("it has a table with a maximum below its minimum"))
		}
		if r.err != nil {
			return
		}
		m.tables = append(m.tables, t)
	}
}

func (m *Module) readMemories(r *reader) {
	n := r.count("memories", maxTables)
	m.memories += n
	for range n {
		b := r.bounds()
		if max(b.min, b.max) > maxMemoryPage && r.err == nil {
			r.fail(malformed("it has a memory of more than 4 GiB"))
		}
		if b.limited && b.max < b.min && r.err == nil {
			r.fail(malformed("it has a memory with a maximum below its minimum"))
		}
		m.Memory = &Memory{Min: b.min, Max: b.max, Limited: b.limited}
	}
}

func (m *Module) readExports(r *reader) {
	for range r.count("exports", maxExports) {
		e := Export{Name: r.name(), Kind: Kind(r.byte()), index: r.u32()}
		if r.err != nil {
			return
		}
		if strings.HasPrefix(e.Name, reserved) {
			r.fail(unsupported("it exports %q; names that begin with %q are the host's", e.Name, reserved))
		}
		switch e.Kind {
		case KindFunction:
			below(r, "function", e.index, m.functionCount())
			e.Type = m.functionType(e.index)
		case KindTable:
			below(r, "table", e.index, uint32(len(m.tables)))
		case KindMemory:
			below(r, "memory", e.index, m.memories)
		case KindGlobal:
			below(r, "global", e.index, m.globals)
		default:
			r.fail(unsupported("an export has kind %d", e.Kind))
		}
		m.Exports = append(m.Exports, e)
	}
}

// functionCount is the number of functions, imported ones too.
func (m *Module) functionCount() uint32 { return m.imported + uint32(len(m.functions)) }

// functionType is the type of a function, imported ones first.
func (m *Module) functionType(index uint32) (t FuncType) {
	if own := index - m.imported; index >= m.imported {
		if own < uint32(len(m.functions)) {
			t = m.types[m.functions[own]]
		}
		return t
	}
	return m.importedTypes[index]
}

// below asks that an index is of something the module has. Without it, a module could name what this package adds.
func below(r *reader, what string, index, count uint32) {
	if index >= count && r.err == nil {
		r.fail(malformed("it has no %s %d", what, index))
	}
}

// readCode checks the sizes of functions, not their instructions.
func (m *Module) readCode(r *reader) {
	n := r.count("function bodies", maxFunctions)
	if int(n) != len(m.functions) && r.err == nil {
		r.fail(malformed("it has %d functions and %d bodies", len(m.functions), n))
	}
	all := uint64(0)
	for range n {
		size := r.u32()
		if size > maxBody {
			r.fail(tooBig("it has a function of %d bytes; at most %d are allowed", size, maxBody))
		}
		body := reader{b: r.take(size)}
		if r.err != nil {
			return
		}
		locals := readLocals(&body)
		all += locals
		switch {
		case body.err != nil:
			r.fail(body.err)
		case locals > maxLocals:
			r.fail(tooBig("it has a function with %d locals; at most %d are allowed", locals, maxLocals))
		case all > maxAllLocals:
			r.fail(tooBig("its functions have more than %d locals together", maxAllLocals))
		}
	}
}

// readLocals passes the declarations of a function's locals and counts them.
func readLocals(r *reader) (n uint64) {
	for range r.count("groups of locals", maxLocals) {
		n += uint64(r.u32())
		r.valueType()
	}
	return n
}
