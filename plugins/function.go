package plugins

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Isolation says what happens to an instance between two invocations.
type Isolation string

// Values of Isolation.
const (
	IsolationReuse Isolation = "reuse" // the instance serves on, as Lambda's do; the default
	IsolationFresh Isolation = "fresh" // every invocation gets a new instance
	// IsolationRestore puts an instance back after each invocation to how it was before the first one. It is not for loops. An
	// instance whose memory has grown is replaced; those after it begin with as much.
	IsolationRestore Isolation = "restore"
)

// Defaults and limits of a function.
const (
	DefaultMemory  = 128 << 20
	DefaultTimeout = 30 * time.Second
	MaxMemory      = 4<<30 - wasmPage // bytes; a page less than 32 bits can address, see rewrite.YieldSize
	MaxTimeout     = 15 * time.Minute // Lambda's
	MaxModule      = 64 << 20         // bytes of a module
	wasmPage       = 64 << 10
)

// Function is the configuration of one deployed module. Zero values mean the defaults.
type Function struct {
	Name string
	// Path names the file of a module, or of a script in JavaScript or TypeScript if it ends so; who has written a script there
	// has to be trusted, see javascript.Bundle. Wasm is a module itself, and Script JavaScript itself, which can import
	// ScriptFiles, by their names beside its own; both may come from anybody. They go before Path, which may still name the
	// script.
	Path        string
	Wasm        []byte
	Script      []byte
	ScriptFiles map[string][]byte

	Memory         int64         // bytes of linear memory per instance, rounded up to 64 KiB; DefaultMemory
	Timeout        time.Duration // of one invocation; DefaultTimeout
	MaxConcurrency int           // instances; 10
	Environment    map[string]string
	Args           []string // command line after the name
	// Handler names the export that handles events: of an Extism plugin, handle, and of a script, handler, unless it does.
	// What Lambda calls index.handler is handler here.
	Handler     string
	Isolation   Isolation
	IdleTimeout time.Duration // an instance unused for so long is closed; 5 minutes
}

func (f Function) withDefaults() Function {
	f.Memory = (cmp.Or(f.Memory, DefaultMemory) + wasmPage - 1) / wasmPage * wasmPage
	f.Timeout = cmp.Or(f.Timeout, DefaultTimeout)
	f.MaxConcurrency = cmp.Or(f.MaxConcurrency, 10)
	f.Isolation = cmp.Or(f.Isolation, IsolationReuse)
	f.IdleTimeout = cmp.Or(f.IdleTimeout, 5*time.Minute)
	return f
}

func (f Function) validate() error {
	switch {
	case f.Name == "":
		return errors.New("a function needs a name")
	case f.Memory < wasmPage || f.Memory > MaxMemory:
		return fmt.Errorf("memory of %d bytes: it has to be between %d and %d", f.Memory, wasmPage, int64(MaxMemory))
	case f.Timeout < 0 || f.Timeout > MaxTimeout:
		return fmt.Errorf("timeout of %v: it has to be between 0 and %v", f.Timeout, MaxTimeout)
	case f.MaxConcurrency < 0 || f.MaxConcurrency > math.MaxInt16:
		return fmt.Errorf("concurrency of %d: it has to be between 1 and %d", f.MaxConcurrency, math.MaxInt16)
	case f.Isolation != IsolationReuse && f.Isolation != IsolationRestore && f.Isolation != IsolationFresh:
		return fmt.Errorf("isolation %q: it has to be %q, %q or %q", f.Isolation, IsolationReuse, IsolationRestore, IsolationFresh)
	default:
		return nil
	}
}

// same says whether a deployment of g with the same module would change nothing.
func (f Function) same(g Function) bool {
	return f.Memory == g.Memory && f.Timeout == g.Timeout && f.MaxConcurrency == g.MaxConcurrency &&
		f.Isolation == g.Isolation && f.IdleTimeout == g.IdleTimeout && f.Handler == g.Handler &&
		maps.Equal(f.Environment, g.Environment) && slices.Equal(f.Args, g.Args)
}

func checkSize(size int64) error {
	if size > MaxModule {
		return fmt.Errorf("the module has %d bytes; at most %d are allowed", size, MaxModule)
	}
	return nil
}
