package jetstreamtest

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/queue"
)

// Exercise shows every promise of [queue.Store] on a store that open opens.
func Exercise(t *testing.T, open Opener) {
	for _, group := range []map[string]func(*testing.T, *Harness){definitions, messages, deadLetters, moves, fifo} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				Run(t, open, test)
			})
		}
	}
}

func wantBodies(t *testing.T, got []queue.Received, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, Bodies(got)); d != "" {
		t.Errorf("received (-want +got):\n%s", d)
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

var definitions = map[string]func(*testing.T, *Harness){
	"create twice returns the first": func(t *testing.T, h *Harness) {
		first := h.Create("orders")
		second, err := h.CreateQueue(t.Context(), queue.Definition{Key: first.Key})
		wantError(t, err, queue.ErrQueueExists)
		if second == nil || second.ID != first.ID {
			t.Errorf("got %+v, want the first queue %+v", second, first)
		}
	},
	"queues of two accounts are apart": func(t *testing.T, h *Harness) {
		h.Create("orders")
		other, err := h.CreateQueue(t.Context(), queue.Definition{
			Key: queue.Key{Account: "111111111111", Name: "orders"}, Attributes: queue.Attributes{Retention: time.Hour},
		})
		if err != nil {
			t.Fatal(err)
		}
		h.Send(other, "theirs")
		mine, err := h.Queue(queue.Key{Account: Account, Name: "orders"})
		if err != nil {
			t.Fatal(err)
		}
		h.WantCounts(mine, 0, 0, 0)
		if n := len(h.Queues("", "")); n != 2 {
			t.Errorf("%d queues in all, want 2", n)
		}
		if n := len(h.Queues(Account, "")); n != 1 {
			t.Errorf("%d queues of the account, want 1", n)
		}
	},
	"list by prefix in order": func(t *testing.T, h *Harness) {
		for _, name := range []string{"b", "ab", "aa", "ac.fifo", "a"} {
			h.Create(name)
		}
		check := func() {
			t.Helper()
			var got []string
			for _, def := range h.Queues(Account, "a") {
				got = append(got, def.Name)
			}
			if d := cmp.Diff([]string{"a", "aa", "ab", "ac.fifo"}, got); d != "" {
				t.Error(d)
			}
		}
		check()
		h.Restart()
		check()
	},
	"update survives a restart": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		_, err := h.UpdateQueue(t.Context(), def.Key, func(d *queue.Definition) error {
			d.Attributes.VisibilityTimeout = 7 * time.Second
			d.Tags = map[string]string{"team": "shop"}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		h.Restart()
		got, err := h.Queue(def.Key)
		if err != nil {
			t.Fatal(err)
		}
		if got.Attributes.VisibilityTimeout != 7*time.Second || got.Tags["team"] != "shop" || got.ID != def.ID {
			t.Errorf("got %+v", got)
		}
	},
	"a failed update changes nothing": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		refused := errors.New("refused")
		_, err := h.UpdateQueue(t.Context(), def.Key, func(d *queue.Definition) error {
			d.Attributes.Delay = time.Second
			return refused
		})
		wantError(t, err, refused)
		if got, _ := h.Queue(def.Key); got.Attributes.Delay != 0 {
			t.Error("the queue was changed")
		}
	},
	"concurrent updates are all applied": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		for i := range 8 {
			go func() {
				_, err := h.UpdateQueue(t.Context(), def.Key, func(d *queue.Definition) error {
					if d.Tags == nil {
						d.Tags = map[string]string{}
					}
					d.Tags[strconv.Itoa(i)] = "x"
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}()
		}
		time.Sleep(time.Second)
		if got, _ := h.Queue(def.Key); len(got.Tags) != 8 {
			t.Errorf("%d of 8 updates are there", len(got.Tags))
		}
	},
	"a deleted queue is gone, also after a restart": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		h.Send(def, "a")
		if err := h.DeleteQueue(t.Context(), def.Key); err != nil {
			t.Fatal(err)
		}
		wantError(t, h.DeleteQueue(t.Context(), def.Key), queue.ErrQueueNotFound)
		_, err := h.Store.Send(t.Context(), def, []queue.Entry{Entry("b")})
		wantError(t, err, queue.ErrQueueNotFound)
		_, err = h.Store.Receive(t.Context(), def, queue.ReceiveRequest{Max: 1})
		wantError(t, err, queue.ErrQueueNotFound)
		h.Restart()
		_, err = h.Queue(def.Key)
		wantError(t, err, queue.ErrQueueNotFound)
	},
	"a queue made again begins empty and refuses old handles": func(t *testing.T, h *Harness) {
		old := h.Create("orders")
		h.Send(old, "a")
		got := h.Receive(old, queue.ReceiveRequest{})
		if err := h.DeleteQueue(t.Context(), old.Key); err != nil {
			t.Fatal(err)
		}
		def := h.Create("orders")
		h.WantCounts(def, 0, 0, 0)
		h.Send(def, "b")
		_, err := h.Store.Delete(t.Context(), old, []queue.Handle{got[0].Handle})
		wantError(t, err, queue.ErrQueueNotFound)
		h.WantCounts(def, 1, 0, 0)
	},
	"deleting a queue ends its long polls": func(t *testing.T, h *Harness) {
		def := h.Create("orders")
		ended := make(chan error, 1)
		go func() {
			_, err := h.Store.Receive(t.Context(), def, queue.ReceiveRequest{Max: 1, Wait: 20 * time.Second})
			ended <- err
		}()
		synctest.Wait()
		if err := h.DeleteQueue(t.Context(), def.Key); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		wantError(t, <-ended, queue.ErrQueueNotFound)
		if d := time.Since(start); d > time.Second {
			t.Errorf("the long poll ended %v later", d)
		}
	},
	"secrets are made once": func(t *testing.T, h *Harness) {
		first, err := h.Secret(t.Context(), "receipt")
		if err != nil || len(first) != 32 {
			t.Fatalf("%d bytes, %v", len(first), err)
		}
		h.Restart()
		again, err := h.Secret(t.Context(), "receipt")
		if err != nil || string(again) != string(first) {
			t.Errorf("another secret after a restart (%v)", err)
		}
	},
}

// cancelled is a context that ends after d.
func cancelled(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
