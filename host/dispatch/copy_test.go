package dispatch_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/plugins/abi"
)

// tap has a queue keep its messages in a tap stream.
func (s *stage) tap(name string) {
	s.t.Helper()
	_, err := s.store.UpdateQueue(s.t.Context(), key(name), func(def *queue.Definition) error {
		def.Tap = queue.TapStream
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// seenBy returns the bodies that a function has seen, in order.
func (f *function) seenBy(name string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, c := range f.calls {
		if c.name == name {
			all = append(all, c.bodies...)
		}
	}
	return all
}

func (s *stage) wantSeenBy(name string, want ...string) {
	s.t.Helper()
	if d := cmp.Diff(want, s.function.seenBy(name)); d != "" {
		s.t.Errorf("%s has seen (-want +got):\n%s", name, d)
	}
}

// TestFanOut has two functions on one queue's tap, beside the one that consumes the queue. One of them fails: that concerns
// its copies alone.
func TestFanOut(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("dlq")
		attribute, value := redrive("dlq", 2)
		s.create("q", "VisibilityTimeout", "30", attribute, value)
		s.tap("q")
		s.send("q", "before")
		s.function.play(func(ctx context.Context, c *call) dispatch.Result {
			if c.name == "audit" {
				return failing("b")(ctx, c)
			}
			return dispatch.Result{}
		})
		s.serve(dispatch.Options{},
			dispatch.Mapping{Queue: key("q"), Function: "work"},
			dispatch.Mapping{Queue: key("q"), Function: "audit", Tap: true},
			dispatch.Mapping{Queue: key("q"), Function: "mail", Tap: true, BatchSize: 1, Filters: []string{`{"body":["b"]}`}})
		settle()
		sent := s.sendMessage("q", queue.SendMessageInput{Body: []byte("a"), BodySet: true, Attributes: []queue.AttributeInput{
			{Name: "two-lines", DataType: "String", StringValue: []byte("two\nlines"), StringSet: true},
			{Name: "blob", DataType: "Binary.png", BinaryValue: []byte{0, 255}, BinarySet: true},
		}, Depth: 3})
		after(time.Second)
		s.send("q", "b")
		after(time.Second)
		s.wantSeenBy("work", "before", "a", "b")
		s.wantSeenBy("audit", "before", "a", "b")
		s.wantSeenBy("mail", "b")
		s.wantCounts("q", 0, 0)
		s.wantCounts("q-tap-audit", 0, 1)

		after(time.Minute)
		s.wantSeenBy("audit", "before", "a", "b", "b")
		s.wantSeenBy("work", "before", "a", "b")
		s.wantCounts("q-tap-audit", 0, 0)
		if d := cmp.Diff([]string{"b"}, bodies(s.receive("dlq"))); d != "" {
			t.Errorf("dead letters (-want +got):\n%s", d)
		}

		// A copy is the message itself, of another queue.
		originals := map[string]abi.Record{}
		for _, c := range s.function.calls {
			for _, r := range c.event.Records {
				if r.MessageID != sent.ID.String() {
					continue
				}
				if originals[c.name] = r; c.Depth != 3 {
					t.Errorf("depth %d at %s", c.Depth, c.name)
				}
			}
		}
		want, got := originals["work"], originals["audit"]
		if got.EventSourceARN != "arn:aws:sqs:eu-central-1:000000000000:q-tap-audit" {
			t.Errorf("source %s", got.EventSourceARN)
		}
		want.EventSourceARN, want.ReceiptHandle = got.EventSourceARN, got.ReceiptHandle
		for _, attribute := range []string{"ApproximateFirstReceiveTimestamp"} {
			delete(want.Attributes, attribute)
			delete(got.Attributes, attribute)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("record of a copy (-want +got):\n%s", d)
		}
	})
}

// TestTapGoesOnAfterARestart of the dispatcher and of the store: nothing is missed, and nothing comes twice.
func TestTapGoesOnAfterARestart(t *testing.T) {
	m := dispatch.Mapping{ID: "m", Queue: key("q.fifo"), Function: "f", Tap: true}
	dir := t.TempDir()
	for round, want := range [][]string{{"a1", "a2"}, {"a3", "a4", "a5"}} {
		virtualWith(t, jetstream.EmbeddedOptions{Dir: dir}, func(_ *testing.T, s *stage) {
			if round == 0 {
				s.create("q.fifo")
				s.tap("q.fifo")
				s.sendGroup("a1")
			}
			s.serve(dispatch.Options{}, m)
			after(time.Second)
			s.sendGroup(want[len(want)-1])
			after(time.Minute)
			s.wantSeenBy("f", want...)
			s.stop()
			if round == 0 {
				s.sendGroup("a3", "a4") // while nobody reads
			}
		})
	}
}

func TestTapOfAQueueWithoutOne(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.send("q", "a")
		m := dispatch.Mapping{Queue: key("none"), Function: "f", Tap: true}
		s.serve(dispatch.Options{}, m)
		after(time.Minute)
		if got := s.status(); got.State != dispatch.StateWaiting || !strings.Contains(got.Reason, "The specified queue does not exist.") {
			t.Errorf("status %+v", got)
		}
		m.Queue = key("q")
		s.apply(m)
		after(time.Minute)
		got := s.status()
		if got.Reason != "messages of the tap cannot be copied: the queue keeps no tap stream" || got.Mapping.ID != account+"/q:tap:f" {
			t.Errorf("status %+v", got)
		}
		s.tap("q")
		s.send("q", "b")
		after(time.Minute)
		s.wantSeenBy("f", "b")
		s.wantCounts("q", 2, 0)
		if got := s.status(); got.State != dispatch.StateRunning || got.Reason != "" || got.Mapping.Queue != key("q") {
			t.Errorf("status %+v", got)
		}
		if n := strings.Count(s.log.String(), "cannot be copied"); n != 2 {
			t.Errorf("logged %d times", n)
		}
	})
}

