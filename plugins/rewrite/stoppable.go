package rewrite

// Version changes whenever Stoppable makes something else of a module than before.
const Version = 1

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
	for f, body := range bodies {
		if body, err = w.function(f, body); err != nil {
			return nil, err
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
	if m.start != nil {
		out[sectionExport] = vector(m.sections[sectionExport], 1, exportedStart(*m.start))
	}
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
	return append(appendI32([]byte{typeI32, 1, opI32Const}, stride), opEnd)
}

// writer writes functions.
type writer struct {
	m       *Module
	survey  *survey
	count   uint32 // global: units left until the next leave
	helpers uint32 // index of the first helper
	types   uint32 // index of the first helper type
}

// function writes one of the module's functions.
func (w *writer) function(f int, body []byte) ([]byte, error) {
	r := &reader{b: body}
	groups := r.u32()
	declared := r.b
	locals := uint32(len(w.m.types[w.m.functions[f]].Params))
	for range groups {
		locals += r.u32()
		r.valueType()
	}
	declared = declared[:len(declared)-len(r.b)]
	out := make([]byte, 0, len(body)+len(body)/8+64)
	out = append(appendU32(out, groups+1), declared...)
	out = append(out, 2, typeI32) // two more locals: turns of a loop, length of a bulk instruction
	c := &coder{w: w, out: out, turns: locals, length: locals + 1}
	if w.survey.cost[f] == 0 {
		units := int32(1)
		if w.survey.loops[f] {
			units = loopEntry
		}
		c.out = w.look(c.out, units)
	}
	return c.copy(r)
}

// coder copies the instructions of a function and adds to them.
type coder struct {
	w             *writer
	out           []byte
	run           run
	turns, length uint32 // locals
	known         bool   // the instruction before was i32.const
	constant      int32  // and this is its value
}

func (c *coder) copy(r *reader) ([]byte, error) {
	for len(r.b) > 0 {
		at := r.b
		in := r.next()
		if r.err != nil {
			return nil, r.err
		}
		text := at[:len(at)-len(r.b)]
		if c.run.length >= maxRun {
			c.out = c.w.look(c.out, 1)
			c.run.looked()
		}
		c.run.pass(len(text))
		if err := c.instruction(in, text); err != nil {
			return nil, err
		}
		c.known, c.constant = in.op == opI32Const, in.value
	}
	return c.out, nil
}

// instruction writes an instruction and follows where it goes.
func (c *coder) instruction(in instruction, text []byte) error {
	if in.op == opBulk && c.bulk(in.sub, text) {
		return nil
	}
	c.out = append(c.out, text...)
	switch in.op {
	case opBlock, opIf:
		c.run.open(in.op)
	case opLoop:
		c.run.open(in.op)
		c.turn()
		c.run.looked()
	case opElse:
		return c.run.turn()
	case opEnd:
		c.run.shut()
	case opBr:
		c.run.jump(in.index)
		c.run.stop()
	case opBrIf:
		c.run.jump(in.index)
	case opBrTable:
		labels := reader{b: in.more}
		for len(labels.b) > 0 {
			c.run.jump(labels.u32())
		}
		if labels.err != nil {
			return labels.err
		}
		c.run.stop()
	case opReturn, opUnreachable, opReturnCall, opReturnCallIndirect:
		c.run.stop()
	case opCall:
		c.called(in.index)
	case opCallIndirect:
		c.run.pass(smallCost)
		c.run.atLeast(maxRun - returnRun)
	}
	if len(c.run.blocks) > maxNesting {
		return tooBig("it has more than %d blocks in each other", maxNesting)
	}
	return nil
}

func (c *coder) called(function uint32) {
	w := c.w
	if function < w.m.imported {
		c.run.pass(importCost)
		return
	}
	if cost := w.survey.cost[function-w.m.imported]; cost > 0 {
		c.run.pass(int(cost))
		return
	}
	c.run.looked()
	c.run.atLeast(maxRun - returnRun)
}

// turn counts a turn of a loop.
func (c *coder) turn() {
	c.out = appendU32(append(c.out, opLocalGet), c.turns)
	c.out = append(c.out, opI32Const, 1, opI32Add)
	c.out = appendU32(append(c.out, opLocalTee), c.turns)
	c.out = append(appendI32(append(c.out, opI32Const), loopTurns), opI32GeU, opIf, blockEmpty, opI32Const, 0)
	c.out = appendU32(append(c.out, opLocalSet), c.turns)
	c.out = append(c.w.call(c.out, helperTick), opEnd)
}

// bulk writes an instruction that takes as long as the number on top of the stack says. It returns false for others.
func (c *coder) bulk(sub uint32, text []byte) bool {
	switch sub {
	case bulkMemoryInit, bulkMemoryCopy, bulkMemoryFill, bulkTableInit, bulkTableCopy, bulkTableGrow, bulkTableFill:
	default:
		return false
	}
	c.run.pass(bulkCost)
	if c.known && uint32(c.constant) <= pieceSize {
		return false
	}
	c.out = appendU32(append(c.out, opLocalTee), c.length)
	c.out = appendU32(append(c.out, opLocalGet), c.length)
	c.out = append(appendI32(append(c.out, opI32Const), pieceSize), opI32GtU, opIf)
	switch sub {
	case bulkMemoryCopy, bulkMemoryFill:
		helper := uint32(helperFill)
		if sub == bulkMemoryCopy {
			helper = helperCopy
		}
		c.out = appendI32(c.out, int32(c.w.types+helperTypeBulk))
		c.out = append(append(c.w.call(c.out, helper), opElse), text...)
		c.out = append(c.out, opEnd)
	default:
		c.out = append(append(c.w.call(append(c.out, blockEmpty), helperLeave), opEnd), text...)
	}
	return true
}
