package plugins_test

import (
	"context"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// TestStall asks that the process goes on while every guest that may run computes: the network is served, timers fire and
// garbage is collected.
func TestStall(t *testing.T) {
	r := newRuntime(t, nil)
	const running = 4
	deploy(t, r, plugins.Function{
		Name: "f", Timeout: time.Minute, MaxConcurrency: running,
		Wasm: reactor(1, nil, func(*as.Module, imports) []byte { return as.Loop(as.Br(0)) }),
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range running {
		wg.Go(func() { _, _ = r.Invoke(ctx, "f", event("body")) })
	}
	eventually(t, func() bool { return stats(r, "f").Instances == running })
	const enough = 50 * time.Millisecond
	ping := pinger(t)
	var pings, sleeps, collections []time.Duration
	for range 5 { // other programs may be in the way
		pings = measure(200, ping)
		sleeps = measure(50, func() { time.Sleep(time.Millisecond) })
		collections = measure(10, runtime.GC)
		t.Logf("p99 of a ping %v, of a sleep of 1 ms %v, of a garbage collection %v", p99(pings), p99(sleeps), p99(collections))
		if max(p99(pings), p99(sleeps), collections[len(collections)/2]) <= enough {
			return
		}
	}
	t.Errorf("p99 of a ping %v, of a sleep of 1 ms %v, of a garbage collection %v", p99(pings), p99(sleeps), p99(collections))
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
