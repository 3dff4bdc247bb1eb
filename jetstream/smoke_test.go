package jetstream_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
)

func TestSmoke(t *testing.T) {
	jetstreamtest.Run(t, open, func(t *testing.T, h *jetstreamtest.Harness) {
		q := h.Create("orders")
		h.Send(q, "a", "b", "c")
		h.WantCounts(q, 3, 0, 0)
		got := h.Receive(q, queue.ReceiveRequest{Max: 2})
		if d := cmp.Diff([]string{"a", "b"}, jetstreamtest.Bodies(got)); d != "" {
			t.Error(d)
		}
		h.WantCounts(q, 1, 2, 0)
		h.Delete(q, got[0])
		h.Restart()
		q, err := h.Queue(q.Key)
		if err != nil {
			t.Fatal(err)
		}
		h.WantCounts(q, 1, 1, 0)
		time.Sleep(31 * time.Second)
		h.WantCounts(q, 2, 0, 0)
		start := time.Now()
		go func() {
			time.Sleep(5 * time.Second)
			h.Send(q, "late")
		}()
		h.Delete(q, h.Receive(q, queue.ReceiveRequest{})...)
		got = h.Receive(q, queue.ReceiveRequest{Wait: 20 * time.Second})
		if len(got) != 1 || time.Since(start) > 6*time.Second {
			t.Error(got, time.Since(start))
		}
	})
}
