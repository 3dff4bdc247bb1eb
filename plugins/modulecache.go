package plugins

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/queuelet/queuelet/plugins/rewrite"
)

// moduleCache keeps what deploying a module has made: its stoppable form and its machine code, in a directory for each
// module. The zero value keeps nothing.
type moduleCache struct{ root string }

// openModuleCache makes the directory, for the owner only, because what is in it is run. It removes what was left half-written,
// and what has not been used for longest until the rest fits the limit.
func openModuleCache(root string, limit int64) (moduleCache, error) {
	if root == "" {
		return moduleCache{}, nil
	}
	const private = 0o700
	if err := os.MkdirAll(root, private); err != nil {
		return moduleCache{}, fmt.Errorf("make the compile cache: %w", err)
	}
	if err := os.Chmod(root, private); err != nil {
		return moduleCache{}, fmt.Errorf("protect the compile cache: %w", err)
	}
	c := moduleCache{root: root}
	return c, c.prune(limit)
}

// entry is the directory of the module with a hash. Using it makes it young.
func (c moduleCache) entry(hash string) cacheEntry {
	if c.root == "" {
		return cacheEntry{}
	}
	return cacheEntry{dir: filepath.Join(c.root, fmt.Sprintf("%s-%d", hash, rewrite.Version))}
}

// prune removes old entries.
func (c moduleCache) prune(limit int64) error {
	type entry struct {
		path string
		used time.Time
		size int64
	}
	dirs, err := os.ReadDir(c.root)
	if err != nil {
		return fmt.Errorf("read the compile cache: %w", err)
	}
	var all []entry
	total := int64(0)
	for _, d := range dirs {
		info, err := d.Info()
		if err != nil || !d.IsDir() {
			continue
		}
		e := entry{path: filepath.Join(c.root, d.Name()), used: info.ModTime()}
		sweep(e.path)
		e.size = diskUse(e.path)
		total += e.size
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b entry) int { return a.used.Compare(b.used) })
	for _, e := range all {
		if total <= limit {
			break
		}
		if err := os.RemoveAll(e.path); err != nil {
			return fmt.Errorf("prune the compile cache: %w", err)
		}
		total -= e.size
	}
	return nil
}

const (
	unfinished      = ".tmp" // ends the names of files that are being written, by wazero as well
	unfinishedAfter = time.Hour
)

// sweep removes files that a process has not finished writing because it was killed. One that others write now stays.
func sweep(dir string) {
	for _, pattern := range []string{"*" + unfinished, "*/*" + unfinished} { // ours and wazero's
		names, _ := fs.Glob(os.DirFS(dir), pattern) // fails for bad patterns only
		for _, name := range names {
			path := filepath.Join(dir, name)
			if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) > unfinishedAfter {
				_ = os.Remove(path) // else the next start does it
			}
		}
	}
}

func diskUse(dir string) (size int64) {
	// A file that vanishes meanwhile counts as nothing.
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil //nolint:nilerr // see above
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return size
}

// cacheEntry is the directory of one module. The zero value keeps nothing.
type cacheEntry struct{ dir string }

const stoppableFile = "stoppable.wasm"

// stoppable returns the stoppable form of the module, if it is kept and whole.
func (e cacheEntry) stoppable() []byte {
	if e.dir == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(e.dir, stoppableFile))
	if err != nil || len(b) < sha256.Size {
		return nil
	}
	wasm := b[sha256.Size:]
	if sum := sha256.Sum256(wasm); !bytes.Equal(sum[:], b[:sha256.Size]) {
		return nil
	}
	now := time.Now()
	_ = os.Chtimes(e.dir, now, now) // only for prune
	return wasm
}

// keep keeps the stoppable form. It is written so that a crash leaves all of it or nothing.
func (e cacheEntry) keep(wasm []byte) (err error) {
	if e.dir == "" {
		return nil
	}
	const private = 0o700
	if err := os.MkdirAll(e.dir, private); err != nil {
		return fmt.Errorf("make an entry of the compile cache: %w", err)
	}
	f, err := os.CreateTemp(e.dir, stoppableFile+".*"+unfinished)
	if err != nil {
		return fmt.Errorf("write to the compile cache: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write to the compile cache: %w", errors.Join(err, os.Remove(f.Name())))
		}
	}()
	sum := sha256.Sum256(wasm)
	_, err = f.Write(sum[:])
	_, bodyErr := f.Write(wasm)
	if err = errors.Join(err, bodyErr, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(e.dir, stoppableFile)); err != nil {
		return fmt.Errorf("put the module into the cache: %w", err)
	}
	return nil
}

// drop removes everything that is kept of the module.
func (e cacheEntry) drop() error {
	if e.dir == "" {
		return nil
	}
	if err := os.RemoveAll(e.dir); err != nil {
		return fmt.Errorf("drop an entry of the compile cache: %w", err)
	}
	return nil
}
