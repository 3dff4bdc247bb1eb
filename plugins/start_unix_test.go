//go:build unix

package plugins_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/queuelet/queuelet/plugins"
)

// BenchmarkStart prices the start of a Go function whose machine code is in the cache, from reading its module until its
// first batch is answered, in processor time and at the best: what else the machine does counts little then.
func BenchmarkStart(b *testing.B) {
	f := plugins.Function{Name: "f", Path: goGuest(b, "orders")}
	deploy(b, newRuntime(b, nil), f) // into the cache
	inv := event(bodies()...)
	processor, wall := time.Hour, time.Hour
	for b.Loop() {
		r := newRuntime(b, nil)
		began, before := time.Now(), processorTime(b)
		deploy(b, r, f)
		if _, err := r.Invoke(b.Context(), "f", inv); err != nil {
			b.Fatal(err)
		}
		processor, wall = min(processor, processorTime(b)-before), min(wall, time.Since(began))
		if err := r.Remove("f"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processor.Microseconds())/1000, "least-cpu-ms")
	b.ReportMetric(float64(wall.Microseconds())/1000, "least-ms")
}

// processorTime is how much processor time this process has used.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var use unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &use); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
