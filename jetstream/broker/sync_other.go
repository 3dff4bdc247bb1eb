//go:build !linux

package broker

import "errors"

// CanSync tells whether SyncFunc works on this operating system. Where it does not,
// [Options.SyncAlways] is the way.
const CanSync = false

// SyncFunc fails: this operating system cannot sync one whole file system.
func SyncFunc(string) (sync func() error, release func(), err error) {
	return nil, func() {}, errors.ErrUnsupported
}
