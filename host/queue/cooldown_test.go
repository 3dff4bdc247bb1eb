package queue

import (
	"strconv"
	"testing"
	"time"
)

func TestCooldownIsBounded(t *testing.T) {
	t.Parallel()
	c := newCooldown(time.Minute)
	now := time.Unix(0, 0)
	const extra = 10
	for i := range cooldownCapacity + extra {
		if !c.start(Key{Name: strconv.Itoa(i)}, now) {
			t.Fatalf("%d runs already", i)
		}
	}
	if n := len(c.started); n > cooldownCapacity+1 || len(c.order) != n {
		t.Errorf("%d windows and %d in order are kept, want at most %d", n, len(c.order), cooldownCapacity+1)
	}
	if c.active(Key{Name: "0"}, now) || !c.active(Key{Name: strconv.Itoa(cooldownCapacity)}, now) {
		t.Error("not the oldest were forgotten")
	}
	if c.active(Key{}, now.Add(time.Minute)); len(c.started) != 0 || len(c.order) != 0 {
		t.Errorf("%d windows and %d in order are kept after all have lapsed", len(c.started), len(c.order))
	}
}

func TestCooldownThatIsCancelledCanStartAnew(t *testing.T) {
	t.Parallel()
	c := newCooldown(time.Minute)
	key, now := Key{Name: "q"}, time.Unix(0, 0)
	c.start(key, now)
	c.cancel(key)
	if c.active(key, now) {
		t.Error("runs after it was cancelled")
	}
	later := now.Add(30 * time.Second)
	if !c.start(key, later) {
		t.Error("does not start anew")
	}
	// The end of the first window must not end the second.
	if !c.active(key, now.Add(time.Minute)) || c.active(key, later.Add(time.Minute)) {
		t.Error("the second window does not last a minute")
	}
}

func TestCooldownOfNothing(t *testing.T) {
	t.Parallel()
	c := newCooldown(0)
	for range 2 {
		if !c.start(Key{Name: "q"}, time.Unix(0, 0)) {
			t.Error("blocks although it is switched off")
		}
	}
	if c.active(Key{Name: "q"}, time.Unix(0, 0)) || len(c.started) != 0 {
		t.Error("remembers although it is switched off")
	}
}
