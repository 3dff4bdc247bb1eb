package plugins_test

import (
	"context"
	"flag"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// strict holds timing tests to their limits, and TestStall at every single measurement, on a machine that does nothing else.
// Otherwise they only notice what is wrong by an order of magnitude.
var strict = flag.Bool("strict", false, "hold timing tests to their limits")

// limit is how long something may take.
func limit(d time.Duration) time.Duration {
	if *strict {
		return d
	}
	return 20 * d
}

// TestStall asks that the process goes on while every guest that may run computes and garbage is collected again and again:
// the network is served and timers fire. When guests have all cores, as the runtime does not let them by itself, that depends
// on the operating system as well: with goroutines in their place a ping takes up to half a second on two busy cores. Where a
// guest keeps the garbage collector waiting, it takes seconds.
func TestStall(t *testing.T) {
	for name, running := range map[string]int{
		"default":           0,
		"two on every core": 2 * runtime.NumCPU(),
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && running > 0 {
				t.Skip("it takes long under the race detector")
			}
			r := newRuntime(t, func(o *plugins.Options) { o.MaxRunning = running })
			const guests = 4
			deploy(t, r, plugins.Function{
				Name: "f", Timeout: time.Minute, MaxConcurrency: guests,
				Wasm: reactor(1, nil, func(*as.Module, imports) []byte { return as.Loop(as.Br(0)) }),
			})
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			defer wg.Wait()
			defer cancel()
			for range guests {
				wg.Go(func() { _, _ = r.Invoke(ctx, "f", event("body")) })
			}
			eventually(t, func() bool { return stats(r, "f").Instances == guests })
			var collections atomic.Int64
			wg.Go(func() {
				for ctx.Err() == nil {
					runtime.GC()
					collections.Add(1)
					time.Sleep(10 * time.Millisecond)
				}
			})
			stall(t, &collections)
		})
	}
}

// stall measures how long another goroutine has to wait.
func stall(t *testing.T, collections *atomic.Int64) {
	t.Helper()
	enough := limit(50 * time.Millisecond)
	judge := p99
	if *strict {
		judge = func(sorted []time.Duration) time.Duration { return sorted[len(sorted)-1] }
	}
	ping := pinger(t)
	var pings, sleeps []time.Duration
	for range 5 { // other programs may be in the way
		before := collections.Load()
		pings = measure(200, ping)
		sleeps = measure(200, func() { time.Sleep(time.Millisecond) })
		t.Logf("a ping takes %v, a sleep of 1 ms %v, at most %v and %v; %d garbage collections meanwhile",
			p99(pings), p99(sleeps), pings[len(pings)-1], sleeps[len(sleeps)-1], collections.Load()-before)
		if max(judge(pings), judge(sleeps)) <= enough && collections.Load()-before > 5 {
			return
		}
	}
	t.Errorf("a ping takes %v, a sleep of 1 ms %v", judge(pings), judge(sleeps))
}

// pinger returns a function that sends a byte over TCP and waits for its echo.
func pinger(t *testing.T) func() {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_, _ = io.Copy(conn, conn)
			_ = conn.Close()
		}
	}()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		_ = listener.Close()
	})
	one := make([]byte, 1)
	return func() {
		if _, err := conn.Write(one); err != nil {
			t.Error(err)
		}
		if _, err := io.ReadFull(conn, one); err != nil {
			t.Error(err)
		}
	}
}

// measure returns how long each of n times took, in order.
func measure(n int, f func()) (all []time.Duration) {
	for range n {
		began := time.Now()
		f()
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	return all
}

func p99(sorted []time.Duration) time.Duration { return sorted[len(sorted)*99/100] }
