package broker

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// CanSync tells whether OpenSyncer works on this operating system.
const CanSync = true

// maxTails bounds the files that a syncer keeps open.
const maxTails = 8

// Syncer makes what the server wrote to its data directory durable.
type Syncer struct {
	dir *os.File

	mu    sync.Mutex
	tails map[string]*tail // by stream
	whole int              // syncs of the file system so far
}

// OpenSyncer returns a syncer of a data directory.
func OpenSyncer(dir string) (*Syncer, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, &Error{Op: "open data directory", Path: dir, Err: err, Hint: "check that the directory is readable for this user"}
	}
	return &Syncer{dir: d, tails: map[string]*tail{}}, nil
}

// Sync makes durable what the engine's account has stored in a stream by now, or all that is
// written when none is named.
//
// One stream costs the fdatasync of its last block, which is all that an append changes. For
// everything, and whenever a stream has begun a new block or replaced it, there is syncfs,
// which takes the names of new files along. It reports write errors since Linux 5.8
// (syncfs(2)).
func (s *Syncer) Sync(stream string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stream == "" {
		return s.syncAll()
	}
	t := s.tails[stream]
	if t != nil && t.isLast() {
		if err := unix.Fdatasync(int(t.file.Fd())); err != nil {
			return fmt.Errorf("fdatasync %s: %w", t.file.Name(), err)
		}
		return nil
	}
	// The block is opened before everything is synced: what follows it can only be later.
	s.follow(stream)
	return s.syncAll()
}

func (s *Syncer) syncAll() error {
	s.whole++
	if err := unix.Syncfs(int(s.dir.Fd())); err != nil {
		return fmt.Errorf("syncfs %s: %w", s.dir.Name(), err)
	}
	for stream, t := range s.tails {
		if t.isRemoved() {
			s.forget(stream)
		}
	}
	return nil
}

// follow opens the last block of a stream. A stream that cannot be followed is synced with
// everything else.
func (s *Syncer) follow(stream string) {
	s.forget(stream)
	t := openTail(blocksOf(s.dir.Name(), stream))
	if t == nil {
		return
	}
	if len(s.tails) == maxTails {
		for other := range s.tails {
			s.forget(other)
			break
		}
	}
	s.tails[stream] = t
}

func (s *Syncer) forget(stream string) {
	if t := s.tails[stream]; t != nil {
		t.close()
		delete(s.tails, stream)
	}
}

// Close releases the files.
func (s *Syncer) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for stream := range s.tails {
		s.forget(stream)
	}
	_ = s.dir.Close()
}
