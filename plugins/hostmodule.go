package plugins

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/javascript"
	"github.com/queuelet/queuelet/plugins/rewrite"
)

// hostFunction is one import of the contract. It gets its parameters in the stack and leaves its result there.
type hostFunction struct {
	name    string
	call    func(i *instance, mod api.Module, stack []uint64)
	params  []api.ValueType
	results []api.ValueType
}

// hostFunctions are the imports of abi.Module, as package abi describes them.
func hostFunctions() []hostFunction {
	i32, i64 := api.ValueTypeI32, api.ValueTypeI64
	two, one := []api.ValueType{i32, i32}, []api.ValueType{i32}
	three, four := []api.ValueType{i32, i32, i32}, []api.ValueType{i32, i32, i32, i32}
	return []hostFunction{
		{abi.ImportEventNext, eventNext, nil, one},
		{abi.ImportEventRead, eventRead, two, one},
		{abi.ImportEventReply, eventReply, two, one},
		{abi.ImportEventFail, eventFail, two, nil},
		{abi.ImportEventContext, eventContext, two, one},
		{abi.ImportDeadlineMs, deadlineMs, nil, []api.ValueType{i64}},
		{abi.ImportLog, guestLogLine, three, nil},
		{abi.ImportCall, call, four, one},
		{abi.ImportCallStart, callStart, four, one},
		{abi.ImportCallWait, callWait, two, one},
		{abi.ImportCallResult, callResult, two, one},
	}
}

// hostModules are what a module of some kind may import from.
func hostModules(kind ModuleKind) map[string]func(wazero.HostModuleBuilder) {
	all := map[string]func(wazero.HostModuleBuilder){
		abi.Module:                        exportABI,
		wasi_snapshot_preview1.ModuleName: exportWASI,
	}
	switch kind {
	case ModuleExtism:
		all[extismModule] = func(b wazero.HostModuleBuilder) { exportExtism(b, "") }
		all[extismOldModule] = func(b wazero.HostModuleBuilder) { exportExtism(b, extismOldPrefix) }
	case ModuleJavaScript:
		all[javascript.Module] = func(b wazero.HostModuleBuilder) {
			javascript.Export(b, func(ctx context.Context) *javascript.VM { return instanceOf(ctx).vm })
		}
	case ModuleReactor, ModuleLoop, ModuleCommand, ModuleComponent, ModuleUnknown:
	}
	return all
}

// known are the host's functions by module and name.
type known map[string]map[string]api.FunctionDefinition

// defineHost puts what a module may import into a runtime: of the host's modules, those that it names.
func defineHost(ctx context.Context, r wazero.Runtime, kind ModuleKind, m *rewrite.Module) (known, error) {
	known := known{}
	for name, export := range hostModules(kind) {
		if !slices.ContainsFunc(m.Imports, func(i rewrite.Import) bool { return i.Module == name }) {
			continue
		}
		builder := r.NewHostModuleBuilder(name)
		export(builder)
		compiled, err := builder.Compile(ctx)
		if err != nil {
			return nil, fmt.Errorf("compile host module %q: %w", name, err)
		}
		if _, err := r.InstantiateModule(ctx, compiled, wazero.NewModuleConfig()); err != nil {
			return nil, fmt.Errorf("instantiate host module %q: %w", name, err)
		}
		known[name] = compiled.ExportedFunctions()
	}
	return known, nil
}

// exportABI defines the contract's functions.
func exportABI(builder wazero.HostModuleBuilder) {
	for _, f := range hostFunctions() {
		enter := func(ctx context.Context, mod api.Module, stack []uint64) {
			i := instanceOf(ctx)
			i.checkTime()
			f.call(i, mod, stack)
		}
		builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(enter), f.params, f.results).Export(f.name)
	}
}

// in is a buffer that the guest hands over. A range outside of its memory ends the guest.
func in(i *instance, mod api.Module, ptr, size uint64) []byte {
	if uint32(size) == 0 {
		return nil
	}
	if memory := mod.Memory(); memory != nil {
		if b, ok := memory.Read(uint32(ptr), uint32(size)); ok {
			return b
		}
	}
	panic(&ContractError{
		Function: i.v.config.Name,
		Problem:  fmt.Sprintf("%d bytes at %d are outside of the memory", uint32(size), uint32(ptr)),
	})
}

