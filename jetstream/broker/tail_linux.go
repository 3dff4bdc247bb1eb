package broker

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A tail is the last block of a stream: the only file that an append to the stream changes.
// JetStream numbers the blocks of a stream without gaps.
type tail struct {
	file *os.File
	path string
	next string // path of the block that will follow
	id   fileID
}

// fileID tells a file from the one that replaced it under its name.
type fileID struct{ device, inode uint64 }

// blocksOf is the folder in which JetStream keeps the blocks of a stream of the engine.
func blocksOf(dir, stream string) string {
	return filepath.Join(dir, "jetstream", EngineAccount, "streams", stream, "msgs")
}

func blockPath(folder string, number uint64) string {
	return filepath.Join(folder, strconv.FormatUint(number, 10)+".blk")
}

// openTail returns nil when there is no block or it cannot be opened.
func openTail(folder string) *tail {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	last := uint64(0)
	for _, e := range entries {
		if digits, ok := strings.CutSuffix(e.Name(), ".blk"); ok {
			if n, err := strconv.ParseUint(digits, 10, 64); err == nil {
				last = max(last, n)
			}
		}
	}
	path := blockPath(folder, last)
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	var stat unix.Stat_t
	// A block is followed only with an append in it: before the first one JetStream writes
	// the block's key, where it encrypts, which the sync that comes now has to take along.
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil || stat.Size == 0 {
		_ = file.Close()
		return nil
	}
	return &tail{file: file, path: path, next: blockPath(folder, last+1), id: idOf(&stat)}
}

func idOf(s *unix.Stat_t) fileID { return fileID{s.Dev, s.Ino} }

// isLast tells whether the stream still appends to this very file.
func (t *tail) isLast() bool {
	var stat unix.Stat_t
	if err := unix.Stat(t.path, &stat); err != nil || idOf(&stat) != t.id {
		return false
	}
	return unix.Stat(t.next, &stat) == unix.ENOENT
}

// isRemoved tells whether the file has no name any more and only takes room.
func (t *tail) isRemoved() bool {
	var stat unix.Stat_t
	return unix.Fstat(int(t.file.Fd()), &stat) != nil || stat.Nlink == 0
}

func (t *tail) close() { _ = t.file.Close() }
