package jetstream

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

// freeSpaceAge is how long a measurement of free space is good for.
const freeSpaceAge = 250 * time.Millisecond

// disk refuses messages while the disk is nearly full. Deletes, visibility changes and
// purges go on, on what the limit leaves, so that room can be made.
type disk struct {
	free func() (int64, error)
	min  int64

	measured atomic.Int64 // when, in epoch nanoseconds
	low      atomic.Bool
}

// check returns queue.ErrStorageFull while there is less room than there has to be.
func (d *disk) check() error {
	if d.free == nil {
		return nil
	}
	now := time.Now().UnixNano()
	if last := d.measured.Load(); now-last > int64(freeSpaceAge) && d.measured.CompareAndSwap(last, now) {
		free, err := d.free()
		if err != nil {
			return fmt.Errorf("measure free space: %w", err)
		}
		d.low.Store(free < d.min)
	}
	if d.low.Load() {
		return queue.ErrStorageFull
	}
	return nil
}
