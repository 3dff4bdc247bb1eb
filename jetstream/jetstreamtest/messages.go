package jetstreamtest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/queue"
)

var messages = map[string]func(*testing.T, *Harness){
	"a message comes back as it was sent": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		e := Entry("body \x00\xff é漢😀")
		e.Attributes = []queue.MessageAttribute{
			{Name: "blob", DataType: "Binary.png", Value: []byte{0, 1, 0xff}},
			{Name: "city", DataType: "String", Value: []byte("Zürich")},
		}
		e.Group, e.TraceHeader = "tenant", "Root=1-5759e988"
		h.SendEntries(def, e)
		h.Restart()
		got := h.Receive(def, queue.ReceiveRequest{})
		if len(got) != 1 {
			t.Fatalf("received %d messages", len(got))
		}
		if d := cmp.Diff(e.Message, got[0].Message); d != "" {
			t.Errorf("(-sent +received):\n%s", d)
		}
		if got[0].ReceiveCount != 1 || got[0].Handle.ReceiveCount != 1 {
			t.Errorf("receive count %d", got[0].ReceiveCount)
		}
	},
	"a message of 1 MiB": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		body := strings.Repeat("x", 1<<20)
		h.Send(def, body, "small")
		h.Restart()
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{}), body, "small")
	},
	"received messages are hidden until their visibility timeout": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		h.Send(def, "a", "b", "c")
		h.WantCounts(def, 3, 0, 0)
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{Max: 2}), "a", "b")
		h.WantCounts(def, 1, 2, 0)
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{}), "c")
		time.Sleep(30*time.Second - time.Millisecond)
		h.WantCounts(def, 0, 3, 0)
		time.Sleep(time.Millisecond)
		h.WantCounts(def, 3, 0, 0)
		again := h.Receive(def, queue.ReceiveRequest{})
		wantBodies(t, again, "a", "b", "c")
		if again[0].ReceiveCount != 2 {
			t.Errorf("receive count %d, want 2", again[0].ReceiveCount)
		}
	},
	"each receive has its own visibility timeout": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		h.Send(def, "long", "short")
		h.Receive(def, queue.ReceiveRequest{Max: 1, Visibility: 12 * time.Hour})
		h.Receive(def, queue.ReceiveRequest{Max: 1, Visibility: time.Second})
		time.Sleep(time.Second)
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{Visibility: 24 * time.Hour}), "short")
		time.Sleep(12*time.Hour - time.Second)
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{}), "long")
	},
	"visibility timeout, receive count and first receive survive a restart": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		h.Send(def, "a")
		first := h.Receive(def, queue.ReceiveRequest{Visibility: time.Minute})
		h.Restart()
		h.WantCounts(def, 0, 1, 0)
		time.Sleep(time.Minute)
		again := h.Receive(def, queue.ReceiveRequest{})
		if len(again) != 1 || again[0].ReceiveCount != 2 || !again[0].FirstReceived.Equal(first[0].FirstReceived) {
			t.Errorf("got %+v, first receive was at %v", again, first[0].FirstReceived)
		}
	},
	"deleted messages stay deleted": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		h.Send(def, "a", "b")
		got := h.Receive(def, queue.ReceiveRequest{})
		for _, err := range h.Delete(def, got[0], got[0]) {
			wantError(t, err, nil)
		}
		h.WantCounts(def, 0, 1, 0)
		h.Restart()
		h.WantCounts(def, 0, 1, 0)
		time.Sleep(time.Hour)
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{}), "b")
	},
	"an old handle deletes": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		h.Send(def, "a")
		old := h.Receive(def, queue.ReceiveRequest{Visibility: time.Second})
		time.Sleep(2 * time.Second)
		h.Receive(def, queue.ReceiveRequest{})
		wantError(t, h.Delete(def, old...)[0], nil)
		h.WantCounts(def, 0, 0, 0)
	},
	"changing the visibility timeout counts from now": func(_ *testing.T, h *Harness) {
		def := h.Create("orders")
		h.Send(def, "a")
		got := h.Receive(def, queue.ReceiveRequest{})
		time.Sleep(10 * time.Second)
		h.change(def, nil, got[0].Handle, 100*time.Second)
		h.Restart()
		time.Sleep(100*time.Second - time.Millisecond)
		h.WantCounts(def, 0, 1, 0)
		time.Sleep(time.Millisecond)
		h.WantCounts(def, 1, 0, 0)
	},
	"changing the visibility timeout to zero wakes a long poll": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		h.Send(def, "a")
		got := h.Receive(def, queue.ReceiveRequest{})
		woken := h.poll(def)
		h.change(def, nil, got[0].Handle, 0)
		wantBodies(t, <-woken, "a")
	},
	"visibility of a message that is gone or held by another": func(_ *testing.T, h *Harness) {
		def := h.Create("orders")
		h.Send(def, "a")
		old := h.Receive(def, queue.ReceiveRequest{Visibility: time.Second})
		time.Sleep(2 * time.Second)
		h.change(def, nil, old[0].Handle, 0) // ran out, but nobody has it
		again := h.Receive(def, queue.ReceiveRequest{})
		h.change(def, queue.ErrMessageNotInFlight, old[0].Handle, time.Minute)
		h.Delete(def, again...)
		h.change(def, queue.ErrMessageNotInFlight, again[0].Handle, time.Minute)
	},
	"a delay hides a message": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		e := Entry("later")
		e.Delay = 15 * time.Minute
		h.SendEntries(def, e, Entry("now"))
		h.WantCounts(def, 1, 0, 1)
		h.Restart()
		h.WantCounts(def, 1, 0, 1)
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{Visibility: time.Hour}), "now")
		time.Sleep(15*time.Minute - time.Second)
		woken := h.poll(def)
		start := time.Now()
		wantBodies(t, <-woken, "later")
		if d := time.Since(start); d != time.Second {
			t.Errorf("came after %v, want 1s", d)
		}
	},
	"retention removes messages in every state": func(_ *testing.T, h *Harness) {
		def := h.Create("orders", func(a *queue.Attributes) { a.Retention = 24 * time.Hour })
		late := Entry("delayed")
		late.Delay = 15 * time.Minute
		h.Send(def, "a", "b")
		h.SendEntries(def, late)
		h.Receive(def, queue.ReceiveRequest{Max: 1, Visibility: 12 * time.Hour})
		h.WantCounts(def, 1, 1, 1)
		time.Sleep(24*time.Hour - time.Second)
		h.Receive(def, queue.ReceiveRequest{Max: 1, Visibility: time.Hour})
		h.WantCounts(def, 2, 1, 0)
		time.Sleep(2 * time.Second)
		h.WantCounts(def, 0, 0, 0)
		h.Restart()
		h.WantCounts(def, 0, 0, 0)
	},
	"a shorter retention applies to messages that are there": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		h.Send(def, "a")
		time.Sleep(time.Hour)
		def, err := h.UpdateQueue(t.Context(), def.Key, func(d *queue.Definition) error { d.Attributes.Retention = time.Minute; return nil })
		if err != nil {
			t.Fatal(err)
		}
		h.WantCounts(def, 0, 0, 0)
	},
	"a long poll ends with the first message": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		woken := h.poll(def)
		time.Sleep(19 * time.Second)
		h.Send(def, "a", "b")
		wantBodies(t, <-woken, "a", "b")
	},
	"a long poll ends empty when its time is up": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		start := time.Now()
		wantEmpty(t, h.Receive(def, queue.ReceiveRequest{Wait: 20 * time.Second}))
		if d := time.Since(start); d != 20*time.Second {
			t.Errorf("ended after %v", d)
		}
	},
	"a visibility timeout that runs out wakes a long poll": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		h.Send(def, "a")
		h.Receive(def, queue.ReceiveRequest{Visibility: 5 * time.Second})
		start := time.Now()
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{Wait: 20 * time.Second}), "a")
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("came after %v, want 5s", d)
		}
	},
	"long polls are served in order and none is forgotten": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		var polls []<-chan []queue.Received
		for range 10 {
			polls = append(polls, h.pollFor(t.Context(), def, 1))
			synctest.Wait()
		}
		for i := range 10 {
			h.Send(def, strconv.Itoa(i))
			synctest.Wait() // the one that was woken takes it, and not the next one
		}
		for i, woken := range polls {
			wantBodies(t, <-woken, strconv.Itoa(i))
		}
	},
	"a long poll whose caller leaves loses no message": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		for range 50 {
			gone := h.pollFor(cancelled(t, time.Second), def, 1)
			stays := h.pollFor(t.Context(), def, 1)
			time.Sleep(time.Second) // the send and the end of the first come together
			h.Send(def, "a")
			first, second := <-gone, []queue.Received(nil)
			if len(first) == 0 {
				second = <-stays
			} else {
				h.Send(def, "b")
				second = <-stays
			}
			if len(second) != 1 {
				t.Fatal("the message was lost")
			}
			h.Delete(def, append(first, second...)...)
		}
	},
	"a receive whose caller is gone before the answer hides nothing": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		unanswered := 0
		for range 20 {
			h.Send(def, "a")
			got, err := h.Store.Receive(ctx, def, queue.ReceiveRequest{Max: 1, Visibility: time.Hour})
			if err != nil {
				unanswered++
				h.WantCounts(def, 1, 0, 0)
				got = h.Receive(def, queue.ReceiveRequest{})
			}
			h.Delete(def, got...)
		}
		if unanswered == 0 {
			t.Error("every receive was answered before its context was looked at")
		}
	},
	"purge removes messages in every state, for good": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		late := Entry("delayed")
		late.Delay = time.Minute
		h.Send(def, "a", "b")
		h.SendEntries(def, late)
		held := h.Receive(def, queue.ReceiveRequest{Max: 1})
		if err := h.Purge(t.Context(), def); err != nil {
			t.Fatal(err)
		}
		h.WantCounts(def, 0, 0, 0)
		h.Delete(def, held...)
		h.Send(def, "after")
		h.Restart()
		time.Sleep(time.Hour)
		wantBodies(t, h.Receive(def, queue.ReceiveRequest{}), "after")
	},
	"purge of a queue that never had a message": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		if err := h.Purge(t.Context(), def); err != nil {
			t.Fatal(err)
		}
		h.Send(def, "after")
		h.WantCounts(def, 1, 0, 0)
	},
	"peek changes nothing": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		late := Entry("delayed")
		late.Delay = time.Minute
		h.Send(def, "held", "visible")
		h.SendEntries(def, late)
		h.Receive(def, queue.ReceiveRequest{Max: 1})
		got, err := h.Peek(t.Context(), def, queue.PeekRequest{Max: 10})
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		for _, p := range got {
			seen = append(seen, fmt.Sprintf("%s %d %d", p.Body, p.State, p.ReceiveCount))
		}
		want := []string{
			fmt.Sprintf("held %d 1", queue.InFlight), fmt.Sprintf("visible %d 0", queue.Visible), fmt.Sprintf("delayed %d 0", queue.Delayed),
		}
		if d := cmp.Diff(want, seen); d != "" {
			t.Error(d)
		}
		next, err := h.Peek(t.Context(), def, queue.PeekRequest{After: got[0].Sequence, Max: 1, States: []queue.State{queue.Delayed}})
		if err != nil || len(next) != 1 || string(next[0].Body) != "delayed" {
			t.Errorf("second page: %v, %v", next, err)
		}
		h.WantCounts(def, 1, 1, 1)
	},
	"a short poll over the in-flight limit is refused": func(t *testing.T, h *Harness) {
		const limit = 120_000
		def := h.Create("orders")
		for range limit/1000 + 1 {
			entries := make([]queue.Entry, 1000)
			for i := range entries {
				entries[i] = Entry("x")
			}
			h.SendEntries(def, entries...)
		}
		for range limit / 1000 {
			if got := h.Receive(def, queue.ReceiveRequest{Max: 1000, Visibility: time.Hour}); len(got) != 1000 {
				t.Fatalf("received %d", len(got))
			}
		}
		_, err := h.Store.Receive(t.Context(), def, queue.ReceiveRequest{Max: 1, Visibility: time.Hour})
		wantError(t, err, queue.ErrOverLimit)
		wantEmpty(t, h.Receive(def, queue.ReceiveRequest{Max: 1, Wait: time.Second}))
		h.WantCounts(def, 1000, limit, 0)
		h.Restart()
		h.WantCounts(def, 1000, limit, 0)
	},
}

