package broker

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// CanSync tells whether SyncFunc works on this operating system.
const CanSync = true

// SyncFunc returns a function that makes everything written to the file system of dir
// durable, and one that releases it.
//
// syncfs reports write errors since Linux 5.8 (syncfs(2)).
func SyncFunc(dir string) (sync func() error, release func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, func() {}, &Error{Op: "open data directory", Path: dir, Err: err, Hint: "check that the directory is readable for this user"}
	}
	sync = func() error {
		if err := unix.Syncfs(int(d.Fd())); err != nil {
			return fmt.Errorf("syncfs %s: %w", dir, err)
		}
		return nil
	}
	return sync, func() { _ = d.Close() }, nil
}
