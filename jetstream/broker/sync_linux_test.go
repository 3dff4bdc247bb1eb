package broker

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// syncing is a syncer over the directory of a server that stores.
type syncing struct {
	*Syncer

	t   *testing.T
	dir string
	js  jetstream.JetStream
}

func startSyncing(t *testing.T) *syncing {
	t.Helper()
	dir := t.TempDir()
	b, err := Start(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Shutdown)
	nc, err := b.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenSyncer(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &syncing{Syncer: s, t: t, dir: dir, js: js}
}

func (s *syncing) create(stream string) {
	s.t.Helper()
	if _, err := s.js.CreateStream(s.t.Context(), jetstream.StreamConfig{Name: stream, Subjects: []string{stream}}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *syncing) store(stream string, size int) {
	s.t.Helper()
	if _, err := s.js.Publish(s.t.Context(), stream, make([]byte, size)); err != nil {
		s.t.Fatal(err)
	}
}

// wholes syncs the stream and returns how often that took the whole file system.
func (s *syncing) wholes(stream string) int {
	s.t.Helper()
	before := s.whole
	if err := s.Sync(stream); err != nil {
		s.t.Fatal(err)
	}
	return s.whole - before
}

func (s *syncing) want(whole int, stream string) {
	s.t.Helper()
	if got := s.wholes(stream); got != whole {
		s.t.Errorf("%d syncs of the file system for %q, want %d", got, stream, whole)
	}
}

func TestOneStreamIsSyncedByItsLastBlock(t *testing.T) {
	s := startSyncing(t)
	s.create("A")
	s.store("A", 100)
	s.want(1, "A") // the name of the block is new
	for range 3 {
		s.store("A", 100)
		s.want(0, "A")
	}
	s.create("B")
	s.store("B", 100)
	s.want(1, "")
	s.want(0, "A")
}

func TestANewBlockIsFollowed(t *testing.T) {
	s := startSyncing(t)
	s.create("A")
	s.store("A", 1000)
	s.want(1, "A")
	wholes, stored := 0, 0
	for ; stored < 40<<20; stored += 512 << 10 {
		s.store("A", 512<<10)
		wholes += s.wholes("A")
	}
	blocks, err := filepath.Glob(filepath.Join(blocksOf(s.dir, "A"), "*.blk"))
	if err != nil {
		t.Fatal(err)
	}
	if len(blocks) < 3 || wholes != len(blocks)-1 {
		t.Errorf("%d syncs of the file system for %d blocks", wholes, len(blocks))
	}
	if got, want := s.tails["A"].path, blockPath(blocksOf(s.dir, "A"), uint64(len(blocks))); got != want {
		t.Errorf("follows %s, want %s", got, want)
	}
}

// JetStream writes a block anew when most of it is purged.
func TestABlockThatWasReplacedIsFollowed(t *testing.T) {
	s := startSyncing(t)
	s.create("A")
	s.store("A", 100)
	s.want(1, "A")
	block := s.tails["A"].path
	data, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(block+".other", data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(block+".other", block); err != nil {
		t.Fatal(err)
	}
	s.want(1, "A")
	s.want(0, "A")
}

func TestAStreamWithoutAFolderIsSyncedWithEverything(t *testing.T) {
	s := startSyncing(t)
	s.want(1, "NONE")
	s.want(1, "NONE")
}

// Its key, where the server encrypts, may not be written yet.
func TestABlockWithoutAnAppendIsNotFollowed(t *testing.T) {
	s := startSyncing(t)
	s.create("A")
	s.store("A", 100)
	s.want(1, "A")
	next := s.tails["A"].next
	if err := os.WriteFile(next, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.want(1, "A")
	s.want(1, "A")
	if err := os.WriteFile(next, []byte("append"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.want(1, "A")
	s.want(0, "A")
}

func TestRemovedBlocksDoNotKeepTheirRoom(t *testing.T) {
	s := startSyncing(t)
	s.create("A")
	s.store("A", 100)
	s.want(1, "A")
	if err := s.js.DeleteStream(t.Context(), "A"); err != nil {
		t.Fatal(err)
	}
	s.want(1, "")
	if len(s.tails) != 0 {
		t.Errorf("still open: %v", s.tails)
	}
}

func TestASyncerKeepsFewFilesOpen(t *testing.T) {
	s := startSyncing(t)
	for i := range 2 * maxTails {
		stream := fmt.Sprintf("S%d", i)
		s.create(stream)
		s.store(stream, 100)
		s.want(1, stream)
		s.want(0, stream)
	}
	if len(s.tails) > maxTails {
		t.Errorf("%d files are open", len(s.tails))
	}
}

func TestAFailedSyncIsTold(t *testing.T) {
	s := startSyncing(t)
	s.create("A")
	s.store("A", 100)
	s.want(1, "A")
	if err := s.tails["A"].file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync("A"); err == nil {
		t.Error("no error from a file that is closed")
	}
	s.forget("A")
	if err := s.Syncer.dir.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(""); err == nil {
		t.Error("no error from a directory that is closed")
	}
}
