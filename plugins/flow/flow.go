package flow

import (
	"fmt"
	"iter"
	"runtime/debug"
	"sync/atomic"
)

// A Flow is a line of work that makes calls which may be given up.
type Flow struct {
	next func() (*Call, bool)
	wait func(*Call) bool // for the driver to have made a call
}

// Go runs work as a flow, on a goroutine of its own. Only work itself may use the flow, not goroutines that it starts.
func Go(work func(*Flow)) {
	f := &Flow{}
	f.next, _ = iter.Pull(func(yield func(*Call) bool) {
		defer Trace()
		f.wait = yield
		work(f)
	})
	go f.drive()
}

// Trace is to be deferred by a coroutine. It adds to a panic where it came from: package iter raises it again in the one who
// has resumed the coroutine.
func Trace() {
	if cause := recover(); cause != nil {
		panic(fmt.Sprintf("%v\n\nin a coroutine:\n%s", cause, debug.Stack()))
	}
}

// drive lets the flow go on until it ends, or a call is given up: then another goroutine drives it.
func (f *Flow) drive() {
	for {
		c, more := f.next()
		if !more {
			return
		}
		c.run()
		if !c.over.CompareAndSwap(false, true) {
			return
		}
	}
}

// A Call is one call of a flow. It cannot be used again.
type Call struct {
	flow    *Flow
	run     func()
	over    atomic.Bool
	givenUp bool
}

// Do makes a call of a function. It returns true when the function has returned, and false when the call was given up: the
// function then goes on beside the flow.
func (f *Flow) Do(c *Call, run func()) bool {
	c.flow, c.run = f, run
	f.wait(c)
	return !c.givenUp
}

// GiveUp lets the flow go on without the call. It does nothing when the function has returned. The function itself has to
// arrange for it, so that the call has begun.
func (c *Call) GiveUp() {
	if c.over.CompareAndSwap(false, true) {
		c.givenUp = true
		go c.flow.drive()
	}
}