func wantEmpty(t *testing.T, got []queue.Received) {
	t.Helper()
	if len(got) > 0 {
		t.Errorf("received %q, want nothing", Bodies(got))
	}
}

// change changes a visibility timeout and checks its error.
func (h *Harness) change(def *queue.Definition, want error, handle queue.Handle, timeout time.Duration) {
	h.T.Helper()
	errs, err := h.ChangeVisibility(h.T.Context(), def, []queue.VisibilityChange{{Handle: handle, Timeout: timeout}})
	if err != nil {
		h.T.Fatal("change visibility:", err)
	}
	if errs[0] != want { //nolint:errorlint // the store's sentinels are not wrapped per message
		h.T.Errorf("change visibility: %v, want %v", errs[0], want)
	}
}

// poll starts a long poll for up to ten messages and returns when it waits.
func (h *Harness) poll(def *queue.Definition) <-chan []queue.Received {
	woken := h.pollFor(h.T.Context(), def, 10)
	synctest.Wait()
	return woken
}

// pollFor starts a long poll.
func (h *Harness) pollFor(ctx context.Context, def *queue.Definition, most int) <-chan []queue.Received {
	woken := make(chan []queue.Received, 1)
	go func() {
		got, err := h.Store.Receive(ctx, def, queue.ReceiveRequest{Max: most, Wait: 20 * time.Second, Visibility: 30 * time.Second})
		if err != nil && ctx.Err() == nil {
			h.T.Error("long poll:", err)
		}
		woken <- got
	}()
	return woken
}
