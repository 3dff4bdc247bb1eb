package jetstream_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/jetstream/broker"
	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
)

// openOn opens a store whose disk has as much free as free says; 1000 bytes are its low-water mark.
func openOn(free *atomic.Int64) jetstreamtest.Opener {
	return func(ctx context.Context, dir string) (queue.Store, func() error, error) {
		b, err := broker.Start(ctx, broker.Options{Dir: dir})
		if err != nil {
			return nil, nil, err
		}
		nc, err := b.Connect()
		if err != nil {
			return nil, nil, err
		}
		s, err := jetstream.Open(ctx, nc, jetstream.Options{
			MinFree:   1000,
			FreeBytes: func() (int64, error) { return free.Load(), nil },
		})
		if err != nil {
			return nil, nil, err
		}
		return s, func() error {
			err := s.Close()
			nc.Close()
			b.Shutdown()
			return err
		}, nil
	}
}

func TestANearlyFullDiskRefusesMessagesAndRecovers(t *testing.T) {
	var free atomic.Int64
	free.Store(5000)
	jetstreamtest.Run(t, openOn(&free), func(t *testing.T, h *jetstreamtest.Harness) {
		def := h.Create("orders")
		h.Send(def, "a", "b")
		free.Store(999)
		time.Sleep(time.Second)
		_, err := h.Store.Send(t.Context(), def, []queue.Entry{jetstreamtest.Entry("c")})
		if !errors.Is(err, queue.ErrStorageFull) {
			t.Errorf("send on a full disk: %v", err)
		}
		got := h.Receive(def, queue.ReceiveRequest{Max: 1})
		h.Delete(def, got...)
		h.WantCounts(def, 1, 0, 0)
		if err := h.Purge(t.Context(), def); err != nil {
			t.Errorf("purge on a full disk: %v", err)
		}
		free.Store(5000)
		time.Sleep(time.Second)
		h.Send(def, "d")
		h.WantCounts(def, 1, 0, 0)
	})
}

// JetStream itself refuses at its limit; then the journal must still have room.
func TestJetStreamsOwnLimitIsAnErrorThatPasses(t *testing.T) {
	b, err := broker.Start(t.Context(), broker.Options{Dir: t.TempDir(), MaxStore: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Shutdown)
	nc, err := b.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	s, err := jetstream.Open(t.Context(), nc, jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	def, err := s.CreateQueue(t.Context(), queue.Definition{
		Key: queue.Key{Account: jetstreamtest.Account, Name: "orders"}, Attributes: queue.Attributes{Retention: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	large := jetstreamtest.Entry("large")
	large.Body = make([]byte, 200<<10)
	sent := 0
	for ; err == nil && sent < 20; sent++ {
		_, err = s.Send(t.Context(), def, []queue.Entry{large})
	}
	if !errors.Is(err, queue.ErrStorageFull) {
		t.Fatalf("after %d messages of 200 KiB: %v", sent, err)
	}
	if err := s.Purge(t.Context(), def); err != nil {
		t.Errorf("purge: %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		if _, err = s.Send(t.Context(), def, []queue.Entry{large}); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("still refused after the purge:", err)
		}
	}
}
