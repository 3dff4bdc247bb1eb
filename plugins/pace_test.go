package plugins

import (
	"testing"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/queuelet/queuelet/plugins/rewrite"
)

type fakeCount struct {
	api.MutableGlobal

	set uint64
}

func (c *fakeCount) Set(value uint64) { c.set = value }

// A guest whose code takes a hundred times as long as most has to yield about as often as others.
func TestASlowGuestGetsLessCodeBetweenYields(t *testing.T) {
	count := &fakeCount{}
	began := time.Now()
	i := &instance{count: count, stride: rewrite.Stride, yielded: began}
	now := began
	run := func(perByte time.Duration) (took time.Duration) {
		took = time.Duration(i.stride) * perByte
		now = now.Add(took)
		i.keepPace(now)
		return took
	}
	if first := run(5 * time.Nanosecond); first < 10*time.Millisecond {
		t.Fatalf("the first stretch took %v", first)
	}
	for range 10 {
		if took := run(5 * time.Nanosecond); took > 3*longestStretch {
			t.Errorf("a later one took %v", took)
		}
		if count.set != uint64(i.stride) {
			t.Errorf("the guest counts %d bytes, want %d", count.set, i.stride)
		}
	}
	for range 20 {
		run(time.Nanosecond / 50)
	}
	if i.stride != rewrite.Stride {
		t.Errorf("a guest that got fast again has %d bytes", i.stride)
	}
}
