// Package assemble writes small WebAssembly modules by hand, for tests that need guests no compiler makes.
package assemble

import (
	"encoding/binary"
	"slices"
)

// Value types.
const (
	I32 byte = 0x7f
	I64 byte = 0x7e
	F64 byte = 0x7c
)

// Type is the type of a function.
type Type struct{ Params, Results []byte }

// Module is a module in the making. Imports come before functions.
type Module struct {
	types     []Type
	imports   [][]byte
	functions [][]byte // type indexes
	tables    [][]byte
	memory    []byte
	globals   [][]byte
	exports   [][]byte
	start     []byte
	elements  [][]byte
	code      [][]byte
	data      [][]byte
	custom    [][]byte

	imported uint32
}

// TypeIndex returns the index of a type.
func (m *Module) TypeIndex(t Type) uint32 {
	at := slices.IndexFunc(m.types, func(other Type) bool {
		return slices.Equal(t.Params, other.Params) && slices.Equal(t.Results, other.Results)
	})
	if at < 0 {
		at = len(m.types)
		m.types = append(m.types, t)
	}
	return uint32(at)
}

// Import adds an imported function and returns its index.
func (m *Module) Import(module, name string, t Type) uint32 {
	m.imports = append(m.imports, join(text(module), text(name), []byte{0}, u(m.TypeIndex(t))))
	m.imported++
	return m.imported - 1
}

// Func adds a function, exported unless its name is empty, and returns its index. locals are the types of its locals.
func (m *Module) Func(name string, t Type, locals []byte, code ...[]byte) uint32 {
	index := m.imported + uint32(len(m.functions))
	m.functions = append(m.functions, u(m.TypeIndex(t)))
	body := u(uint32(len(locals)))
	for _, l := range locals {
		body = append(body, 1, l)
	}
	m.code = append(m.code, sized(append(append(body, join(code...)...), 0x0b)))
	if name != "" {
		m.Export(name, 0, index)
	}
	return index
}

// Next is the index that the next function gets.
func (m *Module) Next() uint32 { return m.imported + uint32(len(m.functions)) }

// Export adds an export of some kind: 0 a function, 1 a table, 2 a memory, 3 a global.
func (m *Module) Export(name string, kind byte, index uint32) {
	m.exports = append(m.exports, join(text(name), []byte{kind}, u(index)))
}

// Memory gives the module an exported memory of pages, with a maximum if most is not negative.
func (m *Module) Memory(least uint32, most int64) {
	m.memory = limits(least, most)
	m.Export("memory", 2, 0)
}

// Table adds a table of functions, with a maximum if most is not negative, and returns its index.
func (m *Module) Table(least uint32, most int64) uint32 {
	m.tables = append(m.tables, append([]byte{0x70}, limits(least, most)...))
	return uint32(len(m.tables) - 1)
}

// Elements puts functions into table 0, from its start.
func (m *Module) Elements(functions ...uint32) {
	e := append([]byte{0}, I32Const(0)...)
	e = append(append(e, 0x0b), u(uint32(len(functions)))...)
	for _, f := range functions {
		e = append(e, u(f)...)
	}
	m.elements = append(m.elements, e)
}

// Global adds a mutable i32 and returns its index.
func (m *Module) Global(value int32) uint32 {
	m.globals = append(m.globals, join([]byte{I32, 1}, I32Const(value), []byte{0x0b}))
	return uint32(len(m.globals) - 1)
}

// Data puts bytes into the memory.
func (m *Module) Data(offset int32, b []byte) {
	m.data = append(m.data, join([]byte{0}, I32Const(offset), []byte{0x0b}, sized(b)))
}

// Start makes a function run at instantiation.
func (m *Module) Start(function uint32) { m.start = u(function) }

// Custom adds a custom section.
func (m *Module) Custom(name string, b []byte) { m.custom = append(m.custom, append(text(name), b...)) }

// Bytes is the module in the binary format.
func (m *Module) Bytes() []byte {
	types := make([][]byte, 0, len(m.types))
	for _, t := range m.types {
		types = append(types, join([]byte{0x60}, sized(t.Params), sized(t.Results)))
	}
	out := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, entries ...[]byte) {
		if len(entries) > 0 {
			out = append(append(out, id), sized(vector(entries))...)
		}
	}
	section(1, types...)
	section(2, m.imports...)
	section(3, m.functions...)
	section(4, m.tables...)
	if m.memory != nil {
		section(5, m.memory)
	}
	section(6, m.globals...)
	section(7, m.exports...)
	if m.start != nil {
		out = append(append(out, 8), sized(m.start)...)
	}
	section(9, m.elements...)
	section(10, m.code...)
	section(11, m.data...)
	for _, c := range m.custom {
		out = append(append(out, 0), sized(c)...)
	}
	return out
}

func limits(least uint32, most int64) []byte {
	if most < 0 {
		return append([]byte{0}, u(least)...)
	}
	return join([]byte{1}, u(least), u(uint32(most)))
}

func u(v uint32) []byte { return binary.AppendUvarint(nil, uint64(v)) }

func sized(b []byte) []byte { return append(u(uint32(len(b))), b...) }

func text(s string) []byte { return sized([]byte(s)) }

func vector(entries [][]byte) []byte { return append(u(uint32(len(entries))), join(entries...)...) }

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }
