package plugins

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/queuelet/queuelet/plugins/flow"
	"github.com/queuelet/queuelet/plugins/javascript"
)

// version is one deployed module with its configuration and its instances. It has a wazero runtime of its own: limits and
// host modules are the version's, and closing the runtime frees all of it.
type version struct {
	host   *Runtime
	config Function
	hash   string
	logger *slog.Logger
	kind   ModuleKind
	script *javascript.Script // nil for modules
	entry  entry
	once   bool // an instance serves one invocation
	// restores says that an instance is put back after each invocation, and warm how many bytes of memory instances have
	// come to need.
	restores bool
	warm     atomic.Int64
	checks   checks

	cache    wazero.CompilationCache
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	least    int64 // bytes of memory the module starts with
	most     int64 // bytes it can grow to
	deployed time.Time

	permits chan struct{} // one for each instance that works, starts or ends

	mu      sync.Mutex
	idle    []*instance // last in, first out: the others grow old and are closed
	living  map[*instance]struct{}
	users   int // invocations that have chosen this version
	retired bool
	closed  chan struct{} // closed when it is retired and nothing of it is left
}

// use keeps the version open until done; it fails if the version is retired.
func (v *version) use() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.retired {
		return false
	}
	v.users++
	return true
}

func (v *version) unuse() {
	v.mu.Lock()
	v.users--
	last := v.over()
	v.mu.Unlock()
	if last {
		v.free()
	}
}

// invoke runs one invocation on an instance. The version is in use.
func (v *version) invoke(ctx context.Context, inv Invocation) (Result, error) {
	i, initial, err := v.acquireFor(ctx, &inv)
	if err != nil {
		return Result{}, err
	}
	b := newBatch(ctx, inv, v.config.Timeout)
	b.initial = initial
	var done bool
	if inv.Flow == nil {
		given := make(chan struct{})
		flow.Go(func(f *flow.Flow) {
			defer close(given)
			done = give(f, i, b)
		})
		<-given
	} else {
		done = give(inv.Flow, i, b)
	}
	if !done {
		return v.abandon(b)
	}
	return b.outcome.Result, b.outcome.err
}

// give lets an instance work on a batch. It returns false if the guest had to be given up.
func give(f *flow.Flow, i *instance, b *batch) bool {
	return f.Do(&b.call, func() { i.serve(b) })
}

// abandon goes on without a guest that cannot be stopped.
func (v *version) abandon(b *batch) (Result, error) {
	b.release()
	err := lateError(b.late, v.config.Name, b.Deadline.Sub(b.began))
	if timeout, ok := errors.AsType[*TimeoutError](err); ok {
		timeout.Abandoned = true
	}
	v.logger.Error("a guest does not stop; its instance is abandoned", "request_id", b.RequestID)
	return Result{Duration: time.Since(b.began)}, err
}

// acquireFor is acquire for an invocation, whose deadline costs something only if there is something to wait for.
func (v *version) acquireFor(ctx context.Context, inv *Invocation) (*instance, time.Duration, error) {
	if i := v.acquireIdle(); i != nil {
		return i, 0, nil
	}
	if inv.Within != nil {
		ctx = inv.Within(ctx)
	}
	if !inv.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, inv.Deadline)
		defer cancel()
	}
	return v.acquire(ctx)
}

// acquireIdle is acquire when there is nothing to wait for, and returns nil otherwise.
func (v *version) acquireIdle() *instance {
	select {
	case v.permits <- struct{}{}:
	default:
		return nil
	}
	if v.host.halted.Load() || !v.host.gate.tryEnter() {
		<-v.permits
		return nil
	}
	i := v.take()
	if i == nil {
		v.host.gate.leave()
		<-v.permits
		return nil
	}
	i.place = true
	return i
}

// acquire returns an instance that is ready for a batch, with a permit and a place among the running guests, and how long
// it took to make if it is new.
func (v *version) acquire(ctx context.Context) (*instance, time.Duration, error) {
	select {
	case v.permits <- struct{}{}:
	case <-ctx.Done():
		return nil, 0, v.throttled(ctx, fmt.Sprintf("all of its %d instances are busy", cap(v.permits)))
	}
	if i := v.take(); i != nil {
		if err := v.enter(ctx); err != nil {
			v.giveBack(i)
			return nil, 0, err
		}
		i.place = true
		return i, 0, nil
	}
	// Memory comes before the place: those who have memory may need the place to give it back.
	began := time.Now()
	start, cancel := context.WithTimeout(ctx, v.host.options.InitTimeout)
	defer cancel()
	memory, err := newMemory(start, v.host.memory, v.least, v.most, v.config.Memory, v.host.trim)
	if err != nil {
		<-v.permits
		return nil, 0, v.throttled(start, err.Error())
	}
	if err := v.enter(start); err != nil {
		memory.Free()
		<-v.permits
		return nil, 0, err
	}
	i, err := v.spawn(start, memory)
	return i, time.Since(began), err
}

