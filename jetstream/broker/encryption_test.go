package broker

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

const plain = "a body that nobody should find on the disk"

// store keeps a message in a directory and stops the server.
func store(t *testing.T, dir, key string) {
	t.Helper()
	b, err := Start(t.Context(), Options{Dir: dir, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Shutdown()
	nc, err := b.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "L", Subjects: []string{"l"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "l", []byte(plain)); err != nil {
		t.Fatal(err)
	}
}

func holdsPlain(t *testing.T, dir string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		found = found || bytes.Contains(text, []byte(plain))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEncryptionLeavesNothingPlainOnTheDisk(t *testing.T) {
	open, closed := t.TempDir(), t.TempDir()
	store(t, open, "")
	store(t, closed, "a key of some length")
	if !holdsPlain(t, open) || holdsPlain(t, closed) {
		t.Error("the plain text must be found without a key, and not with one")
	}
}

func TestADirectoryOpensWithItsOwnKeyOnly(t *testing.T) {
	const right = "a key of some length"
	for made, wrong := range map[string][]string{right: {"", "another key"}, "": {right}} {
		dir := t.TempDir()
		store(t, dir, made)
		for _, key := range wrong {
			if _, err := Start(t.Context(), Options{Dir: dir, Key: key}); err == nil || !strings.Contains(err.Error(), "encrypted") {
				t.Errorf("made with %q, opened with %q: %v", made, key, err)
			}
		}
		b, err := Start(t.Context(), Options{Dir: dir, Key: made})
		if err != nil {
			t.Fatal(err)
		}
		b.Shutdown()
	}
}
