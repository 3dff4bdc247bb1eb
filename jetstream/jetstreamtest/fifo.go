package jetstreamtest

import (
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

func fifoQueue(a *queue.Attributes) { a.FIFO = true }

// inGroup makes a message of a group, with its body as deduplication id.
func inGroup(group, body string) queue.Entry {
	e := Entry(body)
	e.Group, e.DedupID, e.Dedup = group, body, body
	return e
}

var fifo = map[string]func(*testing.T, *Harness){
	"order within groups over failures and restarts": func(t *testing.T, h *Harness) {
		def := h.Create("orders.fifo", fifoQueue)
		h.SendEntries(def, inGroup("g1", "1a"), inGroup("g2", "2a"), inGroup("g1", "1b"), inGroup("g1", "1c"))
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{}), "1a", "1b", "1c", "2a")
		h.Restart()
		wantEmpty(t, h.Receive(def, queue.ReceiveRequest{}))
		time.Sleep(31 * time.Second)
		got := h.Receive(def, queue.ReceiveRequest{Max: 2})
		wantBodies(t, got, "1a", "1b")
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{}), "2a")
		h.Delete(def, got...)
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{}), "1c")
	},
	"an expired handle does not delete": func(t *testing.T, h *Harness) {
		def := h.Create("orders.fifo", fifoQueue)
		h.SendEntries(def, inGroup("g", "a"))
		got := h.Receive(def, queue.ReceiveRequest{Visibility: time.Second})
		time.Sleep(2 * time.Second)
		wantError(t, h.Delete(def, got...)[0], queue.ErrHandleExpired)
		h.WantCounts(def, 1, 0, 0)
	},
	"a delete that unlocks a group wakes a long poll": func(t *testing.T, h *Harness) {
		def := h.Create("orders.fifo", fifoQueue)
		h.SendEntries(def, inGroup("g", "a"), inGroup("g", "b"))
		got := h.Receive(def, queue.ReceiveRequest{Max: 1})
		woken := h.poll(def)
		h.Delete(def, got...)
		wantBodies(t, <-woken, "b")
	},
	"duplicates within five minutes are answered with the first": func(t *testing.T, h *Harness) {
		def := h.Create("orders.fifo", fifoQueue)
		first := h.SendEntries(def, inGroup("g", "a"))[0]
		check := func(when string, duplicate bool) {
			t.Helper()
			again := inGroup("g", "a")
			again.ID = queue.MessageID{1}
			sent := h.SendEntries(def, again)[0]
			if sent.Duplicate != duplicate || duplicate && (sent.ID != first.ID || sent.Sequence != first.Sequence) {
				t.Errorf("%s: %+v, the first was %+v", when, sent, first)
			}
		}
		check("at once", true)
		h.Delete(def, h.Receive(def, queue.ReceiveRequest{})...)
		check("after it was deleted", true)
		time.Sleep(time.Second) // its block is purged meanwhile
		h.Restart()
		check("after a restart", true)
		time.Sleep(5*time.Minute - 2*time.Second)
		check("just before the window ends", true)
		time.Sleep(time.Second)
		check("after the window", false)
		h.WantCounts(def, 1, 0, 0)
	},
	"two equal messages of one batch": func(t *testing.T, h *Harness) {
		def := h.Create("orders.fifo", fifoQueue)
		sent := h.SendEntries(def, inGroup("g", "a"), inGroup("g", "a"), inGroup("g", "b"))
		if sent[0].Duplicate || !sent[1].Duplicate || sent[2].Duplicate {
			t.Errorf("%+v", sent)
		}
		h.WantCounts(def, 2, 0, 0)
	},
	"purge forgets deduplication ids, also after a restart": func(t *testing.T, h *Harness) {
		def := h.Create("orders.fifo", fifoQueue)
		h.SendEntries(def, inGroup("g", "a"))
		if err := h.Purge(t.Context(), def); err != nil {
			t.Fatal(err)
		}
		h.Restart()
		if sent := h.SendEntries(def, inGroup("g", "a"))[0]; sent.Duplicate {
			t.Error("the purged message still counts")
		}
	},
	"a move to a dead-letter queue unlocks the group": func(t *testing.T, h *Harness) {
		def, dead := h.Create("orders.fifo", fifoQueue), h.Create("dead.fifo", fifoQueue)
		h.SendEntries(def, inGroup("g", "a"), inGroup("g", "b"))
		req := queue.ReceiveRequest{Max: 1, Visibility: time.Second, DeadLetter: dlq(dead, 1)}
		wantBodies(t, h.Receive(def, req), "a")
		time.Sleep(2 * time.Second)
		wantBodies(t, h.Receive(def, req), "b")
		got := h.Receive(dead, queue.ReceiveRequest{})
		wantBodies(t, got, "a")
		if got[0].Group != "g" || got[0].DedupID != got[0].ID.String() {
			t.Errorf("group %q, deduplication id %q", got[0].Group, got[0].DedupID)
		}
	},
	"retention of a moved message counts from the move": func(_ *testing.T, h *Harness) {
		def := h.Create("orders.fifo", fifoQueue)
		dead := h.Create("dead.fifo", fifoQueue, func(a *queue.Attributes) { a.Retention = time.Hour })
		h.SendEntries(def, inGroup("g", "a"))
		req := queue.ReceiveRequest{Max: 1, Visibility: time.Second, DeadLetter: dlq(dead, 1)}
		h.Receive(def, req)
		time.Sleep(30 * time.Minute)
		h.Receive(def, req)
		time.Sleep(59 * time.Minute)
		h.WantCounts(dead, 1, 0, 0)
		h.Restart()
		h.WantCounts(dead, 1, 0, 0)
		time.Sleep(2 * time.Minute)
		h.WantCounts(dead, 0, 0, 0)
	},
	"a receive attempt can be repeated": func(t *testing.T, h *Harness) {
		def := h.Create("orders.fifo", fifoQueue)
		h.SendEntries(def, inGroup("g", "a"), inGroup("g", "b"), inGroup("h", "c"))
		req := queue.ReceiveRequest{Max: 2, AttemptID: "first"}
		first := h.Receive(def, req)
		time.Sleep(20 * time.Second)
		again := h.Receive(def, req)
		wantBodies(t, again, "a", "b")
		if again[0].ReceiveCount != 1 || again[0].Handle != first[0].Handle || again[1].Handle != first[1].Handle {
			t.Errorf("receive count %d, handles %+v and %+v; want those of the first", again[0].ReceiveCount, again[0].Handle, again[1].Handle)
		}
		time.Sleep(20 * time.Second) // the visibility timeout started anew
		h.WantCounts(def, 1, 2, 0)
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{AttemptID: "second"}), "c")
		time.Sleep(time.Minute)
		wantBodies(t, h.Receive(def, req), "a", "b") // visible again: a new receive
	},
	"an attempt whose messages were changed cannot be repeated": func(t *testing.T, h *Harness) {
		def := h.Create("orders.fifo", fifoQueue)
		h.SendEntries(def, inGroup("g", "a"), inGroup("g", "b"))
		repeat := func(id string) error {
			_, err := h.Store.Receive(t.Context(), def, queue.ReceiveRequest{Max: 1, Visibility: time.Hour, AttemptID: id})
			return err
		}
		first := h.Receive(def, queue.ReceiveRequest{Max: 1, AttemptID: "changed"})
		h.change(def, nil, first[0].Handle, time.Minute)
		wantError(t, repeat("changed"), queue.ErrAttemptLapsed)
		h.change(def, nil, first[0].Handle, 0)
		second := h.Receive(def, queue.ReceiveRequest{Max: 1, AttemptID: "deleted"})
		h.Delete(def, second...)
		wantError(t, repeat("deleted"), queue.ErrAttemptLapsed)
		wantError(t, repeat("late"), nil)
		time.Sleep(5*time.Minute + time.Second)
		wantError(t, repeat("late"), queue.ErrAttemptLapsed)
	},
	"a changed delay applies to messages that are there": func(t *testing.T, h *Harness) {
		def := h.Create("orders.fifo", fifoQueue)
		h.SendEntries(def, inGroup("g", "a"))
		setDelay := func(d time.Duration) {
			t.Helper()
			var err error
			if def, err = h.UpdateQueue(t.Context(), def.Key, func(def *queue.Definition) error { def.Attributes.Delay = d; return nil }); err != nil {
				t.Fatal(err)
			}
		}
		setDelay(time.Minute)
		h.WantCounts(def, 0, 0, 1)
		h.Restart()
		h.WantCounts(def, 0, 0, 1)
		woken := h.poll(def)
		setDelay(0)
		wantBodies(t, <-woken, "a")
	},
}
