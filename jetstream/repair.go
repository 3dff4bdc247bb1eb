package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/log"
)

// repairEvery is how often it is looked whether the disk can be written to again.
const repairEvery = 250 * time.Millisecond

// repair opens the streams again after one of them could not be written to, because the
// file system was full or failed: JetStream gives such a stream up. What was not answered
// yet waits, and whatever would have to be recorded is refused meanwhile.
type repair struct {
	reopen  func() error // nil when nobody can
	running atomic.Bool
}

// check returns queue.ErrStorageFull while the streams cannot be written to.
func (r *repair) check() error {
	if r.running.Load() {
		return queue.ErrStorageFull
	}
	return nil
}

// repairAfter starts the repair if err says that a stream is broken.
func (s *Store) repairAfter(err error) {
	if s.repair.reopen == nil || !errors.Is(err, log.ErrNoAnswer) || s.owner.ctx.Err() != nil {
		return
	}
	if s.repair.running.CompareAndSwap(false, true) {
		s.opts.Logger.Error("the disk cannot be written to: make room on it; until then nothing can be stored, received or deleted",
			"error", err)
		s.owner.work.Go(s.reopen)
	}
}

// reopen opens the streams again as soon as there is room. If that does not help, the next
// append that fails starts it anew.
func (s *Store) reopen() {
	t := time.NewTicker(repairEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-s.owner.ctx.Done():
			return
		}
		if s.disk.check() != nil {
			continue
		}
		if err := s.repair.reopen(); err != nil {
			s.opts.Logger.Error("opening the streams again failed, will be tried again", "error", err)
			continue
		}
		s.opts.Logger.Info("the streams were opened again after a failure of the disk")
		s.repair.running.Store(false)
		return
	}
}

// notStored is the error of a write to the metadata bucket in the store's words.
func (s *Store) notStored(ctx context.Context, err error) error {
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		s.repairAfter(log.ErrNoAnswer)
		return fmt.Errorf("%w: %w", queue.ErrStorageFull, err)
	}
	return unavailable(err)
}
