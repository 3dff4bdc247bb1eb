package plugins

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/queuelet/queuelet/plugins/flow"
	"github.com/queuelet/queuelet/plugins/javascript"
	"github.com/queuelet/queuelet/plugins/rewrite"
)

const (
	exitGrace    = time.Second     // for a loop to return from main
	abandonAfter = 2 * time.Second // after the deadline: the guest cannot be stopped
	maxServed    = 10_000          // invocations of one instance
	maxAge       = time.Hour       // of one instance
)

// instance is one live guest. Its life is a coroutine: the guest's code runs while somebody resumes it, on that one's
// thread, and the closing of its module is the last thing that happens in it. Closing it while the guest runs would unmap
// memory that the guest's machine code is using.
type instance struct {
	v     *version
	born  time.Time
	log   *guestLog
	watch watch
	// idle ends it when it has not been used for long. The timer, made when it is idle for the first time, runs on while the
	// instance works, which costs a batch nothing. version.mu guards it.
	idle *time.Timer

	// resumed lets it go on until it pauses, and says whether it will do so again. Everything from here on belongs to the
	// one who works with the instance at the time.
	resumed func() (struct{}, bool)
	// permit and place say what it holds of its function's concurrency and of the running guests.
	permit, place bool
	next          *batch    // to work on when it is resumed; nil: end
	keep          bool      // it may serve on
	rested        time.Time // since when it has had nothing to do
	started       error     // why it did not get ready for a batch

	// The rest is for the coroutine only.
	paused    func(struct{}) bool
	memory    *memory
	mod       api.Module
	ctx       *guestContext
	kill      context.CancelFunc // ends ctx
	began     time.Time          // of the present phase: start, batch or end
	batch     *batch             // nil while there is none
	stack     [2]uint64          // arguments and results of calls into the guest
	served    int
	count     api.MutableGlobal // see rewrite.CountExport; nil if the module is not rewritten
	stride    int               // what it is set to, in bytes
	yielded   time.Time         // when it has yielded last
	placed    time.Time         // since when it has been running at a stretch
	breathed  time.Time         // when it has let others run in between
	nap       *time.Timer
	announced bool // it is known whether it got ready
	leaving   bool // event_next answers -1 from now on
	exited    bool // the guest has ended itself
	calls     calls
	image     image
	kernel    *kernel        // of an Extism plugin
	pipes     pipes          // of a command
	vm        *javascript.VM // of a script
}

func newInstance(v *version, memory *memory) *instance {
	i := &instance{
		v: v, born: time.Now(), memory: memory, nap: time.NewTimer(time.Hour),
	}
	i.log = newGuestLog(v.logger, i.checkTime)
	i.watch.over = i.timeOver
	memory.yield = i.yield
	i.calls.budget = v.host.memory
	i.pipes.i = i
	if v.kind == ModuleExtism {
		i.kernel = &kernel{memory: memory}
	}
	ctx, kill := context.WithCancel(v.host.root)
	i.ctx, i.kill = &guestContext{ctx, i}, kill
	return i
}

// live begins the life of the instance, up to where it is ready for a batch. start ends when that has taken too long. It
// returns why the instance is not ready; it has come to its end then.
func (i *instance) live(start context.Context) error {
	i.resumed, _ = iter.Pull(func(yield func(struct{}) bool) {
		defer flow.Trace()
		i.paused = yield
		i.run(start)
	})
	i.resume(nil)
	return i.started
}

// resume lets the instance work on a batch, or come to its end. It returns false once it has ended.
func (i *instance) resume(b *batch) bool {
	i.next = b
	_, alive := i.resumed()
	return alive
}

// serve gives a batch to the guest, and returns when the outcome is there.
func (i *instance) serve(b *batch) {
	i.keep = false
	alive := i.resume(b)
	i.next = nil
	if !b.finished {
		b.outcome.err = &TrapError{Function: i.v.config.Name, Reason: "the instance ended without an outcome"}
	}
	if alive && (!i.keep || !i.v.put(i)) {
		go i.end()
	}
}

// end lets an idle instance come to its end.
func (i *instance) end() { i.resume(nil) }

// pause lets the one go on who has resumed the instance, and returns the batch it is resumed with, or nil.
func (i *instance) pause() *batch {
	i.paused(struct{}{})
	return i.next
}

// run is the life of the instance.
func (i *instance) run(start context.Context) {
	defer i.v.ended(i)
	defer i.close() //nolint:contextcheck // each phase has a context of its own
	deadline, _ := start.Deadline()
	i.phase(start, deadline, nil)
	err := i.instantiate() //nolint:contextcheck // as above
	if err == nil {
		err = i.v.entry.run(i)
	}
	switch {
	case i.batch != nil:
		i.finish(i.failure(err))
		i.keep = false
		i.pause()
	case !i.announced:
		i.announce(fmt.Errorf("start an instance: %w", i.failure(err)))
	case err != nil && !isExit(err, 0):
		i.v.logger.Warn("a guest failed on its way out", "error", i.failure(err))
	}
}

