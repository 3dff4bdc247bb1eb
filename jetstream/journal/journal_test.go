package journal

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/jetstream/broker"
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

// connect returns the JetStream of a new server.
func connect(t *testing.T) jetstream.JetStream {
	t.Helper()
	b, err := broker.Start(t.Context(), broker.Options{Dir: t.TempDir()})
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
	return js
}

// reopener opens the journal of one server again and again.
func reopener(t *testing.T) func() (*Journal, Replay) {
	t.Helper()
	js := connect(t)
	return func() (*Journal, Replay) {
		t.Helper()
		s, err := log.Create(t.Context(), js, "J", "j", 1)
		if err != nil {
			t.Fatal(err)
		}
		j, replay, err := Open(t.Context(), s, Options{Failed: func(err error) {
			if !errors.Is(err, log.ErrFenced) {
				t.Error("journal failed:", err)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		return j, replay
	}
}

func wait(t *testing.T, ticket log.Ticket) {
	t.Helper()
	if err := ticket.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestReplayGivesWhatWasRecorded(t *testing.T) {
	open := reopener(t)
	j, replay := open()
	if len(replay) != 0 {
		t.Fatalf("a new journal says %v", replay)
	}
	state := index.State{Due: 1 << 41, First: 1 << 40, Count: 3}
	id := index.DedupEntry{Digest: [16]byte{9}, Seq: 40, ID: [16]byte{7}, At: 77}
	j.States(1, []index.Taken{{Seq: 5, State: state}, {Seq: 6, State: state}, {Seq: 2, State: state}}, log.AskNothing)
	j.Deleted(1, []uint64{6, 7}, log.AskNothing)
	j.States(1, []index.Taken{{Seq: 6, State: state}}, log.AskNothing) // gone is gone
	j.Purged(1, 3, log.AskNothing)
	j.Dedup(1, []index.DedupEntry{id}, log.AskNothing)
	j.DeletedRanges(2, []Range{{First: 10, Count: 3}}, log.AskNothing)
	wait(t, j.Deleted(2, []uint64{20}, log.AskDurable))
	_, replay = open()
	want := Replay{
		1: {Below: 3, States: map[uint64]index.State{5: state}, Deleted: map[uint64]struct{}{6: {}, 7: {}}, Dedup: []index.DedupEntry{id}},
		2: {States: map[uint64]index.State{}, Deleted: map[uint64]struct{}{10: {}, 11: {}, 12: {}, 20: {}}},
	}
	if d := cmp.Diff(want, replay); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestASecondOwnerEndsTheFirst(t *testing.T) {
	open := reopener(t)
	first, _ := open()
	second, _ := open()
	if err := first.Deleted(1, []uint64{1}, log.AskStored).Wait(t.Context()); !errors.Is(err, log.ErrFenced) {
		t.Errorf("the first owner's record: %v", err)
	}
	wait(t, second.Deleted(1, []uint64{2}, log.AskStored))
	_, replay := open()
	if _, ok := replay[1].Deleted[1]; ok {
		t.Error("the first owner's record was stored")
	}
}

func TestACompactionKeepsTheStateAndWhatComesDuringIt(t *testing.T) {
	open := reopener(t)
	j, _ := open()
	for seq := range uint64(1000) {
		wait(t, j.States(1, []index.Taken{{Seq: seq + 1, State: index.State{Count: 1}}}, log.AskStored))
	}
	err := j.Compact(t.Context(), func() log.Ticket {
		j.States(1, []index.Taken{{Seq: 1000, State: index.State{Count: 2}}}, log.AskNothing)
		j.States(1, []index.Taken{{Seq: 1001, State: index.State{Count: 1}}}, log.AskNothing) // a receive meanwhile
		return j.DeletedRanges(1, []Range{{First: 1, Count: 999}}, log.AskDurable)
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := j.Grown(); n > 1000 {
		t.Errorf("%d bytes after the compaction", n)
	}
	_, replay := open()
	want := map[uint64]index.State{1000: {Count: 2}, 1001: {Count: 1}}
	if d := cmp.Diff(want, replay[1].States); d != "" {
		t.Error(d)
	}
}

// The snapshot says nothing of messages that were purged from their queue's log, which a
// power cut must not bring back.
func TestACompactionSyncsEverythingBeforeItForgets(t *testing.T) {
	js := connect(t)
	s, err := log.Create(t.Context(), js, "J", "j", 1)
	if err != nil {
		t.Fatal(err)
	}
	first := func() uint64 {
		stream, err := js.Stream(t.Context(), "J")
		if err != nil {
			t.Error(err)
			return 0
		}
		return stream.CachedInfo().State.FirstSeq
	}
	var compacting, synced bool
	commit := log.NewCommitter(func(stream string) error {
		if compacting && stream == "" {
			synced = first() == 1
		}
		return nil
	})
	j, _, err := Open(t.Context(), s, Options{Commit: commit, Failed: func(err error) { t.Error("journal failed:", err) }})
	if err != nil {
		t.Fatal(err)
	}
	wait(t, j.Deleted(1, []uint64{1}, log.AskDurable))
	err = j.Compact(t.Context(), func() log.Ticket {
		compacting = true
		return j.Deleted(1, []uint64{2}, log.AskDurable)
	})
	if err != nil {
		t.Fatal(err)
	}
	if first() == 1 {
		t.Error("nothing was purged")
	}
	if !synced {
		t.Error("the records were purged before everything was synced")
	}
}

func TestACorruptAppendIsRefused(t *testing.T) {
	good := appendRecord(begin(nil), kindDelete, 1, 1)
	good = append(good, 5)
	seal(good)
	if err := (Replay{}).Apply(good); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if err := (Replay{}).Apply(bad); !errors.Is(err, ErrCorrupt) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
}

// FuzzApply reads arbitrary records behind a checksum that is right.
func FuzzApply(f *testing.F) {
	f.Add(appendState(appendRecord(nil, kindState, 1, 1), 5, index.State{Due: 1, First: 2, Count: 3}))
	f.Add([]byte{kindRange, 1, 2, 3, 4, 5, 6, 7, 8, 1, 10, 20})
	f.Add([]byte{kindDedup, 1, 2, 3, 4, 5, 6, 7, 8, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<10 {
			return // each range may stand for millions of sequences
		}
		data := append(begin(nil), b...)
		seal(data)
		if err := (Replay{}).Apply(data); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("error is not ErrCorrupt: %v", err)
		}
	})
}
