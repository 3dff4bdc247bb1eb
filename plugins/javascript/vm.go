package javascript

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// Host is what a script reaches of the process.
type Host interface {
	// Check panics if the script has to end.
	Check()
	// Log logs a line; levels go from 0, trace, to 4, error.
	Log(level int, text []byte)
	// Start begins a host operation whose end is told with VM.Settle. It answers a handle, or a negative errno.
	Start(operation string, header, body []byte) int32
	// Random fills p with random bytes.
	Random(p []byte)
}

// Outcome is what a script has said about what it was asked to do.
type Outcome struct {
	Settled bool
	Failed  bool
	Crashed bool   // it failed over an error that nobody has caught: the script is not to go on
	Text    []byte // the response, or the failure as Lambda's error object, cut off after the VM's limit
}

// VM is one engine with a script in it. It may be used by one goroutine at a time. Errors of its methods are those of the
// calls into the engine, after which the VM is of no use, and *ScriptError.
type VM struct {
	host    Host
	limit   int // bytes of an outcome's text
	request int // bytes of a request to the host
	mod     api.Module
	f       functions

	depth   int          // 0 outside of the engine, 1 in it, 2 in a function that the host calls while it is called
	stacks  [2][6]uint64 // by depth
	argv    uint32       // room for four arguments and a length
	outcome Outcome
	script  Script

	rejections map[uint32]rejection // without a handler, by the address of the promise
	rejected   int                  // so far

	undefined uint32 // handles: addresses of values
	adopt     uint32
	invoke    uint32
	due       uint32
	settle    uint32
	stuck     uint32
	explain   uint32
	unhandled uint32
	crash     uint32
}

// ScriptError says that a script could not be evaluated.
type ScriptError struct{ Message string }

func (e *ScriptError) Error() string { return e.Message }

var errNoMemory = errors.New("the engine is out of memory")

const (
	maxArguments = 4
	// stackSize is half of the engine's stack, so that a script that calls itself without end gets a RangeError before the stack
	// ends.
	stackSize = 512 << 10
)

// NewVM makes a VM of an instance of the engine, whose _initialize has not been called yet. An outcome has at most limit
// bytes of text, and the header and body of an operation at most request bytes each; all have one more if they were longer.
func NewVM(mod api.Module, host Host, limit, request int) *VM {
	return &VM{
		host: host, limit: limit, request: request, mod: mod, f: findFunctions(mod), rejections: map[uint32]rejection{},
	}
}

// Start gets the engine ready and evaluates a script; Run and Settle drive it until its outcome says whether it has the
// handler.
func (v *VM) Start(ctx context.Context, script Script, handler string, environment map[string]string) error {
	if _, err := v.call(ctx, v.f.initialize); err != nil {
		return err
	}
	if failed, err := v.call(ctx, v.f.start); err != nil || failed != 0 {
		return errors.Join(err, errNoMemory)
	}
	argv, err := v.call(ctx, v.f.malloc, 4*(maxArguments+1))
	if err != nil || argv == 0 {
		return errors.Join(err, errNoMemory)
	}
	v.argv = uint32(argv)
	undefined, err := v.call(ctx, v.f.undefined)
	if err != nil {
		return err
	}
	v.undefined = uint32(undefined)
	if _, err := v.call(ctx, v.f.limitStack, stackSize); err != nil {
		return err
	}
	for _, enable := range []api.Function{v.f.setLoader, v.f.setRejections} {
		if _, err := v.call(ctx, enable, 1); err != nil {
			return err
		}
	}
	v.script = script
	if err := v.prepare(ctx, environment); err != nil {
		return err
	}
	return v.load(ctx, handler)
}

