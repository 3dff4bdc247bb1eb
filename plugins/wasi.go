package plugins

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// Numbers of WASI preview 1.
//
// Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
const (
	wasiSuccess = 0
	wasiBadf    = 8
	wasiFault   = 21
	wasiInval   = 28
	wasiNotsup  = 58
)

// exportWASI defines WASI preview 1: wazero's, but for what could keep a guest from ending at its deadline (poll_oneoff),
// make the host allocate without end (fd_renumber to a huge descriptor) or make wazero panic (fd_filestat_set_times of
// standard input).
func exportWASI(builder wazero.HostModuleBuilder) {
	i32, i64 := api.ValueTypeI32, api.ValueTypeI64
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(builder)
	for _, f := range []hostFunction{
		{"poll_oneoff", pollOneoff, []api.ValueType{i32, i32, i32, i32}, []api.ValueType{i32}},
		{"fd_renumber", noFile, []api.ValueType{i32, i32}, []api.ValueType{i32}},
		{"fd_filestat_set_times", noFile, []api.ValueType{i32, i64, i64, i32}, []api.ValueType{i32}},
	} {
		enter := func(ctx context.Context, mod api.Module, stack []uint64) { f.call(instanceOf(ctx), mod, stack) }
		builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(enter), f.params, f.results).Export(f.name)
	}
}

// noFile has no files to move or change.
func noFile(_ *instance, _ api.Module, stack []uint64) { stack[0] = wasiNotsup }

// moduleConfig is the world of one instance: real clocks and randomness, where wazero's own defaults are fakes; no files,
// empty standard input, standard output and error to the log.
func (i *instance) moduleConfig() wazero.ModuleConfig {
	c := wazero.NewModuleConfig().WithName("").WithStartFunctions().
		WithSysWalltime().WithNanotime(i.nanotime, 1).
		WithRandSource(randomSource{i}).
		WithStdout(&i.log.stdout).WithStderr(&i.log.stderr).
		WithArgs(append([]string{i.v.config.Name}, i.v.config.Args...)...)
	if i.v.kind == ModuleCommand {
		c = c.WithStdin(&i.pipes).WithStdout(&i.pipes)
	}
	for key, value := range i.v.config.Environment {
		c = c.WithEnv(key, value)
	}
	return c
}

// nanotime is the guest's monotonic clock.
func (i *instance) nanotime() int64 { return int64(time.Since(i.born)) + 1 }

// randomSource gives random bytes in small pieces, so that a guest that asks for a memory full of them ends in time.
type randomSource struct{ i *instance }

func (r randomSource) Read(p []byte) (int, error) {
	const piece = 64 << 10
	r.i.checkTime()
	n, err := rand.Read(p[:min(len(p), piece)])
	if err != nil {
		return n, fmt.Errorf("read random bytes: %w", err)
	}
	return n, nil
}
