package jetstreamtest

import (
	"strings"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

// dlq is the redrive of the suite's queue into its dead-letter queue.
func dlq(target *queue.Definition, maxReceives int) *queue.DeadLetter {
	return &queue.DeadLetter{Target: target.Key, MaxReceives: maxReceives, SourceARN: "arn:aws:sqs:us-east-1:" + Account + ":orders"}
}

var deadLetters = map[string]func(*testing.T, *Harness){
	"a message received too often moves at the next receive": func(t *testing.T, h *Harness) {
		def, dead := h.Create("orders"), h.Create("orders-dlq")
		h.Send(def, "poison", "fine")
		req := queue.ReceiveRequest{Visibility: time.Second, DeadLetter: dlq(dead, 2)}
		first := h.Receive(def, req)
		h.Delete(def, first[1])
		time.Sleep(2 * time.Second)
		wantBodies(t, h.Receive(def, req), "poison")
		time.Sleep(2 * time.Second)
		h.WantCounts(def, 1, 0, 0) // not moved before somebody asks for it
		wantEmpty(t, h.Receive(def, req))
		h.WantCounts(def, 0, 0, 0)
		h.WantCounts(dead, 1, 0, 0)
		h.Restart()
		h.WantCounts(def, 0, 0, 0)
		got := h.Receive(dead, queue.ReceiveRequest{})
		wantBodies(t, got, "poison")
		m := got[0]
		if m.ID != first[0].ID || !m.Sent.Equal(first[0].Sent) || m.ReceiveCount != 3 || !m.FirstReceived.Equal(first[0].FirstReceived) {
			t.Errorf("moved message %+v, was %+v", m, first[0])
		}
		if m.DeadLetterSource != dlq(dead, 2).SourceARN {
			t.Errorf("source %q", m.DeadLetterSource)
		}
	},
	"a moved message stays as deep as it was": func(t *testing.T, h *Harness) {
		def, dead := h.Create("orders"), h.Create("orders-dlq")
		entry := queue.Entry{Message: queue.Message{Body: []byte("deep"), Sent: time.Now(), Depth: 7}}
		if _, err := h.Store.Send(t.Context(), def, []queue.Entry{entry}); err != nil {
			t.Fatal(err)
		}
		req := queue.ReceiveRequest{Visibility: time.Second, DeadLetter: dlq(dead, 1)}
		if got := h.Receive(def, req); got[0].Depth != 7 {
			t.Errorf("depth %d before the move", got[0].Depth)
		}
		time.Sleep(2 * time.Second)
		wantEmpty(t, h.Receive(def, req))
		h.Restart()
		if got := h.Receive(dead, queue.ReceiveRequest{}); got[0].Depth != 7 {
			t.Errorf("depth %d after it", got[0].Depth)
		}
	},
	"the others are handed out by the receive that moves": func(t *testing.T, h *Harness) {
		def, dead := h.Create("orders"), h.Create("orders-dlq")
		h.Send(def, "poison")
		req := queue.ReceiveRequest{Visibility: time.Second, DeadLetter: dlq(dead, 1)}
		h.Receive(def, req)
		time.Sleep(2 * time.Second)
		h.Send(def, "fine")
		wantBodies(t, h.Receive(def, req), "fine")
		wantBodies(t, h.Receive(dead, queue.ReceiveRequest{}), "poison")
	},
	"large messages take as many appends as they need": func(t *testing.T, h *Harness) {
		def, dead := h.Create("orders"), h.Create("orders-dlq")
		for range 5 {
			h.Send(def, strings.Repeat("x", 1<<20))
		}
		req := queue.ReceiveRequest{Visibility: time.Second, DeadLetter: dlq(dead, 1)}
		h.Receive(def, req)
		time.Sleep(2 * time.Second)
		wantEmpty(t, h.Receive(def, req))
		h.WantCounts(dead, 5, 0, 0)
	},
	"a move wakes a long poll of the dead-letter queue": func(t *testing.T, h *Harness) {
		def, dead := h.Create("orders"), h.Create("orders-dlq")
		h.Send(def, "poison")
		req := queue.ReceiveRequest{Visibility: time.Second, DeadLetter: dlq(dead, 1)}
		h.Receive(def, req)
		time.Sleep(2 * time.Second)
		woken := h.poll(dead)
		wantEmpty(t, h.Receive(def, req))
		wantBodies(t, <-woken, "poison")
	},
	"without its dead-letter queue a message stays": func(t *testing.T, h *Harness) {
		def, dead := h.Create("orders"), h.Create("orders-dlq")
		h.Send(def, "poison")
		req := queue.ReceiveRequest{Visibility: time.Second, DeadLetter: dlq(dead, 1)}
		h.Receive(def, req)
		if err := h.DeleteQueue(t.Context(), dead.Key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		wantEmpty(t, h.Receive(def, req))
		h.WantCounts(def, 1, 0, 0)
		req.DeadLetter = nil
		wantBodies(t, h.Receive(def, req), "poison")
	},
	"retention in the dead-letter queue counts from the send": func(_ *testing.T, h *Harness) {
		def, dead := h.Create("orders"), h.Create("orders-dlq", func(a *queue.Attributes) { a.Retention = time.Hour })
		h.Send(def, "poison")
		req := queue.ReceiveRequest{Visibility: time.Second, DeadLetter: dlq(dead, 1)}
		h.Receive(def, req)
		time.Sleep(30 * time.Minute)
		h.Receive(def, req)
		h.WantCounts(dead, 1, 0, 0)
		time.Sleep(31 * time.Minute)
		h.WantCounts(dead, 0, 0, 0)
	},
	"a dead-letter queue may have one": func(t *testing.T, h *Harness) {
		def, dead, last := h.Create("orders"), h.Create("dead"), h.Create("last")
		h.Send(def, "poison")
		first := queue.ReceiveRequest{Visibility: time.Second, DeadLetter: dlq(dead, 1)}
		second := queue.ReceiveRequest{Visibility: time.Second, DeadLetter: dlq(last, 2)}
		h.Receive(def, first)
		time.Sleep(2 * time.Second)
		h.Receive(def, first)
		for range 2 {
			wantBodies(t, h.Receive(dead, second), "poison")
			time.Sleep(2 * time.Second)
		}
		wantEmpty(t, h.Receive(dead, second))
		got := h.Receive(last, queue.ReceiveRequest{})
		wantBodies(t, got, "poison")
		if got[0].ReceiveCount != 4 {
			t.Errorf("receive count %d, want 4", got[0].ReceiveCount)
		}
	},
	"a message in flight moves when it is told to": func(t *testing.T, h *Harness) {
		def, dead := h.Create("orders"), h.Create("orders-dlq")
		h.Send(def, "poison", "fine", "late", "gone")
		got := h.Receive(def, queue.ReceiveRequest{Visibility: time.Minute})
		h.Delete(def, got[3])
		time.Sleep(time.Minute)
		again := h.Receive(def, queue.ReceiveRequest{Max: 2, Visibility: time.Minute})
		handles := []queue.Handle{again[0].Handle, got[1].Handle, got[2].Handle, got[3].Handle}
		errs, err := h.DeadLetter(t.Context(), def, handles, *dlq(dead, 1000))
		if err != nil || errs[0] != nil {
			t.Fatal(errs, err)
		}
		for _, refused := range errs[1:] { // received again, visible, and deleted
			wantError(t, refused, queue.ErrMessageNotInFlight)
		}
		h.WantCounts(def, 1, 1, 0)
		h.Restart()
		h.WantCounts(def, 1, 1, 0)
		moved := h.Receive(dead, queue.ReceiveRequest{})
		wantBodies(t, moved, "poison")
		m := moved[0]
		if m.ID != got[0].ID || m.ReceiveCount != 3 || !m.Sent.Equal(got[0].Sent) || m.DeadLetterSource != dlq(dead, 1).SourceARN {
			t.Errorf("moved message %+v, was %+v", m, got[0])
		}
	},
	"without a dead-letter queue to move to a message comes back": func(t *testing.T, h *Harness) {
		def, dead := h.Create("orders"), h.Create("orders-dlq")
		h.Send(def, "poison")
		got := h.Receive(def, queue.ReceiveRequest{Visibility: time.Minute})
		if err := h.DeleteQueue(t.Context(), dead.Key); err != nil {
			t.Fatal(err)
		}
		_, err := h.DeadLetter(t.Context(), def, []queue.Handle{got[0].Handle}, *dlq(dead, 1000))
		wantError(t, err, queue.ErrQueueNotFound)
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{}), "poison")
	},
	"a group goes on when its first message moves": func(t *testing.T, h *Harness) {
		def, dead := h.Create("orders.fifo", fifoQueue), h.Create("orders-dlq.fifo", fifoQueue)
		h.SendEntries(def, inGroup("g", "a"), inGroup("g", "b"), inGroup("g", "c"))
		got := h.Receive(def, queue.ReceiveRequest{Max: 2, Visibility: time.Minute})
		errs, err := h.DeadLetter(t.Context(), def, []queue.Handle{got[0].Handle}, *dlq(dead, 1000))
		if err != nil || errs[0] != nil {
			t.Fatal(errs, err)
		}
		wantEmpty(t, h.Receive(def, queue.ReceiveRequest{})) // b is in flight
		time.Sleep(time.Minute)
		errs, err = h.DeadLetter(t.Context(), def, []queue.Handle{got[1].Handle}, *dlq(dead, 1000))
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, errs[0], queue.ErrHandleExpired)
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{}), "b", "c")
		wantBodies(t, h.Receive(dead, queue.ReceiveRequest{}), "a")
	},
}
