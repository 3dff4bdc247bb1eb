package rewrite_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/queuelet/queuelet/plugins/rewrite"
)

const features = api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall | experimental.CoreFeaturesExtendedConst

var errStopped = errors.New("stopped")

// memory is a slice that grows to a limit, and stops its guest when told to.
type memory struct {
	b     []byte
	most  uint64
	stop  atomic.Bool
	asked int // how often the guest has left for Go
}

func (m *memory) Allocate(_, _ uint64) experimental.LinearMemory { return m }

func (m *memory) Reallocate(size uint64) []byte {
	switch {
	case size == rewrite.YieldSize:
		m.asked++
		if m.stop.Load() {
			panic(errStopped)
		}
		if m.asked%32 == 0 {
			runtime.Gosched()
		}
		return nil
	case size > m.most:
		return nil
	}
	m.b = append(m.b, make([]byte, size-uint64(len(m.b)))...)
	return m.b
}

func (m *memory) Free() {}

// newMemory is a memory with the limit of a module.
func newMemory(m *rewrite.Module) *memory {
	const most = 1 << 16 // pages
	limit := uint64(most - 1)
	if m.Memory != nil && m.Memory.Limited {
		limit = min(limit, uint64(m.Memory.Max))
	}
	return &memory{most: limit << 16}
}

// guest is a stoppable module that has been instantiated.
type guest struct {
	api.Module

	memory *memory
}

func instantiate(tb testing.TB, wasm []byte) guest {
	tb.Helper()
	m, err := rewrite.Parse(wasm)
	if err != nil {
		tb.Fatal(err)
	}
	out, err := m.Stoppable()
	if err != nil {
		tb.Fatal(err)
	}
	g := guest{memory: newMemory(m)}
	ctx := experimental.WithMemoryAllocator(context.Background(), g.memory)
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(features).WithDebugInfoEnabled(false))
	tb.Cleanup(func() { _ = r.Close(ctx) })
	g.Module, err = r.InstantiateWithConfig(ctx, out, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		tb.Fatal(err)
	}
	return g
}
