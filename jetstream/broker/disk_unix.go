//go:build unix

package broker

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// FreeBytes is how much an ordinary user can still write to the file system of dir.
func FreeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", dir, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil //nolint:unconvert // the types differ between systems
}
