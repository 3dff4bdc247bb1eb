package bare

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
)

// ErrStyle says that a module is neither a reactor nor a loop, see package abi.
var ErrStyle = errors.New("it is neither a reactor nor a loop")

// Run gives an event to a module for as long as more says so, which it asks before each time.
func Run(ctx context.Context, wasm, event []byte, more func() bool) (err error) {
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(plugins.Features).WithDebugInfoEnabled(false))
	defer func() { err = errors.Join(err, r.Close(ctx)) }()
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return fmt.Errorf("instantiate WASI: %w", err)
	}
	if err := instantiateHost(ctx, r, &host{event: event, more: more}); err != nil {
		return err
	}
	config := wazero.NewModuleConfig().WithStartFunctions().WithSysWalltime().WithSysNanotime()
	guest, err := r.InstantiateWithConfig(ctx, wasm, config)
	if err != nil {
		return fmt.Errorf("instantiate the module: %w", err)
	}
	if handle := guest.ExportedFunction(abi.ExportHandle); handle != nil {
		return react(ctx, guest, handle, len(event), more)
	}
	start := guest.ExportedFunction(abi.ExportStart)
	if start == nil {
		return ErrStyle
	}
	return call(ctx, start)
}

func react(ctx context.Context, guest api.Module, handle api.Function, size int, more func() bool) error {
	if initialize := guest.ExportedFunction(abi.ExportInitialize); initialize != nil {
		if err := call(ctx, initialize); err != nil {
			return err
		}
	}
	for more() {
		if err := call(ctx, handle, uint64(size)); err != nil {
			return err
		}
	}
	return nil
}

// call calls a function of the guest. Leaving with success is one.
func call(ctx context.Context, f api.Function, params ...uint64) error {
	var stack [1]uint64
	copy(stack[:], params)
	err := f.CallWithStack(ctx, stack[:])
	if exit, ok := errors.AsType[*sys.ExitError](err); ok && exit.ExitCode() == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("call the module: %w", err)
	}
	return nil
}

// host is the guest's side of the contract, as far as handlers need it that ask for nothing but events.
type host struct {
	event []byte
	more  func() bool
	reply []byte
}

func instantiateHost(ctx context.Context, r wazero.Runtime, h *host) error {
	i32, i64 := api.ValueTypeI32, api.ValueTypeI64
	one, two := []api.ValueType{i32}, []api.ValueType{i32, i32}
	three, four := []api.ValueType{i32, i32, i32}, []api.ValueType{i32, i32, i32, i32}
	builder := r.NewHostModuleBuilder(abi.Module)
	for _, f := range []struct {
		name            string
		call            func(memory api.Memory, stack []uint64)
		params, results []api.ValueType
	}{
		{abi.ImportEventNext, h.next, nil, one},
		{abi.ImportEventRead, func(memory api.Memory, stack []uint64) { out(memory, stack, h.event) }, two, one},
		{abi.ImportEventReply, h.keep, two, one},
		{abi.ImportEventFail, func(api.Memory, []uint64) {}, two, nil},
		{abi.ImportEventContext, describe, two, one},
		{abi.ImportDeadlineMs, func(_ api.Memory, stack []uint64) { stack[0] = 1000 }, nil, []api.ValueType{i64}},
		{abi.ImportLog, func(api.Memory, []uint64) {}, three, nil},
		{abi.ImportCall, denied, four, one},
		{abi.ImportCallStart, denied, four, one},
		{abi.ImportCallWait, denied, two, one},
		{abi.ImportCallResult, denied, two, one},
	} {
		enter := func(_ context.Context, mod api.Module, stack []uint64) { f.call(mod.Memory(), stack) }
		builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(enter), f.params, f.results).Export(f.name)
	}
	if _, err := builder.Instantiate(ctx); err != nil {
		return fmt.Errorf("instantiate the host's functions: %w", err)
	}
	return nil
}

func (h *host) next(_ api.Memory, stack []uint64) {
	stack[0] = api.EncodeI32(int32(abi.End))
	if h.more() {
		stack[0] = uint64(len(h.event))
	}
}

// keep copies the reply, as somebody who wants to read it has to.
func (h *host) keep(memory api.Memory, stack []uint64) {
	reply, ok := memory.Read(uint32(stack[0]), uint32(stack[1]))
	stack[0] = api.EncodeI32(int32(abi.Invalid))
	if ok {
		h.reply = append(h.reply[:0], reply...)
		stack[0] = uint64(abi.OK)
	}
}

func describe(memory api.Memory, stack []uint64) {
	out(memory, stack, abi.AppendInvocation(nil, &abi.Invocation{RequestID: "bare", FunctionName: "bare", Attempt: 1}))
}

func denied(_ api.Memory, stack []uint64) { stack[0] = api.EncodeI32(int32(abi.Denied)) }

// out copies as much of value as there is room for and returns its whole length.
func out(memory api.Memory, stack []uint64, value []byte) {
	if !memory.Write(uint32(stack[0]), value[:min(len(value), int(uint32(stack[1])))]) {
		panic("a buffer of the guest is outside of its memory")
	}
	stack[0] = uint64(len(value))
}