// announce notes whether the instance has got ready. If not it has to end.
func (i *instance) announce(err error) bool {
	i.announced, i.rested = true, time.Now()
	i.endPhase()
	i.watch.rest() // the context of the start is at its end
	if err == nil && i.v.restores {
		err = i.capture()
	}
	i.started = err
	return err == nil
}

// phase begins a stretch of guest code that has to end with ctx, and at a deadline, which is not later.
func (i *instance) phase(ctx context.Context, deadline time.Time, b *batch) {
	i.batch = b
	if b != nil {
		i.began = b.began
	} else {
		i.began = time.Now()
	}
	i.placed, i.yielded = i.began, i.began
	i.log.begin(ctx, b)
	i.watch.arm(ctx, i.began, deadline, b)
	if i.v.host.halted.Load() {
		i.watch.kill() // Close has stopped what was armed then
	}
}

// timeOver is what happens when the time of a phase is over, beside the guest, which is to notice it.
func (i *instance) timeOver(cause error, b *batch) {
	if i.v.checks == checksWazero {
		i.kill()
	}
	if b != nil {
		b.late = cause
		time.AfterFunc(abandonAfter, b.call.GiveUp)
	}
}

// endPhase says whether the phase's time had run out.
func (i *instance) endPhase() bool {
	fired := i.watch.end()
	i.log.end()
	return fired
}

// instantiate makes the module and runs what it does by itself at its start.
func (i *instance) instantiate() (err error) {
	defer func() { // calls recover by themselves
		if cause := recover(); cause != nil {
			err = fmt.Errorf("instantiate: panic: %v", cause)
		}
	}()
	ctx := experimental.WithMemoryAllocator(i.ctx, i.memory)
	i.mod, err = i.v.runtime.InstantiateModule(ctx, i.v.compiled, i.moduleConfig())
	if err != nil {
		return fmt.Errorf("instantiate: %w", err)
	}
	i.count, _ = i.mod.ExportedGlobal(rewrite.CountExport).(api.MutableGlobal)
	i.stride = rewrite.Stride
	i.grow()
	if start := i.mod.ExportedFunction(rewrite.StartExport); start != nil {
		return i.call(start)
	}
	return nil
}

// call calls a function of the guest; results are in i.stack.
func (i *instance) call(f api.Function, params ...uint64) error {
	copy(i.stack[:], params)
	return f.CallWithStack(i.ctx, i.stack[:]) //nolint:wrapcheck // failure makes our own error of it
}

// finish notes the outcome of the batch, for the one who gets it at the next pause.
func (i *instance) finish(err error) {
	b := i.batch
	i.batch = nil
	i.rested = time.Now()
	took := i.rested.Sub(i.began)
	i.calls.end()
	fired := i.endPhase()
	if fired && err == nil {
		err = i.late()
	}
	b.finished = true
	b.outcome = outcome{err: err, Result: Result{
		Response: b.response, Duration: took, InitDuration: b.initial, MemoryPeak: i.memorySize(),
	}}
	i.served++
	i.keep = !fired && (err == nil || KindOf(err) == KindHandler) && !i.spent() && (!i.v.restores || i.restore())
}

// spent says whether the instance has served long enough.
func (i *instance) spent() bool {
	return i.v.once || i.exited || i.served >= maxServed || i.rested.Sub(i.born) > maxAge ||
		i.memorySize() > i.v.config.Memory/4*3
}

func (i *instance) memorySize() int64 {
	if i.mod == nil || i.mod.Memory() == nil {
		return 0
	}
	return int64(i.mod.Memory().Size())
}

// leave lets a loop's main return by itself, for a moment.
func (i *instance) leave() {
	i.leaving = true
	i.phase(i.ctx, time.Now().Add(exitGrace), nil)
}

// close gives back what the instance holds. The guest does not run any more.
func (i *instance) close() {
	i.endPhase()
	i.watch.rest()
	i.calls.end()
	i.kill()
	i.nap.Stop()
	if i.mod != nil {
		if err := i.mod.Close(i.ctx); err != nil {
			i.v.logger.Warn("closing an instance failed", "error", err)
		}
	}
	i.memory.Free()
	i.mod = nil
}

// sleep waits as long as the guest wants, or until its time is up. It does not count as running meanwhile.
func (i *instance) sleep(d time.Duration) {
	i.checkTime()
	if d <= 0 {
		return
	}
	i.park()
	defer i.unpark()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-i.watch.context().Done():
		panic(errStopped)
	}
}

// checkTime ends a guest whose time is up.
func (i *instance) checkTime() {
	if i.watch.isOver() {
		panic(errStopped)
	}
}

// park gives up the instance's place among the running guests while it only waits.
func (i *instance) park() {
	if i.place {
		i.place = false
		i.v.host.gate.leave()
	}
}

// unpark takes a place again. A guest whose time ended meanwhile does not wait for one: it is about to be stopped.
func (i *instance) unpark() {
	if !i.place && i.permit {
		i.place = i.v.host.gate.tryEnter() || i.v.host.gate.enter(i.watch.context()) == nil
		i.goOn()
	}
}

// goOn notes that the guest computes from now on.
func (i *instance) goOn() {
	i.placed = time.Now()
	i.yielded = i.placed
}
