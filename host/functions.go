package host

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/plugins"
)

// compileCache is the folder inside the data directory that keeps compiled functions.
const compileCache = "wasm-cache"

// startFunctions deploys the configured functions.
func (h *Host) startFunctions(ctx context.Context) (stopFunc, error) {
	c := h.Config()
	runtime, err := plugins.New(ctx, plugins.Options{
		CacheDir: filepath.Join(c.Storage.Dir, compileCache),
		Logger:   h.log.With("component", "function"),
	})
	if err != nil {
		return nil, err
	}
	h.functions, h.invoker = runtime, newInvoker(runtime)
	h.metrics.registry.MustRegister(functionCollector{runtime})
	for _, f := range c.Functions {
		if err := h.deploy(ctx, f); err != nil {
			_ = runtime.Close(ctx) // the deployment's error says more
			return nil, err
		}
	}
	return runtime.Close, nil
}

// deploy puts a function into service, or does nothing when that very function is.
func (h *Host) deploy(ctx context.Context, f config.Function) error {
	began := time.Now()
	version, err := h.functions.Deploy(ctx, plugins.Function{
		Name:           f.Name,
		Path:           f.Path,
		Memory:         int64(f.Memory),
		Timeout:        f.Timeout,
		MaxConcurrency: f.MaximumConcurrency,
		Environment:    f.Environment,
	})
	if err != nil {
		return fmt.Errorf("deploy function %q: %w", f.Name, err)
	}
	h.invoker.deployed(f.Name, f.Timeout)
	if version.Changed {
		h.log.InfoContext(ctx, "function is deployed", "function", f.Name, "hash", version.Hash[:12],
			"took", time.Since(began).Round(time.Millisecond))
	}
	return nil
}
