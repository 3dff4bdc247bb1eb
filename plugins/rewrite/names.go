package rewrite

// custom keeps the names of functions, which make a trap readable, out of the name section. Any other custom section, and a
// name section that is broken, is dropped.
func (m *Module) custom(body []byte) error {
	r := reader{b: body}
	if r.name() != "name" || m.names != nil {
		return r.err
	}
	const functionNames = 1
	for len(r.b) > 0 && r.err == nil {
		id := r.byte()
		names := r.take(r.u32())
		if id == functionNames && validNames(names) {
			m.names = appendBytes([]byte{functionNames}, names)
		}
	}
	return nil
}

func validNames(b []byte) bool {
	r := reader{b: b}
	for range r.count("names", maxFunctions) {
		r.u32()
		r.name()
	}
	r.end("names")
	return r.err == nil
}
