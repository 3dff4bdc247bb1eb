package plugins

import (
	"context"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/queuelet/queuelet/plugins/javascript"
	"github.com/queuelet/queuelet/plugins/rewrite"
)

const (
	exitGrace    = time.Second     // for a loop to return from main
	abandonAfter = 2 * time.Second // after the deadline: the guest cannot be stopped
	maxServed    = 10_000          // invocations of one instance
	maxAge       = time.Hour       // of one instance
)

// instance is one live guest. All of its code, and the closing of its module, runs on one goroutine: closing it from
// another while the guest runs would unmap memory that the guest's machine code is using.
type instance struct {
	v      *version
	born   time.Time
	log    *guestLog
	watch  watch
	work   chan *batch
	quit   chan struct{} // closed while it is idle: end
	ready  chan error    // one message: ready for a batch, or why not
	orphan chan struct{} // closed when nobody waits for ready any more
	done   chan struct{} // closed when the goroutine has ended

	// permit and place say what the instance holds of its function's concurrency and of the running guests. They
	// belong to the goroutine that works with the instance at the time.
	permit, place bool

	// The rest is for the instance's goroutine only.
	memory    *memory
	mod       api.Module
	ctx       *guestContext
	kill      context.CancelFunc // ends ctx
	now       context.Context    //nolint:containedctx // of the present phase: start, batch or end
	began     time.Time          // of the present phase
	unwatch   func() bool        // nil between phases
	batch     *batch             // nil while there is none
	stack     [2]uint64          // arguments and results of calls into the guest
	served    int
	yields    uint      // calls of yield
	placed    time.Time // since when it has been running at a stretch
	breathed  time.Time // when it has let others run in between
	nap, idle *time.Timer
	announced bool // ready has got its message
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
		v: v, born: time.Now(), memory: memory,
		work: make(chan *batch), quit: make(chan struct{}),
		ready: make(chan error), orphan: make(chan struct{}), done: make(chan struct{}),
		nap: time.NewTimer(time.Hour), idle: time.NewTimer(time.Hour),
	}
	i.log = newGuestLog(v.logger, i.checkTime)
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

// run is the life of the instance. start ends when the guest has taken too long to get ready; end ends it early.
func (i *instance) run(start context.Context, end context.CancelFunc) {
	defer close(i.done)
	defer i.v.ended(i)
	defer i.close() //nolint:contextcheck // each phase has a context of its own
	i.phase(start, end, nil)
	err := i.instantiate() //nolint:contextcheck // as above
	if err == nil {
		err = i.v.entry.run(i)
	}
	switch {
	case i.batch != nil:
		i.finish(i.failure(err))
	case !i.announced:
		i.announce(fmt.Errorf("start an instance: %w", i.failure(err)))
	case err != nil && !isExit(err, 0):
		i.v.logger.Warn("a guest failed on its way out", "error", i.failure(err))
	}
}

// announce tells the one who waits for the instance whether it is ready, and returns false if it has to end.
func (i *instance) announce(err error) bool {
	i.announced = true
	i.endPhase()
	if err == nil && i.v.restores {
		err = i.capture()
	}
	select {
	case i.ready <- err:
		return err == nil
	case <-i.orphan:
		return false
	}
}

// phase begins a stretch of guest code that has to end with ctx. end ends ctx early.
func (i *instance) phase(ctx context.Context, end context.CancelFunc, b *batch) {
	i.now, i.batch, i.began = ctx, b, time.Now()
	i.placed = i.began
	i.log.begin(ctx, b)
	turn := i.watch.arm(end)
	i.unwatch = context.AfterFunc(ctx, func() {
		if i.watch.fire(turn) && i.v.checks == checksWazero {
			i.kill()
		}
	})
}

// endPhase says whether the phase's time had run out.
func (i *instance) endPhase() bool {
	if i.unwatch == nil {
		return false
	}
	i.unwatch()
	i.unwatch = nil
	i.log.end()
	return i.watch.disarm()
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

// next waits for a batch; nil means that the instance has to end.
func (i *instance) next() *batch {
	i.idle.Reset(i.v.config.IdleTimeout)
	defer i.idle.Stop()
	for {
		select {
		case b := <-i.work:
			return b
		case <-i.quit:
			return nil
		case <-i.idle.C:
			if i.v.forget(i) {
				return nil
			}
		}
	}
}

// finish gives the batch its outcome and says whether the instance may go on.
func (i *instance) finish(err error) bool {
	b := i.batch
	i.batch = nil
	took := time.Since(i.began)
	i.calls.end()
	if i.endPhase() && err == nil {
		err = i.late()
	}
	out := outcome{err: err, Result: Result{
		Response: b.response, Duration: took, InitDuration: b.initial, MemoryPeak: i.memorySize(),
	}}
	i.served++
	keep := (err == nil || KindOf(err) == KindHandler) && !i.spent() && (!i.v.restores || i.restore()) && i.v.put(i)
	b.result <- out
	b.cancel()
	return keep
}

// spent says whether the instance has served long enough.
func (i *instance) spent() bool {
	return i.v.once || i.exited || i.served >= maxServed || time.Since(i.born) > maxAge ||
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
	ctx, cancel := context.WithTimeout(i.ctx, exitGrace)
	i.phase(ctx, cancel, nil)
}

// close gives back what the instance holds. The guest does not run any more.
func (i *instance) close() {
	i.endPhase()
	i.calls.end()
	i.kill()
	i.nap.Stop()
	i.idle.Stop()
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
	case <-i.now.Done():
		panic(errStopped)
	}
}

// checkTime ends a guest whose time is up.
func (i *instance) checkTime() {
	if i.now.Err() != nil {
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

// unpark takes a place again. A guest whose time ended meanwhile gets none: it is about to be stopped.
func (i *instance) unpark() {
	if !i.place && i.permit {
		i.place = i.v.host.gate.enter(i.now) == nil
		i.placed = time.Now()
	}
}
