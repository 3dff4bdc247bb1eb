package jetstream_test

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/jetstream/broker"
	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
)

// tapped is a store with tap streams, in virtual time, and a look at them.
type tapped struct {
	*jetstream.Store

	t      *testing.T
	dir    string
	broker *broker.Broker
	stop   func()
}

func runTapped(t *testing.T, test func(t *testing.T, s *tapped)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &tapped{t: t, dir: dir}
		s.start(true)
		defer func() { s.stop() }()
		test(t, s)
	})
}

// start opens the store; without taps it stores messages as if it crashed before writing
// them to their tap streams.
func (s *tapped) start(taps bool) {
	s.t.Helper()
	b, err := broker.Start(s.t.Context(), broker.Options{Dir: s.dir})
	if err != nil {
		s.t.Fatal(err)
	}
	nc, err := b.Connect()
	if err != nil {
		s.t.Fatal(err)
	}
	o := jetstream.Options{}
	if taps {
		o.Taps = jetstream.TapOptions{Connect: b.ConnectTaps, Accounts: b.TapAccounts}
	}
	store, err := jetstream.Open(s.t.Context(), nc, o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Store, s.broker = store, b
	s.stop = func() {
		if err := store.Close(); err != nil {
			s.t.Error(err)
		}
		nc.Close()
		b.Shutdown()
	}
}

func (s *tapped) restart(taps bool) {
	s.t.Helper()
	s.stop()
	s.start(taps)
}

func (s *tapped) create(name string, mode queue.TapMode) *queue.Definition {
	s.t.Helper()
	def, err := s.CreateQueue(s.t.Context(), queue.Definition{
		Key: queue.Key{Account: jetstreamtest.Account, Name: name}, Tap: mode,
		Attributes: queue.Attributes{Retention: time.Hour, MaxMessageSize: 1 << 20, VisibilityTimeout: time.Minute},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return def
}

func (s *tapped) send(name string, bodies ...string) {
	s.t.Helper()
	def, err := s.Queue(queue.Key{Account: jetstreamtest.Account, Name: name})
	if err != nil {
		s.t.Fatal(err)
	}
	entries := make([]queue.Entry, len(bodies))
	for i, body := range bodies {
		entries[i] = jetstreamtest.Entry(body)
	}
	if _, err := s.Send(s.t.Context(), def, entries); err != nil {
		s.t.Fatal(err)
	}
}

// look calls with the JetStream of the account's taps.
func (s *tapped) look(with func(ctx context.Context, js natsjs.JetStream)) {
	s.t.Helper()
	nc, err := s.broker.ConnectTaps(jetstreamtest.Account)
	if err != nil {
		s.t.Fatal(err)
	}
	defer nc.Close()
	js, err := natsjs.New(nc)
	if err != nil {
		s.t.Fatal(err)
	}
	with(s.t.Context(), js)
}

func (s *tapped) streams() []string {
	s.t.Helper()
	var names []string
	s.look(func(ctx context.Context, js natsjs.JetStream) {
		list := js.StreamNames(ctx)
		for name := range list.Name() {
			names = append(names, name)
		}
		if err := list.Err(); err != nil {
			s.t.Fatal(err)
		}
	})
	slices.Sort(names)
	return names
}

// want checks what a tap stream holds, each message as sequence and body.
func (s *tapped) want(stream string, want ...string) {
	s.t.Helper()
	var got []string
	s.look(func(ctx context.Context, js natsjs.JetStream) {
		st, err := js.Stream(ctx, stream)
		if err != nil {
			s.t.Fatalf("stream %s: %v", stream, err)
		}
		state := st.CachedInfo().State
		for seq := state.FirstSeq; seq <= state.LastSeq; seq++ {
			m, err := st.GetMsg(ctx, seq)
			if err != nil {
				s.t.Fatalf("message %d: %v", seq, err)
			}
			got = append(got, m.Header.Get(jetstream.TapSequence)+" "+string(m.Data))
		}
	})
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("stream %s (-want +got):\n%s", stream, diff)
	}
}

func TestTapStreamKeepsWhatWasStored(t *testing.T) {
	runTapped(t, func(_ *testing.T, s *tapped) {
		s.create("orders", queue.TapStream)
		s.create("quiet", queue.TapLive)
		s.send("orders", "a", "b")
		s.send("quiet", "x")
		s.send("orders", "c")
		s.want("TAP_orders", "1 a", "2 b", "3 c")
		s.restart(true)
		s.send("orders", "d")
		s.want("TAP_orders", "1 a", "2 b", "3 c", "4 d")
		if diff := cmp.Diff([]string{"TAP_orders"}, s.streams()); diff != "" {
			t.Errorf("streams (-want +got):\n%s", diff)
		}
	})
}

// TestTapStreamAfterCrash loses the writes to the tap stream, as a crash between the two
// does, and finds them made up for once, in order.
func TestTapStreamAfterCrash(t *testing.T) {
	runTapped(t, func(_ *testing.T, s *tapped) {
		s.create("orders", queue.TapStream)
		s.send("orders", "a")
		s.restart(false)
		s.send("orders", "b", "c")
		s.send("orders", "d")
		s.restart(true)
		s.want("TAP_orders", "1 a", "2 b", "3 c", "4 d")
		s.send("orders", "e")
		s.restart(true)
		s.want("TAP_orders", "1 a", "2 b", "3 c", "4 d", "5 e")
	})
}

// TestTapStreamAfterCrashAtItsBeginning has nothing in the stream that says how far it is.
func TestTapStreamAfterCrashAtItsBeginning(t *testing.T) {
	runTapped(t, func(_ *testing.T, s *tapped) {
		def := s.create("orders", queue.TapLive)
		s.send("orders", "before")
		s.tap(def.Key, queue.TapStream)
		s.restart(false)
		s.send("orders", "a")
		s.restart(true)
		s.want("TAP_orders", "2 a")
	})
}

// TestTapStreamDoesNotRepeatWhatIsTooOld leaves messages in the log that were in the stream
// for as long as they are kept.
func TestTapStreamDoesNotRepeatWhatIsTooOld(t *testing.T) {
	runTapped(t, func(_ *testing.T, s *tapped) {
		s.create("orders", queue.TapStream)
		s.send("orders", "a", "b")
		time.Sleep(2 * time.Hour)
		s.restart(true)
		s.want("TAP_orders")
		s.send("orders", "c")
		s.want("TAP_orders", "3 c")
	})
}

func (s *tapped) tap(key queue.Key, mode queue.TapMode) {
	s.t.Helper()
	_, err := s.UpdateQueue(s.t.Context(), key, func(d *queue.Definition) error {
		d.Tap = mode
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestTapStreamFollowsTheDefinition(t *testing.T) {
	runTapped(t, func(t *testing.T, s *tapped) {
		def := s.create("orders", queue.TapLive)
		s.send("orders", "before")
		s.tap(def.Key, queue.TapStream)
		s.send("orders", "a")
		s.want("TAP_orders", "2 a")
		if _, err := s.UpdateQueue(t.Context(), def.Key, func(d *queue.Definition) error {
			d.Attributes.Retention = 2 * time.Hour
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		s.look(func(ctx context.Context, js natsjs.JetStream) {
			stream, err := js.Stream(ctx, "TAP_orders")
			if err != nil {
				t.Fatal(err)
			}
			if got := stream.CachedInfo().Config.MaxAge; got != 2*time.Hour {
				t.Errorf("the stream keeps messages for %v, want the queue's 2h", got)
			}
		})
		s.tap(def.Key, queue.TapLive)
		if got := s.streams(); len(got) != 0 {
			t.Errorf("streams %v remain without a tap", got)
		}
	})
}

func TestTapStreamOfADeletedQueue(t *testing.T) {
	runTapped(t, func(t *testing.T, s *tapped) {
		def := s.create("orders", queue.TapStream)
		s.send("orders", "old")
		if err := s.DeleteQueue(t.Context(), def.Key); err != nil {
			t.Fatal(err)
		}
		if got := s.streams(); len(got) != 0 {
			t.Errorf("streams %v remain of a deleted queue", got)
		}
		s.create("orders", queue.TapStream)
		s.send("orders", "new")
		s.want("TAP_orders", "1 new")
	})
}

// TestTapStreamOfAQueueThatWasDeletedMeanwhile has a stream from before that belongs to
// nothing, and one that belongs to an earlier queue of the same name.
func TestTapStreamOfAQueueThatWasDeletedMeanwhile(t *testing.T) {
	runTapped(t, func(t *testing.T, s *tapped) {
		for _, name := range []string{"orders", "bills"} {
			s.create(name, queue.TapStream)
			s.send(name, "old")
		}
		s.restart(false)
		for _, name := range []string{"orders", "bills"} {
			if err := s.DeleteQueue(t.Context(), queue.Key{Account: jetstreamtest.Account, Name: name}); err != nil {
				t.Fatal(err)
			}
		}
		s.create("orders", queue.TapStream)
		s.restart(true)
		if diff := cmp.Diff([]string{"TAP_orders"}, s.streams()); diff != "" {
			t.Errorf("streams (-want +got):\n%s", diff)
		}
		s.send("orders", "new")
		s.want("TAP_orders", "1 new")
	})
}

// TestTapStreamCatchesUp takes the stream away while it is written.
func TestTapStreamCatchesUp(t *testing.T) {
	runTapped(t, func(t *testing.T, s *tapped) {
		s.create("orders", queue.TapStream)
		s.send("orders", "a")
		s.look(func(ctx context.Context, js natsjs.JetStream) {
			stream, err := js.Stream(ctx, "TAP_orders")
			if err != nil {
				t.Fatal(err)
			}
			config := stream.CachedInfo().Config
			if err := js.DeleteStream(ctx, "TAP_orders"); err != nil {
				t.Fatal(err)
			}
			// The sends succeed, their copies do not.
			s.send("orders", "b") //nolint:contextcheck // the test's own
			s.send("orders", "c") //nolint:contextcheck // the test's own
			if _, err := js.CreateStream(ctx, config); err != nil {
				t.Fatal(err)
			}
		})
		time.Sleep(time.Minute)
		s.send("orders", "d")
		s.want("TAP_orders", "1 a", "2 b", "3 c", "4 d")
	})
}

func TestTapStreamNames(t *testing.T) {
	runTapped(t, func(t *testing.T, s *tapped) {
		for i, name := range []string{"orders", "orders-fifo", "FIFO_orders"} {
			s.create(name, queue.TapStream)
			s.send(name, strconv.Itoa(i))
		}
		def := s.create("orders.fifo", queue.TapStream)
		e := jetstreamtest.Entry("3")
		e.Group, e.Dedup, e.DedupID = "g", "d", "d"
		if _, err := s.Send(t.Context(), def, []queue.Entry{e}); err != nil {
			t.Fatal(err)
		}
		s.want("TAP_orders", "1 0")
		s.want("TAP_orders-fifo", "1 1")
		s.want("TAP_FIFO_orders", "1 2")
		s.want("TAPFIFO_orders", "1 3")
	})
}
