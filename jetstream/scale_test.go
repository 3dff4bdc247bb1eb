package jetstream_test

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
)

// strict holds the tests of this file to their limits on a machine that does nothing else.
// Otherwise they only notice what is wrong by an order of magnitude.
var strict = flag.Bool("strict", false, "hold timing tests to their limits")

// limit is how long something may take.
func limit(d time.Duration) time.Duration {
	if *strict {
		return d
	}
	return 20 * d
}

func start(t *testing.T, dir string) *jetstream.Embedded {
	t.Helper()
	e, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: dir, Fsync: true})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func create(t *testing.T, e *jetstream.Embedded, name string) *queue.Definition {
	t.Helper()
	def, err := e.CreateQueue(t.Context(), queue.Definition{
		Key:        queue.Key{Account: jetstreamtest.Account, Name: name},
		Attributes: queue.Attributes{VisibilityTimeout: 30 * time.Second, Retention: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	return def
}

// Ten thousand queues, one in ten of them used, start within 20 s and stop within 5 s, and
// those that are not used cost no goroutine. It takes a thousand unless it is strict.
func TestManyQueues(t *testing.T) {
	queues, used := 1_000, 100
	if *strict {
		queues, used = 10_000, 1_000
	}
	dir := t.TempDir()
	e := start(t, dir)
	before := runtime.NumGoroutine()
	defs := make([]*queue.Definition, queues)
	var wg sync.WaitGroup
	for part := range 16 {
		wg.Go(func() {
			for i := part; i < queues; i += 16 {
				defs[i] = create(t, e, fmt.Sprintf("q-%05d", i))
			}
		})
	}
	wg.Wait()
	more := runtime.NumGoroutine() - before
	for end := time.Now().Add(time.Minute); more > 100 && time.Now().Before(end); { // those that made the queues may be ending
		time.Sleep(10 * time.Millisecond)
		more = runtime.NumGoroutine() - before
	}
	if more > 100 {
		t.Errorf("%d more goroutines for %d unused queues", more, queues)
	}
	for part := range 16 {
		wg.Go(func() {
			for i := part; i < used; i += 16 {
				if _, err := e.Send(t.Context(), defs[i], []queue.Entry{jetstreamtest.Entry("a")}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	took := func(what string, most time.Duration, do func()) {
		t.Helper()
		began := time.Now()
		do()
		d := time.Since(began)
		t.Logf("%s: %v", what, d.Round(time.Millisecond))
		if d > limit(most) {
			t.Errorf("%s took %v, may take %v", what, d, most)
		}
	}
	stop := func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	took("stop", 5*time.Second, stop)
	took("start", 20*time.Second, func() { e = start(t, dir) })
	if n := len(e.Queues("", "")); n != queues {
		t.Errorf("%d queues after the restart", n)
	}
	c, err := e.Counts(t.Context(), defs[used-1])
	if err != nil || c.Visible != 1 {
		t.Errorf("counts of a used queue: %+v, %v", c, err)
	}
	took("stop again", 5*time.Second, stop)
}

// Visibility timeouts end on time while others are changed all the time.
func TestTimersAreOnTimeUnderLoad(t *testing.T) {
	const (
		rate   = 2_000 // changes a second
		length = 3 * time.Second
		probes = 150
		allow  = 10 * time.Millisecond
	)
	e := start(t, t.TempDir())
	t.Cleanup(func() { _ = e.Close() })
	def, busy := create(t, e, "probed"), create(t, e, "busy")
	entries := make([]queue.Entry, 1000)
	for i := range entries {
		entries[i] = jetstreamtest.Entry("x")
	}
	if _, err := e.Send(t.Context(), busy, entries); err != nil {
		t.Fatal(err)
	}
	held, err := e.Receive(t.Context(), busy, queue.ReceiveRequest{Max: 1000, Visibility: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for worker := range 20 {
		wg.Go(func() {
			tick := time.NewTicker(20 * time.Second / rate)
			defer tick.Stop()
			for i := worker; ; i += 20 {
				select {
				case <-stop:
					return
				case <-tick.C:
				}
				change := queue.VisibilityChange{Handle: held[i%len(held)].Handle, Timeout: time.Hour}
				if _, err := e.ChangeVisibility(t.Context(), busy, []queue.VisibilityChange{change}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	late := make([]time.Duration, 0, probes)
	var mu sync.Mutex
	var probing sync.WaitGroup
	for i := range probes {
		probing.Go(func() {
			time.Sleep(time.Duration(i) * (length / probes))
			e1 := jetstreamtest.Entry(strconv.Itoa(i))
			e1.Delay = 200 * time.Millisecond
			if _, err := e.Send(t.Context(), def, []queue.Entry{e1}); err != nil {
				t.Error(err)
			}
			got, err := e.Receive(t.Context(), def, queue.ReceiveRequest{Max: 1, Visibility: time.Hour, Wait: time.Minute})
			if err != nil || len(got) != 1 {
				t.Error("probe:", got, err)
				return
			}
			now := time.Now()
			// Another's message may have come: what counts is when that one was due.
			due := got[0].Sent.Add(200 * time.Millisecond)
			mu.Lock()
			late = append(late, now.Sub(due))
			mu.Unlock()
		})
	}
	probing.Wait()
	close(stop)
	wg.Wait()
	slices.Sort(late)
	p50, p99 := late[len(late)/2], late[len(late)*99/100]
	t.Logf("late by p50 %v, p99 %v, max %v", p50, p99, late[len(late)-1])
	if *strict && p99 > allow {
		t.Errorf("p99 of lateness is %v, may be %v", p99, allow)
	}
	if p50 > limit(allow) { // of a busy machine, the latest say nothing
		t.Errorf("p50 of lateness is %v, may be %v", p50, limit(allow))
	}
}
