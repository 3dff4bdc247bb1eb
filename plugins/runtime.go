package plugins

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Options configure a Runtime. Zero values mean the defaults.
type Options struct {
	// CacheDir keeps compiled machine code from one start to the next. It is made with mode 0700: what is in it is run.
	// Empty means no such cache.
	CacheDir     string
	CacheSize    int64        // bytes CacheDir may have when the runtime begins; 2 GiB
	Logger       *slog.Logger // of guests and of the runtime; slog.Default()
	MemoryBudget int64        // bytes for all guests together, of their memories and of what they have asked the host; 2 GiB
	// MaxRunning is how many guests compute at the same time; those that are idle, sleep or wait for the host are not
	// counted. The default is twice the cores, but less than GOMAXPROCS: when guests keep all processors of the Go
	// scheduler busy, it looks at the network every 10 ms only. A process that serves the network should raise GOMAXPROCS
	// above the number of cores, and so leave it to the operating system who computes.
	MaxRunning  int
	InitTimeout time.Duration // for a guest to get ready for its first event; 10 s, as on Lambda
	Services    HostServices  // what guests can ask of the host; nil denies everything
	// CompileWorkers is how many goroutines compile a module. With one, the default, a module that makes the compiler panic
	// fails to deploy; with more it would end the process, so raise it only for modules you trust.
	CompileWorkers int

	checks checks // how guests are stopped; tests and benchmarks change it
}

func (o Options) withDefaults() Options {
	o.Logger = cmp.Or(o.Logger, slog.Default())
	o.CacheSize = cmp.Or(o.CacheSize, 2<<30)
	o.MemoryBudget = cmp.Or(o.MemoryBudget, 2<<30)
	o.MaxRunning = cmp.Or(o.MaxRunning, max(1, min(2*runtime.NumCPU(), runtime.GOMAXPROCS(0)-1)))
	o.InitTimeout = cmp.Or(o.InitTimeout, 10*time.Second)
	if o.Services == nil {
		o.Services = noServices{}
	}
	return o
}

// checks is how a guest can be stopped.
type checks int

const (
	checksRewritten checks = iota // by the stop flag of package rewrite
	checksWazero                  // by wazero, at every turn of a loop
	checksNone                    // not at all
)

// Runtime holds the deployed functions and runs them. Its methods may be called from many goroutines.
type Runtime struct {
	options   Options
	root      context.Context //nolint:containedctx // of everything that outlives a call
	gate      *gate
	halted    atomic.Bool // Close does not wait any more
	memory    *budget
	services  HostServices
	cache     moduleCache
	compiling chan struct{} // one module at a time

	mu        sync.Mutex
	functions map[string]*function
	versions  map[*version]struct{} // not closed yet
	closed    bool
}

// function is a name and what is deployed under it.
type function struct {
	deploying chan struct{} // one deployment at a time
	current   atomic.Pointer[version]
	counters  counters
}

// New makes a runtime without functions. ctx gives its values to everything the runtime does, but not its end: that is
// Close.
func New(ctx context.Context, options Options) (*Runtime, error) {
	o := options.withDefaults()
	cache, err := openModuleCache(o.CacheDir, o.CacheSize)
	if err != nil {
		return nil, err
	}
	return &Runtime{
		options: o, root: context.WithoutCancel(ctx), gate: newGate(o.MaxRunning), memory: newBudget(o.MemoryBudget),
		services: o.Services, cache: cache, compiling: make(chan struct{}, 1),
		functions: map[string]*function{}, versions: map[*version]struct{}{},
	}, nil
}

// Invoke runs a function once. It waits for room, at most until ctx or the invocation's deadline ends, and returns when
// the guest is done, failed or out of time. A failed invocation's error is a *TrapError, *TimeoutError, *ContractError,
// *HandlerError, *ThrottledError, *CanceledError, ErrNotFound or ErrClosed; KindOf sorts them. The response is not
// checked: abi.ParseResponse does that.
func (r *Runtime) Invoke(ctx context.Context, name string, inv Invocation) (Result, error) {
	f, v, err := r.choose(name)
	if err != nil {
		return Result{}, err
	}
	defer v.unuse()
	if len(inv.Event) > abi.MaxEvent {
		err = &ContractError{
			Function: name, Problem: fmt.Sprintf("an event of %d bytes; at most %d are allowed", len(inv.Event), abi.MaxEvent),
		}
		f.counters.count(Result{}, err)
		return Result{}, err
	}
	result, err := v.invoke(ctx, inv)
	f.counters.count(result, err)
	return result, err
}

// choose returns the version of a function that is deployed now, in use.
func (r *Runtime) choose(name string) (*function, *version, error) {
	for {
		r.mu.Lock()
		f, closed := r.functions[name], r.closed
		r.mu.Unlock()
		if closed {
			return nil, nil, ErrClosed
		}
		if f == nil {
			return nil, nil, fmt.Errorf("%w: %q", ErrNotFound, name)
		}
		v := f.current.Load()
		if v == nil {
			return nil, nil, fmt.Errorf("%w: %q", ErrNotFound, name)
		}
		if v.use() { // else a new version has just come
			return f, v, nil
		}
	}
}

// Remove takes a function away. What runs, ends by itself.
func (r *Runtime) Remove(name string) error {
	r.mu.Lock()
	f := r.functions[name]
	r.mu.Unlock()
	if f != nil {
		if v := f.current.Swap(nil); v != nil {
			v.retire()
			return nil
		}
	}
	return fmt.Errorf("%w: %q", ErrNotFound, name)
}

// function returns the entry of a name, which stays when the function is removed.
func (r *Runtime) function(name string) (*function, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	f := r.functions[name]
	if f == nil {
		f = &function{deploying: make(chan struct{}, 1)}
		r.functions[name] = f
	}
	return f, nil
}

// adopt makes a new version one of those that Close waits for.
func (r *Runtime) adopt(v *version) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	r.versions[v] = struct{}{}
	return nil
}

// swap puts a version into service in place of the one before.
func (r *Runtime) swap(f *function, v *version) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return ErrClosed
	}
	old := f.current.Swap(v)
	r.mu.Unlock()
	if old != nil {
		old.retire()
	}
	return nil
}

// forget is the end of a version.
func (r *Runtime) forget(v *version) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.versions, v)
}

// trim closes idle instances, because there is no memory for another one.
func (r *Runtime) trim() {
	for _, v := range r.open() {
		v.dismiss()
	}
}

// open returns the versions that are not closed.
func (r *Runtime) open() []*version {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*version, 0, len(r.versions))
	for v := range r.versions {
		all = append(all, v)
	}
	return all
}

// Close takes no more invocations and waits for those that run. When ctx ends it stops them. It fails if a guest is left
// that cannot be stopped.
func (r *Runtime) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	open := r.open()
	for _, v := range open {
		v.retire()
	}
	if join(ctx, open) {
		return nil
	}
	r.halted.Store(true)
	for _, v := range open {
		v.kill()
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonAfter)
	defer cancel()
	if join(grace, open) {
		return nil
	}
	return errors.New("close the plugin runtime: a guest does not stop")
}

// join waits until versions are closed.
func join(ctx context.Context, versions []*version) bool {
	for _, v := range versions {
		select {
		case <-v.closed:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
