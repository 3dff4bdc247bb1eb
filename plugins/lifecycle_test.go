package plugins_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// counting is a reactor that answers how often it has been called, as a digit.
func counting() []byte {
	m, in := newGuest(1)
	count := m.Global(0)
	m.Func(abi.ExportHandle, handleType, nil,
		as.GlobalGet(count), as.I32Const(1), as.I32Add, as.GlobalSet(count),
		as.I32Const(0), as.GlobalGet(count), as.I32Const('0'), as.I32Add, as.I32Store8,
		as.I32Const(0), as.I32Const(1), as.Call(in.reply))
	return m.Bytes()
}

// sleeping is a reactor that sleeps.
func sleeping(d time.Duration) []byte {
	m, in := newGuestWith(1, "poll_oneoff", 4)
	m.Data(24, binary.LittleEndian.AppendUint64(nil, uint64(d)))
	m.Func(abi.ExportHandle, handleType, nil,
		as.I32Const(0), as.I32Const(1024), as.I32Const(1), as.I32Const(2048), as.Call(in.wasi), as.Drop,
		as.I32Const(0), as.I32Const(0), as.Call(in.reply))
	return m.Bytes()
}

func call(t *testing.T, r *plugins.Runtime, name string) string {
	t.Helper()
	result, err := r.Invoke(t.Context(), name, event("body"))
	if err != nil {
		t.Fatal(err)
	}
	return string(result.Response)
}

// stats returns the numbers of a function.
func stats(r *plugins.Runtime, name string) plugins.Stats {
	for _, s := range r.Stats() {
		if s.Name == name {
			return s
		}
	}
	return plugins.Stats{}
}

// TestIsolation keeps an instance or not.
func TestIsolation(t *testing.T) {
	for isolation, want := range map[plugins.Isolation]string{
		plugins.IsolationReuse: "123", plugins.IsolationFresh: "111",
	} {
		t.Run(string(isolation), func(t *testing.T) {
			r := newRuntime(t, nil)
			deploy(t, r, plugins.Function{Name: "f", Wasm: counting(), Isolation: isolation, MaxConcurrency: 1})
			if got := call(t, r, "f") + call(t, r, "f") + call(t, r, "f"); got != want {
				t.Errorf("answers %s, want %s", got, want)
			}
		})
	}
}

// TestRecycle replaces an instance whose memory has grown to more than three quarters of its limit.
func TestRecycle(t *testing.T) {
	m, in := newGuest(1)
	count := m.Global(0)
	m.Func(abi.ExportHandle, handleType, nil,
		as.I32Const(1), as.MemoryGrow, as.Drop,
		as.GlobalGet(count), as.I32Const(1), as.I32Add, as.GlobalSet(count),
		as.I32Const(0), as.GlobalGet(count), as.I32Const('0'), as.I32Add, as.I32Store8,
		as.I32Const(0), as.I32Const(1), as.Call(in.reply))
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Wasm: m.Bytes(), Memory: 4 << 16, MaxConcurrency: 1})
	var got strings.Builder
	for range 7 {
		got.WriteString(call(t, r, "f"))
	}
	if got.String() != "1231231" { // 2, 3 and then all 4 pages
		t.Errorf("answers %s", got.String())
	}
	if peak := stats(r, "f").MemoryPeak; peak != 4<<16 {
		t.Errorf("memory peak %d", peak)
	}
}

// TestRecycleByCount replaces an instance that has served long.
func TestRecycleByCount(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Wasm: trivial(), MaxConcurrency: 1})
	for n := range 10_002 {
		call(t, r, "f")
		if want := int64(n) / 10_000; stats(r, "f").Inits != want {
			t.Fatalf("%d new instances after %d invocations, want %d", stats(r, "f").Inits, n+1, want)
		}
	}
}

