package flow_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/plugins/flow"
)

func TestAFlowMakesCalls(t *testing.T) {
	var got []string
	done := make(chan struct{})
	flow.Go(func(f *flow.Flow) {
		defer close(done)
		for _, name := range []string{"a", "b"} {
			if !f.Do(&flow.Call{}, func() { got = append(got, name) }) {
				t.Error("a call that returned was given up")
			}
			got = append(got, "after "+name)
		}
	})
	<-done
	if want := []string{"a", "after a", "b", "after b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFlowGoesOnWithoutACallThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang, done := make(chan struct{}), make(chan struct{})
		late := false
		flow.Go(func(f *flow.Flow) {
			defer close(done)
			began := time.Now()
			var hanging flow.Call
			if f.Do(&hanging, func() {
				time.AfterFunc(time.Second, hanging.GiveUp)
				<-hang
				late = true
			}) {
				t.Error("the call returned")
			}
			if took := time.Since(began); took != time.Second {
				t.Errorf("it was given up after %v", took)
			}
			if !f.Do(&flow.Call{}, func() { time.Sleep(time.Minute) }) {
				t.Error("the call after it was given up")
			}
		})
		<-done
		close(hang)
		synctest.Wait()
		if !late {
			t.Error("the call did not go on")
		}
	})
}

func TestACallThatReturnedIsNotGivenUp(t *testing.T) {
	done := make(chan struct{})
	flow.Go(func(f *flow.Flow) {
		defer close(done)
		for range 1000 {
			var c flow.Call
			returned := false
			made := f.Do(&c, func() {
				go c.GiveUp() // sooner or later
				returned = true
			})
			if made && !returned {
				t.Error("not made")
			}
		}
	})
	<-done
}

func stumble() { panic("stumbled") }

func TestAPanicTellsWhereItCameFrom(t *testing.T) {
	defer func() {
		text := fmt.Sprint(recover())
		if !strings.Contains(text, "stumbled") || !strings.Contains(text, "flow_test.stumble") {
			t.Errorf("panic %s", text)
		}
	}()
	next, _ := iter.Pull(func(func(int) bool) {
		defer flow.Trace()
		stumble()
	})
	next()
	t.Error("no panic")
}

func BenchmarkCall(b *testing.B) {
	done := make(chan struct{})
	flow.Go(func(f *flow.Flow) {
		defer close(done)
		for b.Loop() {
			f.Do(&flow.Call{}, func() {})
		}
	})
	<-done
}
