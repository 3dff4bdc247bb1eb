//go:build !linux

package broker

import "errors"

// CanSync tells whether OpenSyncer works on this operating system. Where it does not,
// [Options.SyncAlways] is the way.
const CanSync = false

// Syncer is not for this operating system, which cannot sync one whole file system.
type Syncer struct{}

// OpenSyncer fails.
func OpenSyncer(string) (*Syncer, error) { return nil, errors.ErrUnsupported }

// Sync fails.
func (*Syncer) Sync(string) error { return errors.ErrUnsupported }

// Close does nothing.
func (*Syncer) Close() {}