// TestPausedTapKeepsItsCopies and a disabled one leaves them in the stream.
func TestPausedTapKeepsItsCopies(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.tap("q")
		m := dispatch.Mapping{ID: "m", Queue: key("q"), Function: "f", Tap: true}
		s.serve(dispatch.Options{}, m)
		settle()
		if err := s.dispatcher.Pause("m"); err != nil {
			t.Fatal(err)
		}
		s.send("q", "a")
		after(time.Minute)
		s.wantCounts("q-tap-f", 1, 0)
		s.wantSeenBy("f")
		if err := s.dispatcher.Resume("m"); err != nil {
			t.Fatal(err)
		}
		settle()
		s.wantSeenBy("f", "a")
		m.Disabled = true
		s.apply(m)
		s.send("q", "b")
		after(time.Minute)
		s.wantCounts("q-tap-f", 0, 0)
		m.Disabled = false
		s.apply(m)
		after(time.Second)
		s.wantSeenBy("f", "a", "b")
	})
}

func TestCopyQueueNames(t *testing.T) {
	long := strings.Repeat("q", 75)
	names := map[string]dispatch.Mapping{
		"orders-tap-audit":      {Queue: key("orders"), Function: "audit"},
		"orders-tap-audit.fifo": {Queue: key("orders.fifo"), Function: "audit"},
	}
	for want, m := range names {
		if got := m.CopyQueue(); got != key(want) {
			t.Errorf("%s, want %s", got.Name, want)
		}
	}
	var seen []string
	for _, m := range []dispatch.Mapping{
		{Queue: key("orders"), Function: "a:b"},
		{Queue: key("orders"), Function: "a-b"},
		{Queue: key(long), Function: "audit"},
		{Queue: key(long), Function: "mail"},
		{Queue: key(long + ".fifo"), Function: "mail"},
	} {
		name := m.CopyQueue().Name
		if len(name) > 80 || slices.Contains(seen, name) || strings.HasSuffix(m.Queue.Name, ".fifo") != strings.HasSuffix(name, ".fifo") {
			t.Errorf("%s for %s and %s", name, m.Queue.Name, m.Function)
		}
		seen = append(seen, name)
	}
}
