//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package plugins

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// mapping is an address range reserved at its greatest size. Only the part that is in use can be touched.
type mapping struct {
	all  []byte
	used int64
}

func reserve(most int64) (mapping, error) {
	if most == 0 {
		return mapping{}, nil
	}
	all, err := unix.Mmap(-1, 0, int(most), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return mapping{}, fmt.Errorf("reserve %d bytes of address space: %w", most, err)
	}
	return mapping{all: all}, nil
}

// commit makes the first size bytes usable and returns them, or nil if the system refuses.
func (m *mapping) commit(size int64) []byte {
	if size > m.used {
		if err := unix.Mprotect(m.all[m.used:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return nil
		}
		m.used = size
	}
	if m.all == nil {
		return []byte{}
	}
	return m.all[:size:size]
}

func (m *mapping) release() {
	if m.all == nil {
		return
	}
	if err := unix.Munmap(m.all); err != nil {
		panic(fmt.Sprintf("munmap of a range that mmap gave: %v", err))
	}
	*m = mapping{}
}