// enter waits for a place among the running guests.
func (v *version) enter(ctx context.Context) error {
	if err := v.host.gate.enter(ctx); err != nil {
		return v.throttled(ctx, fmt.Sprintf("%d guests are running already", v.host.gate.size()))
	}
	if v.host.halted.Load() {
		v.host.gate.leave()
		return ErrClosed
	}
	return nil
}

// giveBack makes an instance idle again, or ends it.
func (v *version) giveBack(i *instance) {
	if !v.put(i) {
		go i.end()
	}
}

func (v *version) throttled(ctx context.Context, reason string) error {
	if err := context.Cause(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return &CanceledError{Function: v.config.Name, Err: err}
	}
	return &ThrottledError{Function: v.config.Name, Reason: reason}
}

// take returns the instance that was used last, with the caller's permit, or nil.
func (v *version) take() *instance {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.idle) == 0 {
		return nil
	}
	i := v.idle[len(v.idle)-1]
	v.idle = v.idle[:len(v.idle)-1]
	i.permit = true
	return i
}

// spawn makes an instance and waits until it is ready, or start ends. The caller's permit and place pass to the instance.
func (v *version) spawn(start context.Context, memory *memory) (*instance, error) {
	began := time.Now()
	i := newInstance(v, memory)
	i.permit, i.place = true, true
	v.mu.Lock()
	v.living[i] = struct{}{}
	v.mu.Unlock()
	ready, orphan := make(chan error), make(chan struct{})
	go func() {
		err := i.live(start)
		select {
		case ready <- err:
		case <-orphan:
			if err == nil {
				i.end()
			}
		}
	}()
	select {
	case err := <-ready:
		return i, err
	case <-start.Done():
	}
	late := time.NewTimer(abandonAfter)
	defer late.Stop()
	select {
	case err := <-ready:
		return i, err
	case <-late.C:
		close(orphan)
		v.logger.Error("a guest does not stop in its initialization; its instance is abandoned")
		return nil, &TimeoutError{Function: v.config.Name, After: time.Since(began), Abandoned: true}
	}
}

// try makes a first instance, and keeps it.
func (v *version) try(ctx context.Context) error {
	i, _, err := v.acquire(ctx)
	if err != nil {
		return err
	}
	v.giveBack(i)
	return nil
}

// put makes a working instance idle; it fails if the version is retired.
func (v *version) put(i *instance) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.retired {
		return false
	}
	v.idle = append(v.idle, i)
	if i.idle == nil {
		i.idle = time.AfterFunc(v.config.IdleTimeout, func() {
			if v.outlived(i) {
				i.end()
			}
		})
	}
	v.letGo(i)
	return true
}

// letGo gives back what the instance holds.
func (v *version) letGo(i *instance) {
	if i.place {
		v.host.gate.leave()
	}
	if i.permit {
		<-v.permits
	}
	i.permit, i.place = false, false
}

// outlived takes an instance out of the idle ones if it has been there for long, or else looks again later.
func (v *version) outlived(i *instance) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	at := slices.Index(v.idle, i)
	left := v.config.IdleTimeout
	if at >= 0 {
		left -= time.Since(i.rested)
	}
	switch _, living := v.living[i]; {
	case !living:
	case left > 0:
		i.idle.Reset(left)
	case at >= 0:
		v.idle = slices.Delete(v.idle, at, at+1)
		return true
	}
	return false
}

// dismiss ends all idle instances.
func (v *version) dismiss() {
	v.mu.Lock()
	idle := v.idle
	v.idle = nil
	v.mu.Unlock()
	for _, i := range idle {
		go i.end()
	}
}

// ended is the last thing an instance does.
func (v *version) ended(i *instance) {
	v.mu.Lock()
	v.letGo(i)
	delete(v.living, i)
	if i.idle != nil {
		i.idle.Stop()
	}
	last := v.over()
	v.mu.Unlock()
	if last {
		v.free()
	}
}

// retire lets the version end: idle instances now, busy ones when they are done.
func (v *version) retire() {
	v.mu.Lock()
	already := v.retired
	v.retired = true
	last := !already && v.over()
	v.mu.Unlock()
	v.dismiss()
	if last {
		v.free()
	}
}

// kill stops what the version's guests are doing.
func (v *version) kill() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.living {
		i.watch.kill()
	}
}

// over says that nothing of the retired version is left, once. mu is held.
func (v *version) over() bool {
	return v.retired && v.users == 0 && len(v.living) == 0
}

// free closes the runtime. Nothing of the version runs.
func (v *version) free() {
	defer close(v.closed)
	defer v.host.forget(v)
	ctx := v.host.root
	if err := errors.Join(v.runtime.Close(ctx), v.cache.Close(ctx)); err != nil {
		v.logger.Warn("closing a version failed", "error", err)
	}
}
