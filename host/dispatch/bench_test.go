package dispatch_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// trivial is a module that reads the event and replies that all is done: what is left is the cost of everything else.
func trivial() []byte {
	m := &as.Module{}
	pair := as.Type{Params: []byte{as.I32, as.I32}, Results: []byte{as.I32}}
	read := m.Import(abi.Module, abi.ImportEventRead, pair)
	reply := m.Import(abi.Module, abi.ImportEventReply, pair)
	m.Memory(2, -1)
	m.Func(abi.ExportHandle, as.Type{Params: []byte{as.I32}, Results: []byte{as.I32}}, nil,
		as.I32Const(0), as.I32Const(1<<17), as.Call(read), as.Drop, as.I32Const(0), as.I32Const(0), as.Call(reply))
	return m.Bytes()
}

// counting is a source that tells when so many messages have been deleted.
type counting struct {
	dispatch.Source

	mu   sync.Mutex
	left int
	done chan struct{}
}

func (c *counting) StartDeleteConsumed(key queue.Key, handles []queue.Handle) (func(context.Context) ([]error, error), error) {
	wait, err := c.Source.StartDeleteConsumed(key, handles)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) ([]error, error) {
		errs, err := wait(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.left -= len(handles); c.left <= 0 {
			close(c.done)
		}
		return errs, err
	}, nil
}

// BenchmarkDispatch works off a backlog in batches of ten messages of 1 KiB: one operation is one batch, received, run and
// deleted. "fake" is a function of the test, so its time is that of dispatch and the store alone.
func BenchmarkDispatch(b *testing.B) {
	body := `{"id":"order-000001","amount":17.25,"note":"` + strings.Repeat("lorem ipsum dolor sit amet ", 40)
	body = body[:1022] + `"}`
	for _, fsync := range []bool{false, true} {
		for _, run := range []struct {
			name string
			f    plugins.Function
		}{
			{"fake", plugins.Function{}},
			{"trivial", plugins.Function{Name: "f", Wasm: trivial(), MaxConcurrency: 16}},
			{"go", plugins.Function{Name: "f", Path: guest(b), MaxConcurrency: 16}},
		} {
			for _, concurrency := range []int{2, 8} {
				b.Run(fmt.Sprintf("fsync=%t/%s/concurrency=%d", fsync, run.name, concurrency), func(b *testing.B) {
					s := benchStage(b, fsync, run.f)
					s.create("q", "VisibilityTimeout", "600")
					batch := make([]queue.SendMessageInput, 10)
					for i := range batch {
						batch[i] = queue.SendMessageInput{ID: strconv.Itoa(i), Body: []byte(body), BodySet: true}
					}
					fill(b, s, batch)
					source := &counting{Source: s.Service, left: b.N * len(batch), done: make(chan struct{})}
					s.source = source
					b.ReportAllocs()
					b.ResetTimer()
					s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", MinConcurrency: concurrency, MaxConcurrency: concurrency})
					<-source.done
					b.StopTimer()
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "batch/s")
				})
			}
		}
	}
}

func benchStage(b *testing.B, fsync bool, f plugins.Function) *stage {
	b.Helper()
	if f.Name != "" {
		return withFunctions(b, jetstream.EmbeddedOptions{Fsync: fsync}, f)
	}
	s, end := newStage(b, jetstream.EmbeddedOptions{Dir: b.TempDir(), Fsync: fsync})
	b.Cleanup(end)
	s.invoker = instant{}
	return s
}

// fill sends b.N batches.
func fill(b *testing.B, s *stage, batch []queue.SendMessageInput) {
	b.Helper()
	var wg sync.WaitGroup
	next := make(chan struct{})
	for range 16 {
		wg.Go(func() {
			for range next {
				if _, err := s.SendMessageBatch(b.Context(), owner, key("q"), batch); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for range b.N {
		next <- struct{}{}
	}
	close(next)
	wg.Wait()
}

// instant is a function that does nothing.
type instant struct{}

func (instant) Timeout(string) (time.Duration, bool) { return time.Minute, true }

func (instant) Invoke(context.Context, string, dispatch.Invocation) dispatch.Result {
	return dispatch.Result{}
}
