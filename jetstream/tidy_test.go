package jetstream_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
)

// onDisk is the state of the stream whose name has the prefix: a queue's log or the journal.
func onDisk(t *testing.T, h *jetstreamtest.Harness, prefix string) natsjs.StreamState {
	t.Helper()
	js, err := natsjs.New(h.Store.(*jetstream.Embedded).Conn())
	if err != nil {
		t.Fatal(err)
	}
	list := js.ListStreams(t.Context())
	for info := range list.Info() {
		if strings.HasPrefix(info.Config.Name, prefix) {
			return info.State
		}
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return natsjs.StreamState{}
}

func TestAQueueHasNoStreamBeforeItsFirstSend(t *testing.T) {
	jetstreamtest.Run(t, open, func(t *testing.T, h *jetstreamtest.Harness) {
		def := h.Create("orders")
		h.Receive(def, queue.ReceiveRequest{})
		if n := onDisk(t, h, "Q_").LastSeq; n != 0 {
			t.Errorf("%d appends", n)
		}
		h.Send(def, "a")
		if n := onDisk(t, h, "Q_").LastSeq; n != 1 {
			t.Errorf("%d appends, want 1", n)
		}
	})
}

func TestDeletedMessagesLeaveTheDisk(t *testing.T) {
	jetstreamtest.Run(t, open, func(t *testing.T, h *jetstreamtest.Harness) {
		def := h.Create("orders")
		for i := range 100 {
			h.Send(def, strconv.Itoa(i))
		}
		h.Delete(def, h.Receive(def, queue.ReceiveRequest{Max: 100})...)
		time.Sleep(time.Second)
		if s := onDisk(t, h, "Q_"); s.Msgs != 1 || s.LastSeq != 100 {
			t.Errorf("%d appends of %d remain, want the last one", s.Msgs, s.LastSeq)
		}
	})
}

// One message that stays must not keep megabytes of dead ones on disk.
func TestASparseLogIsCompacted(t *testing.T) {
	jetstreamtest.Run(t, open, func(t *testing.T, h *jetstreamtest.Harness) {
		def := h.Create("orders")
		body := strings.Repeat("x", 100<<10)
		h.Send(def, "first")
		var held []string
		for i := range 100 {
			h.Send(def, body)
			if i%25 == 0 {
				name := fmt.Sprint("held ", i)
				held = append(held, name)
				h.Send(def, name)
			}
		}
		var keep []queue.Handle
		for {
			got := h.Receive(def, queue.ReceiveRequest{Visibility: time.Hour})
			if len(got) == 0 {
				break
			}
			for _, m := range got {
				if len(m.Body) < 100 {
					keep = append(keep, m.Handle)
				} else {
					h.Delete(def, m)
				}
			}
		}
		time.Sleep(2 * time.Second)
		if s := onDisk(t, h, "Q_"); s.Bytes > 5<<20 {
			t.Errorf("%d bytes remain on disk for %d small messages", s.Bytes, len(keep))
		}
		check := func() {
			t.Helper()
			h.WantCounts(def, 0, len(keep), 0)
			got, err := h.Peek(t.Context(), def, queue.PeekRequest{Max: 10})
			if err != nil {
				t.Fatal(err)
			}
			var bodies []string
			for _, p := range got {
				bodies = append(bodies, string(p.Body))
			}
			if want := append([]string{"first"}, held...); fmt.Sprint(bodies) != fmt.Sprint(want) {
				t.Errorf("messages %q, want %q", bodies, want)
			}
		}
		check()
		h.Restart()
		check()
		time.Sleep(time.Hour)
		if got := h.Receive(def, queue.ReceiveRequest{}); len(got) != len(keep) {
			t.Errorf("received %d of %d", len(got), len(keep))
		}
	})
}

func TestTheJournalIsCompacted(t *testing.T) {
	jetstreamtest.Run(t, open, func(t *testing.T, h *jetstreamtest.Harness) {
		def, other := h.Create("orders"), h.Create("other")
		entries := make([]queue.Entry, 2000)
		for i := range entries {
			entries[i] = jetstreamtest.Entry(strconv.Itoa(i))
		}
		h.SendEntries(def, entries...)
		h.Send(other, "held", "deleted", "visible")
		held := h.Receive(other, queue.ReceiveRequest{Max: 2, Visibility: 10 * time.Hour})
		h.Delete(other, held[1])
		const rounds = 400
		for range rounds { // 2000 states of some 20 bytes each time
			got := h.Receive(def, queue.ReceiveRequest{Max: 2000, Visibility: time.Second})
			if len(got) != 2000 {
				t.Fatalf("received %d", len(got))
			}
			time.Sleep(2 * time.Second)
		}
		if s := onDisk(t, h, "J_"); s.Bytes > 4<<20 {
			t.Errorf("the journal has %d bytes", s.Bytes)
		}
		h.Restart()
		h.WantCounts(def, 2000, 0, 0)
		if got := h.Receive(def, queue.ReceiveRequest{Max: 1}); got[0].ReceiveCount != rounds+1 {
			t.Errorf("receive count %d, want %d", got[0].ReceiveCount, rounds+1)
		}
		h.WantCounts(other, 1, 1, 0)
		time.Sleep(10 * time.Hour)
		h.WantCounts(other, 2, 0, 0)
	})
}

func TestOrphanedLogsAreRemoved(t *testing.T) {
	jetstreamtest.Run(t, open, func(t *testing.T, h *jetstreamtest.Harness) {
		js, err := natsjs.New(h.Store.(*jetstream.Embedded).Conn())
		if err != nil {
			t.Fatal(err)
		}
		_, err = js.CreateStream(t.Context(), natsjs.StreamConfig{Name: "Q_00000000000000ff", Subjects: []string{"ql.q.00000000000000ff"}})
		if err != nil {
			t.Fatal(err)
		}
		h.Restart()
		js, err = natsjs.New(h.Store.(*jetstream.Embedded).Conn())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.Stream(t.Context(), "Q_00000000000000ff"); err == nil {
			t.Error("the log of a queue that does not exist is still there")
		}
	})
}