// TestRecycleByAge replaces an instance that is old.
func TestRecycleByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := plugins.New(t.Context(), plugins.Options{})
		if err != nil {
			t.Fatal(err)
		}
		deploy(t, r, plugins.Function{Name: "f", Wasm: counting(), MaxConcurrency: 1, IdleTimeout: 24 * time.Hour})
		var got []string
		for range 5 {
			time.Sleep(25 * time.Minute)
			got = append(got, call(t, r, "f"))
		}
		if strings.Join(got, "") != "12312" { // the third event is its last
			t.Errorf("answers %s", got)
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if s := stats(r, "f"); s.Instances != 0 {
			t.Errorf("%+v", s)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestIdle closes an instance that is not used.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := plugins.New(t.Context(), plugins.Options{})
		if err != nil {
			t.Fatal(err)
		}
		deploy(t, r, plugins.Function{Name: "f", Wasm: counting(), IdleTimeout: time.Minute})
		if s := stats(r, "f"); s.Instances != 1 || s.Idle != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if s := stats(r, "f"); s.Instances != 0 {
			t.Errorf("%+v", s)
		}
		if got := call(t, r, "f"); got != "1" {
			t.Errorf("answer %s", got)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Error("it did not happen")
}

// TestConcurrency has no more instances than the function may have, and lets invocations wait for them.
func TestConcurrency(t *testing.T) {
	r := newRuntime(t, func(o *plugins.Options) { o.MaxRunning = 100 })
	deploy(t, r, plugins.Function{Name: "f", Wasm: sleeping(20 * time.Millisecond), MaxConcurrency: 3})
	began := time.Now()
	var wg sync.WaitGroup
	most := 0
	for range 12 {
		wg.Go(func() {
			if _, err := r.Invoke(t.Context(), "f", event("body")); err != nil {
				t.Error(err)
			}
		})
		most = max(most, stats(r, "f").Instances)
	}
	wg.Wait()
	if took := time.Since(began); took < 4*20*time.Millisecond {
		t.Errorf("12 sleeps of 20 ms, 3 at a time, took %v", took)
	}
	if most > 3 {
		t.Errorf("%d instances", most)
	}
}

// TestThrottled gives up on an invocation that finds no instance in time.
func TestThrottled(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Wasm: sleeping(time.Hour), MaxConcurrency: 1})
	busy, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := r.Invoke(busy, "f", event("body"))
		done <- err
	}()
	eventually(t, func() bool { return stats(r, "f").Idle == 0 })
	inv := event("body")
	inv.Deadline = time.Now().Add(20 * time.Millisecond)
	_, err := r.Invoke(t.Context(), "f", inv)
	if _, ok := errors.AsType[*plugins.ThrottledError](err); !ok {
		t.Errorf("error %v", err)
	}
	cancel()
	if err := <-done; plugins.KindOf(err) != plugins.KindCanceled || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestRunning lets few guests compute at a time, but does not count those that sleep.
func TestRunning(t *testing.T) {
	r := newRuntime(t, func(o *plugins.Options) { o.MaxRunning = 1 })
	deploy(t, r, plugins.Function{Name: "sleeper", Wasm: sleeping(time.Hour)})
	deploy(t, r, plugins.Function{Name: "spinner", Wasm: reactor(1, nil, func(*as.Module, imports) []byte {
		return as.Loop(as.Br(0))
	})})
	deploy(t, r, plugins.Function{Name: "counter", Wasm: counting()})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	for range 3 {
		wg.Go(func() { _, _ = r.Invoke(ctx, "sleeper", event("body")) })
	}
	eventually(t, func() bool { return stats(r, "sleeper").Instances == 3 })
	if got := call(t, r, "counter"); got != "1" {
		t.Errorf("answer %s", got)
	}
	// Those that compute take turns.
	for range 3 {
		wg.Go(func() { _, _ = r.Invoke(ctx, "spinner", event("body")) })
	}
	eventually(t, func() bool { return stats(r, "spinner").Instances == 3 })
	if got := call(t, r, "counter"); got != "2" {
		t.Errorf("answer %s", got)
	}
	cancel()
}

// TestSwap deploys new versions under load. Every invocation is answered by one of them, and the old ones go away: their
// goroutines, their memory and their code.
func TestSwap(t *testing.T) {
	r := newRuntime(t, nil)
	version := func(n int) plugins.Function {
		return plugins.Function{
			Name: "f", Wasm: counting(), MaxConcurrency: 4, Memory: 100 << 20,
			Environment: map[string]string{"VERSION": strconv.Itoa(n)},
		}
	}
	deploy(t, r, version(0))
	call(t, r, "f")
	goroutines, before := runtime.NumGoroutine(), mappings(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var answered atomic.Int64
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := r.Invoke(t.Context(), "f", event("body")); err != nil {
					t.Error(err)
					return
				}
				answered.Add(1)
			}
		})
	}
	for n := range 40 {
		deploy(t, r, version(n+1))
		time.Sleep(10 * time.Millisecond)
	}
	close(stop)
	wg.Wait()
	if answered.Load() < 40 {
		t.Errorf("%d invocations", answered.Load())
	}
	eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+4 })
	eventually(t, func() bool {
		runtime.GC()
		now := mappings(t)
		return now.code <= before.code && now.reserved <= before.reserved+4*uint64(version(0).Memory)
	})
}

