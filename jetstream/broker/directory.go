package broker

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Format is the version of the data directory's layout that this program writes.
const Format = 1

// Mode is how the data of a directory is held. JetStream deletes streams that it finds
// in the wrong mode (an orphaned stream of a server that was standalone, found by a
// clustered one), so the mode is written down and another one is refused.
type Mode string

// Standalone is one server that holds everything.
const Standalone Mode = "standalone"

const manifestName = "queuelet.json"

type manifest struct {
	Format int       `json:"format"`
	Mode   Mode      `json:"mode"`
	Key    *keyCheck `json:"key,omitempty"` // nil for a directory that is not encrypted
}

// keyCheck tells whether a key is the one that a directory is encrypted with. JetStream
// takes streams that it cannot decrypt for streams that do not exist.
type keyCheck struct {
	Salt []byte `json:"salt"`
	Sum  []byte `json:"sum"` // HMAC-SHA256 of the salt under the key
}

func newKeyCheck(key string) *keyCheck {
	if key == "" {
		return nil
	}
	salt := []byte(rand.Text())
	return &keyCheck{Salt: salt, Sum: keySum(key, salt)}
}

func keySum(key string, salt []byte) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(salt)
	return mac.Sum(nil)
}

// check returns what is wrong with a key, nil when it is the right one.
func (k *keyCheck) check(key string) error {
	switch {
	case k == nil && key == "":
		return nil
	case k == nil:
		return errors.New("it is not encrypted, and a key is given")
	case key == "":
		return errors.New("it is encrypted, and no key is given")
	case !hmac.Equal(k.Sum, keySum(key, k.Salt)):
		return errors.New("it is encrypted with another key")
	}
	return nil
}

// openDirectory creates or checks the data directory and locks it for this process.
// The returned function unlocks it.
func openDirectory(dir, key string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, &Error{
			Op: "create data directory", Path: dir, Err: err,
			Hint: "choose a directory that this user may write to with storage.dir",
		}
	}
	unlock, err = lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, &Error{
			Op: "lock data directory", Path: dir, Err: err,
			Hint: "stop the other process that uses it, or give this one a storage.dir of its own",
		}
	}
	if err := checkManifest(dir, key); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

func checkManifest(dir, key string) error {
	path := filepath.Join(dir, manifestName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return writeManifest(dir, path, key)
	}
	if err != nil {
		return &Error{Op: "read data directory", Path: path, Err: err, Hint: "make the file readable for this user"}
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return &Error{
			Op: "read data directory", Path: path, Err: err,
			Hint: "restore the file from a backup; it reads " + `{"format":1,"mode":"standalone"}` + " for a single server",
		}
	}
	if m.Format != Format {
		return &Error{
			Op: "open data directory", Path: dir, Err: fmt.Errorf("it has format %d, this version reads format %d", m.Format, Format),
			Hint: "run the version of queuelet that wrote it, or point storage.dir at another directory",
		}
	}
	if m.Mode != Standalone {
		return &Error{
			Op: "open data directory", Path: dir, Err: fmt.Errorf("it was written in mode %q, this server runs in mode %q", m.Mode, Standalone),
			Hint: "start it in the mode it was written in, or point storage.dir at another directory and move the messages",
		}
	}
	if err := m.Key.check(key); err != nil {
		return &Error{
			Op: "open data directory", Path: dir, Err: err,
			Hint: "give storage.encryption_key the value that the directory was made with",
		}
	}
	return nil
}

// writeManifest marks a new directory. One that holds a JetStream store without a
// manifest belongs to something else and is left alone.
func writeManifest(dir, path, key string) error {
	if _, err := os.Stat(filepath.Join(dir, "jetstream")); err == nil {
		return &Error{
			Op: "open data directory", Path: dir, Err: errors.New("it holds a JetStream store that queuelet did not make"),
			Hint: "point storage.dir at an empty directory",
		}
	}
	text, err := json.Marshal(manifest{Format: Format, Mode: Standalone, Key: newKeyCheck(key)})
	if err != nil {
		return fmt.Errorf("write data directory: %w", err)
	}
	tmp := path + ".new"
	if err := writeSynced(tmp, append(text, '\n')); err != nil {
		return &Error{Op: "write data directory", Path: path, Err: err, Hint: "check that the disk has room and the directory is writable"}
	}
	if err := os.Rename(tmp, path); err != nil {
		return &Error{Op: "write data directory", Path: path, Err: err, Hint: "check that the directory is writable"}
	}
	return nil
}

func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}
