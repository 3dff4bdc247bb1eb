package jetstream_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
)

const benchBody = 256

func benchStore(b *testing.B, fsync bool) (*jetstream.Embedded, *queue.Definition) {
	b.Helper()
	e, err := jetstream.StartEmbedded(b.Context(), jetstream.EmbeddedOptions{Dir: b.TempDir(), Fsync: fsync})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	})
	def, err := e.CreateQueue(b.Context(), queue.Definition{
		Key:        queue.Key{Account: jetstreamtest.Account, Name: "bench"},
		Attributes: queue.Attributes{VisibilityTimeout: 30 * time.Second, Retention: time.Hour},
	})
	if err != nil {
		b.Fatal(err)
	}
	return e, def
}

// run calls do from clients goroutines until b.N calls were made.
func run(b *testing.B, clients int, do func() error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for range clients {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
}

func entries(n int) []queue.Entry {
	body := make([]byte, benchBody)
	for i := range body {
		body[i] = 'a' + byte(i%26)
	}
	all := make([]queue.Entry, n)
	for i := range all {
		all[i] = queue.Entry{Message: queue.Message{Body: body, SenderID: "AIDABENCHBENCHBENCH00", Sent: time.Now()}}
	}
	return all
}

func BenchmarkSend(b *testing.B) {
	for _, fsync := range []bool{true, false} {
		for _, batch := range []int{1, 10} {
			for _, clients := range []int{1, 16, 64} {
				b.Run(fmt.Sprintf("fsync=%t/batch=%d/clients=%d", fsync, batch, clients), func(b *testing.B) {
					e, def := benchStore(b, fsync)
					all := entries(batch)
					run(b, clients, func() error {
						_, err := e.Send(b.Context(), def, all)
						return err
					})
					b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "msg/s")
				})
			}
		}
	}
}

func BenchmarkReceiveDelete(b *testing.B) {
	for _, backlog := range []int{1_000, 100_000} {
		for _, clients := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("backlog=%d/clients=%d", backlog, clients), func(b *testing.B) {
				e, def := benchStore(b, true)
				all := entries(10)
				fill := func(n int) {
					var wg sync.WaitGroup
					for range 16 {
						wg.Go(func() {
							for range n / 160 {
								if _, err := e.Send(b.Context(), def, all); err != nil {
									b.Error(err)
								}
							}
						})
					}
					wg.Wait()
				}
				fill(backlog + b.N*10 + 1600)
				run(b, clients, func() error { return receiveDelete(b.Context(), e, def) })
				b.ReportMetric(float64(b.N*10)/b.Elapsed().Seconds(), "msg/s")
			})
		}
	}
}

func receiveDelete(ctx context.Context, e *jetstream.Embedded, def *queue.Definition) error {
	got, err := e.Receive(ctx, def, queue.ReceiveRequest{Max: 10, Visibility: 30 * time.Second})
	if err != nil {
		return err
	}
	if len(got) != 10 {
		return fmt.Errorf("received %d", len(got))
	}
	handles := make([]queue.Handle, len(got))
	for i := range got {
		handles[i] = got[i].Handle
	}
	_, err = e.Delete(ctx, def, handles)
	return err
}
