package plugins

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/queuelet/queuelet/plugins/rewrite"
)

// Version says what is deployed.
type Version struct {
	Function string
	Hash     string // SHA-256 of the module, or of the script with what it imports, in hexadecimal
	Deployed time.Time
	Changed  bool // false if the same was deployed already
}

// Deploy puts a function into service. The module is checked, compiled and started once before it takes the place of the
// version before, so a module that does not work changes nothing; its *DeployError says why. The version before finishes
// what it is doing and ends.
func (r *Runtime) Deploy(ctx context.Context, config Function) (Version, error) {
	config = config.withDefaults()
	version, err := r.deploy(ctx, config)
	if err != nil {
		var deploy *DeployError
		if errors.As(err, &deploy) || errors.Is(err, ErrClosed) {
			return Version{}, err
		}
		return Version{}, &DeployError{Function: config.Name, Err: err}
	}
	return version, nil
}

func (r *Runtime) deploy(ctx context.Context, config Function) (Version, error) {
	if err := config.validate(); err != nil {
		return Version{}, err
	}
	code, err := config.load()
	if err != nil {
		return Version{}, err
	}
	config.Wasm, config.Script, config.ScriptFiles = nil, nil, nil
	f, err := r.function(config.Name)
	if err != nil {
		return Version{}, err
	}
	if err := enter(ctx, f.deploying); err != nil {
		return Version{}, err
	}
	defer func() { <-f.deploying }()
	if v := f.current.Load(); v != nil && v.hash == code.hash && v.config.same(config) {
		return Version{Function: config.Name, Hash: v.hash, Deployed: v.deployed}, nil
	}
	v, err := r.prepare(ctx, config, code)
	if err != nil {
		return Version{}, err
	}
	if err := r.swap(f, v); err != nil {
		v.retire()
		return Version{}, err
	}
	return Version{Function: config.Name, Hash: v.hash, Deployed: v.deployed, Changed: true}, nil
}

func enter(ctx context.Context, place chan struct{}) error {
	select {
	case place <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for another deployment: %w", context.Cause(ctx))
	}
}

// prepare makes a version that is ready to serve, with one instance.
func (r *Runtime) prepare(ctx context.Context, config Function, code code) (*version, error) {
	v := &version{
		host: r, config: config, hash: code.hash, script: code.script, logger: r.options.Logger.With("function", config.Name),
		permits: make(chan struct{}, config.MaxConcurrency), living: map[*instance]struct{}{},
		closed: make(chan struct{}), deployed: time.Now(),
	}
	if err := r.build(ctx, v, code); err != nil {
		return nil, err
	}
	v.users++
	defer v.unuse()
	if err := r.adopt(v); err != nil {
		v.retire()
		return nil, err
	}
	if err := v.try(ctx); err != nil {
		v.retire()
		return nil, err
	}
	return v, nil
}

// Features are the parts of WebAssembly that guests may use: the second version of the standard, tail calls and extended
// constant expressions. Threads would let a guest wait for ever without the host knowing, and exceptions would let it
// allocate outside of its memory: wazero copies the whole stack for every try block that is entered.
const Features = api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall | experimental.CoreFeaturesExtendedConst

// build checks and compiles the module, one at a time in the process.
func (r *Runtime) build(ctx context.Context, v *version, code code) error {
	if err := enter(ctx, r.compiling); err != nil {
		return err
	}
	defer func() { <-r.compiling }()
	module, err := rewrite.Parse(code.wasm)
	if err != nil {
		return refused(v.config.Name, err)
	}
	v.kind = kindOfModule(module)
	if v.script != nil {
		v.kind = ModuleJavaScript
	}
	entry := r.cache.entry(code.compiled())
	err = r.assemble(ctx, v, module, entry)
	if err == nil || entry.dir == "" || KindOf(err) == KindDeploy {
		return err
	}
	if err := entry.drop(); err != nil { // it may be broken
		return err
	}
	return r.assemble(ctx, v, module, entry)
}

// assemble makes the version's runtime with the compiled module in it.
func (r *Runtime) assemble(ctx context.Context, v *version, module *rewrite.Module, entry cacheEntry) (err error) {
	wasm := entry.stoppable()
	if wasm == nil || r.options.checks != checksRewritten {
		if wasm, v.checks, err = makeStoppable(module, r.options.checks); err != nil {
			return refused(v.config.Name, err)
		}
		if v.checks == checksRewritten {
			if err := entry.keep(wasm); err != nil {
				return err
			}
		}
	}
	if v.cache, err = openCompilationCache(entry.dir); err != nil {
		return err
	}
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(Features).WithDebugInfoEnabled(false).WithCompilationCache(v.cache)
	if v.checks != checksRewritten { // else the memory limit is the allocator's, which wants to be asked
		config = config.WithMemoryLimitPages(uint32(v.config.Memory / wasmPage)).
			WithCloseOnContextDone(v.checks == checksWazero)
	}
	v.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	defer func() {
		if err != nil {
			err = errors.Join(err, v.runtime.Close(r.root), v.cache.Close(r.root))
		}
	}()
	known, err := defineHost(ctx, v.runtime, v.kind, module)
	if err != nil {
		return err
	}
	if err := v.check(module, known); err != nil {
		return err
	}
	v.compiled, err = r.compile(ctx, v.runtime, wasm)
	return err
}

// makeStoppable rewrites a module, unless other checks are wanted or it has instructions that cannot be rewritten.
func makeStoppable(module *rewrite.Module, want checks) ([]byte, checks, error) {
	if want != checksRewritten {
		return module.Plain(), want, nil
	}
	wasm, err := module.Stoppable()
	var refusal *rewrite.Error
	if errors.As(err, &refusal) && refusal.Code == rewrite.Unsupported {
		return module.Plain(), checksWazero, nil
	}
	return wasm, checksRewritten, err
}

// compile makes machine code. A panic of the compiler is an error.
func (r *Runtime) compile(ctx context.Context, in wazero.Runtime, wasm []byte) (_ wazero.CompiledModule, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("compile: the compiler panicked: %v", cause)
		}
	}()
	compiled, err := in.CompileModule(experimental.WithCompilationWorkers(ctx, r.options.CompileWorkers), wasm)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	return compiled, nil
}

func openCompilationCache(dir string) (wazero.CompilationCache, error) {
	if dir == "" {
		return wazero.NewCompilationCache(), nil
	}
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open the compile cache: %w", err)
	}
	return cache, nil
}