// out copies as much of value as there is room for and returns its whole length.
func out(i *instance, mod api.Module, stack []uint64, value []byte) {
	copy(in(i, mod, stack[0], uint64(min(uint32(len(value)), uint32(stack[1])))), value)
	stack[0] = uint64(uint32(len(value)))
}

func eventNext(i *instance, _ api.Module, stack []uint64) {
	stack[0] = api.EncodeI32(i.v.entry.next(i))
}

func eventRead(i *instance, mod api.Module, stack []uint64) {
	if i.batch == nil {
		stack[0] = api.EncodeI32(int32(abi.Invalid))
		return
	}
	size := i.batch.readEvent(nil)
	i.batch.readEvent(in(i, mod, stack[0], uint64(min(uint32(size), uint32(stack[1])))))
	stack[0] = uint64(size)
}

func eventReply(i *instance, mod api.Module, stack []uint64) {
	response := in(i, mod, stack[0], stack[1])
	errno := abi.Invalid
	if i.batch != nil {
		errno = i.batch.reply(response)
	}
	stack[0] = api.EncodeI32(int32(errno))
}

func eventFail(i *instance, mod api.Module, stack []uint64) {
	text := in(i, mod, stack[0], stack[1])
	if i.batch != nil {
		i.batch.fail(text)
	}
}

func eventContext(i *instance, mod api.Module, stack []uint64) {
	out(i, mod, stack, abi.AppendInvocation(nil, i.about()))
}

// about is what a guest may know about the invocation it works on.
func (i *instance) about() *abi.Invocation {
	v := &abi.Invocation{
		FunctionName:  i.v.config.Name,
		MemoryLimitMB: int(i.v.config.Memory >> 20),
		DeadlineMs:    i.watch.deadline.UnixMilli(),
	}
	if b := i.batch; b != nil {
		v.RequestID, v.FunctionARN, v.Attempt = b.RequestID, b.FunctionARN, b.Attempt
	}
	return v
}

func deadlineMs(i *instance, _ api.Module, stack []uint64) {
	stack[0] = uint64(max(time.Until(i.watch.deadline).Milliseconds(), 0))
}

func guestLogLine(i *instance, mod api.Module, stack []uint64) {
	text := in(i, mod, stack[1], stack[2])
	i.logText(slogLevel(abi.LogLevel(api.DecodeI32(stack[0]))), text)
}

const maxOperationName = 64 // bytes

// operation reads what call and call_start are asked to do. It returns nil and an errno if that cannot be.
func operation(i *instance, mod api.Module, stack []uint64) (func(context.Context) ([]byte, error), abi.Errno) {
	name := in(i, mod, stack[0], stack[1])
	request := in(i, mod, stack[2], stack[3])
	switch {
	case len(name) > maxOperationName || !abi.IsOperation(string(name)):
		return nil, abi.Unknown
	case len(request) > abi.MaxEvent:
		return nil, abi.TooBig
	}
	op, copied, caller, services := string(name), bytes.Clone(request), i.caller(), i.v.host.services
	return func(ctx context.Context) ([]byte, error) { return services.Call(ctx, caller, op, copied) }, abi.OK
}

func call(i *instance, mod api.Module, stack []uint64) {
	run, errno := operation(i, mod, stack)
	if run == nil {
		stack[0] = api.EncodeI32(int32(errno))
		return
	}
	i.park()
	response, err := run(i.watch.context())
	i.unpark()
	i.checkTime()
	stack[0] = api.EncodeI32(i.calls.ended(response, err))
}

func callStart(i *instance, mod api.Module, stack []uint64) {
	size := stack[3]
	run, errno := operation(i, mod, stack)
	if run == nil {
		stack[0] = api.EncodeI32(int32(errno))
		return
	}
	stack[0] = api.EncodeI32(i.calls.start(i.watch.context(), int(uint32(size)), run))
}

func callWait(i *instance, _ api.Module, stack []uint64) {
	i.park()
	defer i.unpark()
	timeout := time.Duration(uint32(stack[1])) * time.Millisecond
	stack[0] = api.EncodeI32(i.calls.wait(i.watch.context(), api.DecodeI32(stack[0]), timeout))
}

func callResult(i *instance, mod api.Module, stack []uint64) {
	out(i, mod, stack, i.calls.result)
}
