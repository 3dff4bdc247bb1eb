package broker

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// storeLimit is how many bytes JetStream may hold: what it has and what is free, less
// what must stay free. JetStream answers a clean error at that limit, still deletes,
// and recovers without a restart; a file system that is really full makes it fail until
// it is restarted.
func storeLimit(dir string, minFree int64) (int64, error) {
	free, err := FreeBytes(dir)
	if err != nil {
		return 0, &Error{Op: "measure free space of", Path: dir, Err: err, Hint: "check that the directory is on a mounted file system"}
	}
	used, err := directorySize(dir)
	if err != nil {
		return 0, &Error{Op: "measure data directory", Path: dir, Err: err, Hint: "check that the directory is readable for this user"}
	}
	return max(used+free-minFree, 1), nil
}

func directorySize(dir string) (int64, error) {
	var size int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		var info fs.FileInfo
		if err == nil && !d.IsDir() {
			info, err = d.Info()
		}
		switch {
		case errors.Is(err, fs.ErrNotExist): // a stream is being removed
			return nil
		case err != nil:
			return fmt.Errorf("measure: %w", err)
		case info != nil:
			size += info.Size()
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("measure: %w", err)
	}
	return size, nil
}
