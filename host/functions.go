package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/plugins"
)

// compileCache is the folder inside the data directory that keeps compiled functions.
const compileCache = "wasm-cache"

// startFunctions opens the runtime, and sees that the modules are there.
func (h *Host) startFunctions(ctx context.Context) (stopFunc, error) {
	c := h.Config()
	runtime, err := plugins.New(ctx, plugins.Options{
		CacheDir: cmp.Or(h.options.CompileCache, filepath.Join(c.Storage.Dir, compileCache)),
		Logger:   h.log.With("component", "function"),
		Services: services{h.operations},
	})
	if err != nil {
		return nil, err
	}
	h.functions, h.invoker = runtime, newInvoker(runtime, h.operations, h.metrics)
	h.metrics.registry.MustRegister(functionCollector{runtime})
	for _, f := range c.Functions {
		if _, err := os.Stat(f.Path); err != nil {
			return nil, fmt.Errorf("find the module of function %q: %w", f.Name, errors.Join(err, runtime.Close(ctx)))
		}
	}
	return runtime.Close, nil
}

// startDeployment puts the configured functions into service. That can take seconds for
// each that was never compiled here, and the queues are served meanwhile. A mapping begins
// when its function is there.
func (h *Host) startDeployment(ctx context.Context) (stopFunc, error) {
	deploying, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	following := h.background("following deployments", func() error { return h.deployments.Run(deploying) })
	go func() {
		defer close(done)
		h.deployAll(deploying)
		h.deployments.Restore(deploying)
		close(h.deployed)
	}()
	return func(ctx context.Context) error {
		cancel()
		select {
		case <-done:
		case <-ctx.Done(): // a module that is being compiled, which nothing can stop
		}
		return <-following
	}, nil
}

// deployAll deploys one function after the other and begins its mappings. One that cannot
// be deployed keeps its messages waiting until its module is replaced; all else goes on.
func (h *Host) deployAll(ctx context.Context) {
	h.reloading.Lock()
	defer h.reloading.Unlock()
	c := h.Config()
	for _, f := range c.Functions {
		err := h.deploy(ctx, f)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			h.log.ErrorContext(ctx, "function is not in service: its messages wait until its module is replaced", "error", err)
			continue
		}
		h.apply(h.deployedMappings(c.Mappings))
	}
	h.apply(c.Mappings)
}

// deployedMappings are the mappings whose functions are in service.
func (h *Host) deployedMappings(all []config.Mapping) []config.Mapping {
	return slices.DeleteFunc(slices.Clone(all), func(m config.Mapping) bool {
		_, deployed := h.invoker.Timeout(m.Function)
		return !deployed
	})
}

// apply begins mappings that were checked when the configuration was read.
func (h *Host) apply(configured []config.Mapping) {
	if err := h.applyMappings(configured); err != nil {
		h.fail(err)
	}
}

// deploy puts a function into service, or does nothing when that very function is.
func (h *Host) deploy(ctx context.Context, f config.Function) error {
	// Granted first: a guest may read its configuration while it gets ready.
	if err := h.grant(f); err != nil {
		return err
	}
	err := h.putIntoService(ctx, plugins.Function{
		Name:           f.Name,
		Path:           f.Path,
		Handler:        f.Handler,
		Memory:         int64(f.Memory),
		Timeout:        f.Timeout,
		MaxConcurrency: f.MaximumConcurrency,
		Environment:    f.Environment,
		Isolation:      plugins.Isolation(f.Isolation),
	})
	if err != nil {
		return fmt.Errorf("deploy function %q: %w", f.Name, err)
	}
	h.invoker.deployed(f.Name, f.Timeout)
	return nil
}

// putIntoService gives a function to the runtime, and says so in the log if that changes anything.
func (h *Host) putIntoService(ctx context.Context, f plugins.Function) error {
	began := time.Now()
	version, err := h.functions.Deploy(ctx, f)
	if err == nil && version.Changed {
		h.log.InfoContext(ctx, "function is deployed", "function", f.Name, "hash", version.Hash[:12],
			"took", time.Since(began).Round(time.Millisecond))
	}
	return err
}
