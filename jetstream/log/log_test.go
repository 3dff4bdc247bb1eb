package log_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/jetstream/broker"
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

func connect(t *testing.T) (*nats.Conn, jetstream.JetStream) {
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
	js, err := log.Connect(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js
}

func create(t *testing.T, js jetstream.JetStream) *log.Stream {
	t.Helper()
	s, err := log.Create(t.Context(), js, "L", "l", 1)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustAppend(t *testing.T, s *log.Stream, data string) uint64 {
	t.Helper()
	seq, err := s.Append(t.Context(), []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func readAll(t *testing.T, s *log.Stream, first, last uint64) []string {
	t.Helper()
	var got []string
	err := s.Read(t.Context(), first, last, func(a log.Append) error {
		got = append(got, fmt.Sprintf("%d %s", a.Sequence, a.Data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestASecondOwnerFencesTheFirst(t *testing.T) {
	_, js := connect(t)
	first := create(t, js)
	mustAppend(t, first, "a")
	second := create(t, js)
	mustAppend(t, second, "epoch")
	if _, err := first.Append(t.Context(), []byte("b")); !errors.Is(err, log.ErrFenced) {
		t.Errorf("append of the first owner: %v", err)
	}
	mustAppend(t, second, "c")
	if got := fmt.Sprint(readAll(t, second, 1, 9)); got != "[1 a 2 epoch 3 c]" {
		t.Error(got)
	}
}

func TestAnAppendWhoseAnswerWasLostIsNotRepeated(t *testing.T) {
	nc, js := connect(t)
	s := create(t, js)
	mustAppend(t, s, "a")
	// What the first attempt of the next append would have stored.
	if _, err := nc.Request("l", []byte("b"), nats.DefaultTimeout); err != nil {
		t.Fatal(err)
	}
	if seq := mustAppend(t, s, "b"); seq != 2 {
		t.Errorf("sequence %d, want 2", seq)
	}
	mustAppend(t, s, "c")
	if got := fmt.Sprint(readAll(t, s, 1, 9)); got != "[1 a 2 b 3 c]" {
		t.Error(got)
	}
}

func TestReadGoesOverManyBatchesAndSkipsWhatWasPurged(t *testing.T) {
	_, js := connect(t)
	s := create(t, js)
	const n = 700
	for i := range n {
		mustAppend(t, s, strconv.Itoa(i+1))
	}
	if err := s.Purge(t.Context(), 11); err != nil {
		t.Fatal(err)
	}
	got := readAll(t, s, 1, n-1)
	if len(got) != n-11 || got[0] != "11 11" || got[len(got)-1] != fmt.Sprintf("%d %d", n-1, n-1) {
		t.Errorf("%d appends, from %q to %q", len(got), got[0], got[len(got)-1])
	}
	if _, err := s.Get(t.Context(), 5); !errors.Is(err, log.ErrNotFound) {
		t.Errorf("purged append: %v", err)
	}
	if data, err := s.Get(t.Context(), 500); err != nil || string(data) != "500" {
		t.Errorf("%q, %v", data, err)
	}
	if got := readAll(t, s, n+1, n+10); len(got) > 0 {
		t.Errorf("beyond the end: %v", got)
	}
}

func TestAFullStoreIsADefiniteAnswer(t *testing.T) {
	_, js := connect(t)
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "L", Subjects: []string{"l"}, MaxBytes: 4096, Discard: jetstream.DiscardNew})
	if err != nil {
		t.Fatal(err)
	}
	s := log.Open(js, "L", "l", 0)
	mustAppend(t, s, "fits")
	if _, err := s.Append(t.Context(), make([]byte, 8192)); !errors.Is(err, log.ErrFull) {
		t.Errorf("too large: %v", err)
	}
	mustAppend(t, s, "fits again")
}

func TestAWriterKeepsOrderAndSharesAppends(t *testing.T) {
	_, js := connect(t)
	var syncs atomic.Int64
	gate := make(chan struct{})
	commit := log.NewCommitter(func(string) error { <-gate; syncs.Add(1); return nil })
	var stored [][]uint64
	w := log.NewWriter(t.Context(), create(t, js), log.Options{
		Commit: commit, Serial: true,
		Done: func(b *log.Batch, _ uint64, _ error) {
			var seqs []uint64
			for _, it := range b.Items {
				seqs = append(seqs, it.Seq)
			}
			stored = append(stored, seqs)
		},
	})
	add := func(seq uint64) log.Ticket {
		return w.Add(1, log.AskDurable, func(b *log.Batch) {
			b.Data = append(b.Data, 'x')
			b.Items = append(b.Items, index.Item{Seq: seq})
		})
	}
	first := add(1)
	gate <- struct{}{} // its sync
	if err := first.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	tickets := []log.Ticket{add(2)}
	for seq := uint64(3); seq <= 50; seq++ { // all of these come during the append of 2
		tickets = append(tickets, add(seq))
	}
	close(gate)
	for _, ticket := range tickets {
		if err := ticket.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	next := uint64(1)
	for _, seqs := range stored {
		for _, seq := range seqs {
			if seq != next {
				t.Fatalf("message %d where %d should be: %v", seq, next, stored)
			}
			next++
		}
	}
	if next != 51 {
		t.Errorf("%d messages were stored", next-1)
	}
	if n := syncs.Load(); n > 4 {
		t.Errorf("%d syncs for 50 messages", n)
	}
}

func TestAWriterThatFailedAnswersAtOnce(t *testing.T) {
	_, js := connect(t)
	w := log.NewWriter(t.Context(), create(t, js), log.Options{})
	broken := errors.New("broken")
	w.Fail(broken)
	if err := w.Add(1, log.AskStored, func(*log.Batch) {}).Wait(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestTicketsEndWithTheirContext(t *testing.T) {
	_, js := connect(t)
	gate := make(chan struct{})
	w := log.NewWriter(t.Context(), create(t, js), log.Options{Commit: log.NewCommitter(func(string) error { <-gate; return nil })})
	ticket := w.Add(1, log.AskDurable, func(b *log.Batch) { b.Data = append(b.Data, 'x') })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ticket.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(gate)
	w.Flush()
}

func TestACommitterServesEverybodyThatWaits(t *testing.T) {
	var syncs atomic.Int64
	c := log.NewCommitter(func(string) error { syncs.Add(1); return nil })
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if err := c.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := syncs.Load(); n == 0 || n > 100 {
		t.Errorf("%d syncs", n)
	}
	failed := errors.New("input/output error")
	if err := log.NewCommitter(func(string) error { return failed }).Wait(); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
}

func TestACommitterNamesTheStreamThatAllWaitFor(t *testing.T) {
	began, gate := make(chan string), make(chan struct{})
	c := log.NewCommitter(func(stream string) error {
		began <- stream
		<-gate
		return nil
	})
	nothing := func(error) {}
	next := func(want string) {
		t.Helper()
		if got := <-began; got != want {
			t.Errorf("synced %q, want %q", got, want)
		}
	}
	c.After("A", nothing)
	next("A")
	for range 3 {
		c.After("A", nothing)
		c.After("B", nothing)
	}
	gate <- struct{}{}
	next("") // several
	c.After("A", nothing)
	c.After("", nothing)
	gate <- struct{}{}
	next("")
	for i := range 100 {
		c.After(strconv.Itoa(i), nothing)
	}
	gate <- struct{}{}
	next("")

	done := c.Rewriting()
	c.After("A", nothing)
	gate <- struct{}{}
	next("")
	done()
	c.After("A", nothing)
	gate <- struct{}{}
	next("")
	c.After("A", nothing)
	gate <- struct{}{}
	next("A")
	close(gate)
}

func TestASyncAfterAPurgeIsOfEverything(t *testing.T) {
	_, js := connect(t)
	synced := make(chan string, 1)
	commit := log.NewCommitter(func(stream string) error { synced <- stream; return nil })
	w := log.NewWriter(t.Context(), create(t, js), log.Options{Commit: commit, Serial: true})
	store := func(want string) {
		t.Helper()
		ticket := w.Add(1, log.AskDurable, func(b *log.Batch) { b.Data = append(b.Data, 'x') })
		if err := ticket.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := <-synced; got != want {
			t.Errorf("synced %q, want %q", got, want)
		}
	}
	store("L")
	store("L")
	if err := w.Stream().Purge(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	store("")
	store("L")
}

// A crash between the making of a stream and its first append leaves it empty.
func TestAStreamWithoutAnAppendCanBeRead(t *testing.T) {
	_, js := connect(t)
	if got := readAll(t, create(t, js), 0, 0); len(got) > 0 {
		t.Errorf("read %v", got)
	}
}
