package rewrite

// Version changes whenever Stoppable makes something else of a module than before.
const Version = 5

// maxGrowth is how much longer code may become.
const maxGrowth = 4

// Stoppable returns the module with everything it takes to stop it. It has to be instantiated with a memory allocator that
// refuses YieldSize. Its error is an *Error: Unsupported if there are instructions that this package does not know.
func (m *Module) Stoppable() ([]byte, error) {
	bodies := m.bodies()
	survey, err := m.surveyCode(bodies)
	if err != nil {
		return nil, err
	}
	w := &writer{
		m: m, survey: survey,
		count:   m.globals,
		helpers: m.imported + uint32(len(m.functions)),
		types:   uint32(len(m.types)),
	}
	code := appendU32(nil, uint32(len(bodies))+helperCount)
	most := maxGrowth*len(m.sections[sectionCode]) + 1<<20
	for f, body := range bodies {
		if body, err = w.function(f, body); err != nil {
			return nil, err
		}
		if len(code)+len(body) > most {
			return nil, tooBig("it has so many loops and branches that what counts them would be %d times as long", maxGrowth)
		}
		code = appendBytes(code, body)
	}
	for _, body := range w.helperBodies() {
		code = appendBytes(code, body)
	}
	out := m.sections
	out[sectionType] = vector(m.sections[sectionType], 2, helperTypes)
	out[sectionFunction] = vector(m.sections[sectionFunction], helperCount, w.helperFunctions())
	out[sectionTable] = m.clampedTables()
	out[sectionMemory] = m.openMemory()
	out[sectionGlobal] = vector(m.sections[sectionGlobal], 1, newGlobal())
	added, exports := m.exportedGlobals()
	if m.start != nil {
		added++
		exports = append(exports, exportedStart(*m.start)...)
	}
	out[sectionExport] = vector(m.sections[sectionExport], added, exports)
	out[sectionStart] = nil
	out[sectionCode] = code
	return m.join(out), nil
}

// Plain returns the module without what stops it, but with a memory, with tables limited and custom sections dropped.
func (m *Module) Plain() []byte {
	out := m.sections
	out[sectionTable] = m.clampedTables()
	out[sectionMemory] = m.someMemory()
	return m.join(out)
}

// someMemory gives a module without a memory one of no pages.
func (m *Module) someMemory() []byte {
	if m.memories == 0 {
		return []byte{1, 1, 0, 0}
	}
	return m.sections[sectionMemory]
}

// openMemory lets the module's memory grow to the greatest size there is. How much it may have is for the host's
// allocator, which so hears of every try.
func (m *Module) openMemory() []byte {
	least := uint32(0)
	switch {
	case m.Memory != nil:
		least = m.Memory.Min
	case m.memories > 0: // an imported one
		return m.sections[sectionMemory]
	}
	return appendU32(appendU32([]byte{1, 1}, least), maxMemoryPage)
}

// join writes a module of sections.
func (m *Module) join(sections [sectionCount][]byte) []byte {
	size := 64 + len(m.names)
	for _, body := range sections {
		size += len(body) + 6
	}
	out := append(make([]byte, 0, size), "\x00asm\x01\x00\x00\x00"...)
	for _, id := range sectionOrder {
		if body := sections[id]; body != nil {
			out = appendBytes(append(out, id), body)
		}
	}
	if m.names != nil {
		out = appendBytes(append(out, sectionCustom), append(appendBytes(nil, []byte("name")), m.names...))
	}
	return out
}

// bodies returns the functions' bodies, which Parse has found to be there.
func (m *Module) bodies() [][]byte {
	r := reader{b: m.sections[sectionCode]}
	if r.b == nil {
		return nil
	}
	all := make([][]byte, r.u32())
	for f := range all {
		all[f] = r.take(r.u32())
	}
	return all
}

// clampedTables gives each of the module's own tables a greatest size, for tables grow outside of the memory limit.
func (m *Module) clampedTables() []byte {
	if m.sections[sectionTable] == nil {
		return nil
	}
	own := m.tables[m.importedTables():]
	out := appendU32(nil, uint32(len(own)))
	for _, t := range own {
		most := uint32(MaxTableSize)
		if t.limited {
			most = min(most, t.max)
		}
		out = append(out, t.reference, 1)
		out = appendU32(appendU32(out, t.min), most)
	}
	return out
}

func (m *Module) importedTables() (n int) {
	for _, i := range m.Imports {
		if i.Kind == KindTable {
			n++
		}
	}
	return n
}

func exportedStart(function uint32) []byte {
	return appendU32(append(appendBytes(nil, []byte(StartExport)), byte(KindFunction)), function)
}

// newGlobal is the count, a mutable i32.
func newGlobal() []byte {
	return append(appendI32([]byte{typeI32, 1, opI32Const}, Stride), opEnd)
}