// TestSwapAtOnce deploys the same module from many goroutines, under one name and under several, in runtimes that share a
// cache which does not have it yet.
func TestSwapAtOnce(t *testing.T) {
	cache := t.TempDir()
	wasm := counting()
	var runtimes []*plugins.Runtime
	for range 2 {
		runtimes = append(runtimes, newRuntime(t, func(o *plugins.Options) { o.CacheDir = cache }))
	}
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() {
			r, name := runtimes[n/8], fmt.Sprint("f", n%2)
			if _, err := r.Deploy(t.Context(), plugins.Function{Name: name, Wasm: wasm}); err != nil {
				t.Error(err)
			}
			if _, err := r.Invoke(t.Context(), name, event("body")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestRemove takes a function away while it works.
func TestRemove(t *testing.T) {
	end := make(chan struct{})
	r := newRuntime(t, func(o *plugins.Options) { o.Services = deaf{end} })
	if err := r.Remove("f"); !errors.Is(err, plugins.ErrNotFound) {
		t.Errorf("error %v", err)
	}
	deploy(t, r, plugins.Function{Name: "f", Wasm: waiting()})
	done := make(chan error)
	go func() {
		_, err := r.Invoke(t.Context(), "f", event("body"))
		done <- err
	}()
	eventually(t, func() bool { return stats(r, "f").Idle == 0 })
	if err := r.Remove("f"); err != nil {
		t.Error(err)
	}
	if _, err := r.Invoke(t.Context(), "f", event("body")); !errors.Is(err, plugins.ErrNotFound) ||
		plugins.KindOf(err) != plugins.KindNotFound {
		t.Errorf("error %v", err)
	}
	close(end)
	if err := <-done; err != nil {
		t.Error(err)
	}
	deploy(t, r, plugins.Function{Name: "f", Wasm: counting()})
	if got := call(t, r, "f"); got != "1" {
		t.Errorf("answer %s", got)
	}
}

// TestClose waits for what runs, and stops what does not end.
func TestClose(t *testing.T) {
	spin := reactor(1, nil, func(*as.Module, imports) []byte { return as.Loop(as.Br(0)) })
	for name, test := range map[string]struct {
		wasm []byte
		kind plugins.Kind
	}{
		"short wait": {waiting(), plugins.KindNone},
		"long sleep": {sleeping(time.Hour), plugins.KindCanceled},
		"loop":       {spin, plugins.KindCanceled},
	} {
		t.Run(name, func(t *testing.T) {
			goroutines := runtime.NumGoroutine()
			end := make(chan struct{})
			r, err := plugins.New(t.Context(), plugins.Options{Services: deaf{end}})
			if err != nil {
				t.Fatal(err)
			}
			deploy(t, r, plugins.Function{Name: "f", Wasm: test.wasm})
			done := make(chan error)
			go func() {
				_, err := r.Invoke(context.Background(), "f", event("body"))
				done <- err
			}()
			eventually(t, func() bool { return stats(r, "f").Idle == 0 })
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if test.kind == plugins.KindNone {
				ctx = t.Context()
				time.AfterFunc(50*time.Millisecond, func() { close(end) })
			}
			if err := r.Close(ctx); err != nil {
				t.Error(err)
			}
			if err := <-done; plugins.KindOf(err) != test.kind {
				t.Errorf("error %v", err)
			}
			eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines })
		})
	}
}

// TestCloseWaiting refuses invocations that still wait when Close does not wait any more.
func TestCloseWaiting(t *testing.T) {
	r, err := plugins.New(t.Context(), plugins.Options{MaxRunning: 1})
	if err != nil {
		t.Fatal(err)
	}
	spin := reactor(1, nil, func(*as.Module, imports) []byte { return as.Loop(as.Br(0)) })
	deploy(t, r, plugins.Function{Name: "f", Wasm: spin, MaxConcurrency: 2})
	kinds := make(chan plugins.Kind)
	for range 10 {
		go func() {
			_, err := r.Invoke(context.Background(), "f", event("body"))
			if errors.Is(err, plugins.ErrClosed) {
				err = nil
			}
			kinds <- plugins.KindOf(err)
		}()
	}
	eventually(t, func() bool { return stats(r, "f").Instances == 2 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		t.Error(err)
	}
	for range 10 {
		if kind := <-kinds; kind != plugins.KindNone && kind != plugins.KindCanceled {
			t.Errorf("kind %q", kind)
		}
	}
}