// prepare evaluates the prelude.
func (v *VM) prepare(ctx context.Context, environment map[string]string) error {
	config, err := json.Marshal(map[string]any{"environment": environment})
	if err != nil {
		return fmt.Errorf("write the environment: %w", err)
	}
	world, err := v.evaluatePrelude(ctx)
	if err != nil {
		return err
	}
	host, err := v.hostFunction(ctx)
	if err != nil {
		return err
	}
	text, err := v.text(ctx, config)
	if err != nil {
		return err
	}
	object, err := v.apply(ctx, world, host, text)
	if err != nil {
		return err
	}
	for name, at := range map[string]*uint32{
		"adopt": &v.adopt, "invoke": &v.invoke, "due": &v.due, "settle": &v.settle, "stuck": &v.stuck, "explain": &v.explain,
		"unhandled": &v.unhandled, "crash": &v.crash,
	} {
		if *at, err = v.property(ctx, object, name); err != nil {
			return err
		}
	}
	return v.drop(ctx, world, host, text, object)
}

// load evaluates the script, as a module.
func (v *VM) load(ctx context.Context, handler string) error {
	const module = 1
	promise, err := v.evaluate(ctx, v.f.eval, v.script.evaluated(), v.script.Source, module)
	if err != nil {
		return err
	}
	name, err := v.text(ctx, []byte(handler))
	if err != nil {
		return err
	}
	v.outcome = Outcome{}
	if err := v.do(ctx, v.adopt, promise, name); err != nil {
		return err
	}
	return v.drop(ctx, promise, name)
}

// Invoke calls the handler. fill writes the event, which has size bytes; about is abi.Invocation as JSON.
func (v *VM) Invoke(ctx context.Context, size int, fill func([]byte), about []byte) error {
	event, err := v.textOf(ctx, size, fill)
	if err != nil {
		return err
	}
	info, err := v.text(ctx, about)
	if err != nil {
		return err
	}
	v.outcome = Outcome{}
	if err := v.do(ctx, v.invoke, event, info); err != nil {
		return err
	}
	return v.drop(ctx, event, info)
}

// Outcome is what has come of Start or Invoke so far.
func (v *VM) Outcome() Outcome { return v.outcome }

// Run runs what is ready: jobs of promises, and timers that are due, until the outcome is known. Jobs that are left then are
// run too: one may fail the invocation. It returns how long until the next timer, or a
// negative duration if there is none.
func (v *VM) Run(ctx context.Context) (time.Duration, error) {
	for {
		if err := v.jobs(ctx); err != nil {
			return -1, err
		}
		if err := v.settleRejections(ctx); err != nil || v.outcome.Settled {
			return -1, err
		}
		value, err := v.apply(ctx, v.due)
		if err != nil {
			return -1, err
		}
		bits, err := v.call(ctx, v.f.float, uint64(value))
		if err != nil {
			return -1, err
		}
		if err := v.drop(ctx, value); err != nil {
			return -1, err
		}
		switch ms := api.DecodeF64(bits); {
		case ms < 0:
			return -1, nil
		case ms > 0:
			return time.Duration(min(ms, math.MaxInt32) * float64(time.Millisecond)), nil
		}
	}
}

func (v *VM) jobs(ctx context.Context) error {
	for {
		pending, err := v.call(ctx, v.f.jobPending)
		if err != nil || pending == 0 {
			return err
		}
		done, err := v.call(ctx, v.f.job)
		if err != nil {
			return err
		}
		if api.DecodeI32(done) < 0 {
			exception, err := v.call(ctx, v.f.exception)
			if err != nil {
				return err
			}
			if err := errors.Join(v.do(ctx, v.crash, uint32(exception)), v.drop(ctx, uint32(exception))); err != nil {
				return err
			}
		}
	}
}

// Settle tells the script that an operation has ended.
func (v *VM) Settle(ctx context.Context, handle, errno int32, header, body []byte) error {
	h, err := v.number(ctx, float64(handle))
	if err != nil {
		return err
	}
	e, err := v.number(ctx, float64(errno))
	if err != nil {
		return err
	}
	text, err := v.text(ctx, header)
	if err != nil {
		return err
	}
	bytes, err := v.buffer(ctx, body)
	if err != nil {
		return err
	}
	if err := v.do(ctx, v.settle, h, e, text, bytes); err != nil {
		return err
	}
	return v.drop(ctx, h, e, text, bytes)
}

// Stuck makes the invocation fail because nothing is left that could end it.
func (v *VM) Stuck(ctx context.Context) error { return v.do(ctx, v.stuck) }
