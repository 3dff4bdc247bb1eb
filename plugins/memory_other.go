//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package plugins

// mapping is a plain slice where there is no mmap; growing it copies.
type mapping struct{ all []byte }

func reserve(int64) (mapping, error) { return mapping{}, nil }

// commit makes the first size bytes usable and returns them.
func (m *mapping) commit(size int64) []byte {
	if size > int64(len(m.all)) {
		m.all = append(m.all, make([]byte, size-int64(len(m.all)))...)
	}
	if m.all == nil {
		return []byte{}
	}
	return m.all[:size:size]
}

func (m *mapping) release() { *m = mapping{} }
