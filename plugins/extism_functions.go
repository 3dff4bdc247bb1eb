package plugins

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/queuelet/queuelet/plugins/abi"
)

// extismMoves are the imports of Extism that a guest moves its data with, eight bytes at a time. They are as short as can be
// and do not look at the clock.
//
// Source: https://github.com/extism/extism/blob/main/runtime/extism.h, and the kits for plugins.
func extismMoves() []hostFunction {
	i32, i64 := api.ValueTypeI32, api.ValueTypeI64
	one, two, status := []api.ValueType{i64}, []api.ValueType{i64, i64}, []api.ValueType{i32}
	return []hostFunction{
		{"length", extismLength, one, one},
		{"length_unsafe", extismLength, one, one},
		{"load_u8", func(i *instance, _ api.Module, s []uint64) { s[0] = uint64(i.block(s[0], 1)[0]) }, one, status},
		{"load_u64", func(i *instance, _ api.Module, s []uint64) {
			s[0] = binary.LittleEndian.Uint64(i.block(s[0], 8))
		}, one, one},
		{"store_u8", func(i *instance, _ api.Module, s []uint64) { i.block(s[0], 1)[0] = byte(s[1]) }, []api.ValueType{i64, i32}, nil},
		{"store_u64", func(i *instance, _ api.Module, s []uint64) {
			binary.LittleEndian.PutUint64(i.block(s[0], 8), s[1])
		}, two, nil},
		{"input_length", func(i *instance, _ api.Module, s []uint64) { s[0] = uint64(i.kernel.input.size) }, nil, one},
		{"input_offset", func(i *instance, _ api.Module, s []uint64) { s[0] = uint64(i.kernel.input.offset) }, nil, one},
		{"input_load_u8", func(i *instance, _ api.Module, s []uint64) { s[0] = uint64(i.input(s[0], 1)[0]) }, one, status},
		{"input_load_u64", func(i *instance, _ api.Module, s []uint64) {
			s[0] = binary.LittleEndian.Uint64(i.input(s[0], 8))
		}, one, one},
		{"output_length", func(i *instance, _ api.Module, s []uint64) { s[0] = uint64(i.kernel.output.size) }, nil, one},
		{"output_offset", func(i *instance, _ api.Module, s []uint64) { s[0] = uint64(i.kernel.output.offset) }, nil, one},
		{"error_get", func(i *instance, _ api.Module, s []uint64) { s[0] = uint64(i.kernel.errors.offset) }, nil, one},
		{"memory_bytes", func(i *instance, _ api.Module, s []uint64) { s[0] = uint64(len(i.kernel.b)) }, nil, one},
		{"http_status_code", func(i *instance, _ api.Module, s []uint64) { s[0] = uint64(i.kernel.status) }, nil, status},
	}
}

// extismFunctions are the other imports of Extism.
func extismFunctions() []hostFunction {
	i32, i64 := api.ValueTypeI32, api.ValueTypeI64
	one, two := []api.ValueType{i64}, []api.ValueType{i64, i64}
	all := []hostFunction{
		{"alloc", func(i *instance, _ api.Module, s []uint64) { s[0] = i.kernel.alloc(s[0]) }, one, one},
		{"free", func(i *instance, _ api.Module, s []uint64) { i.kernel.release(s[0]) }, one, nil},
		{"input_set", func(i *instance, _ api.Module, s []uint64) { i.kernel.input = i.span(s[0], s[1]) }, two, nil},
		{"output_set", extismOutputSet, two, nil},
		{"error_set", extismErrorSet, one, nil},
		{"reset", func(i *instance, _ api.Module, _ []uint64) { i.kernel.reset() }, nil, nil},
		{"config_get", extismConfigGet, one, one},
		{"var_get", extismVarGet, one, one},
		{"var_set", extismVarSet, two, nil},
		{"http_request", extismHTTPRequest, two, one},
		{"http_headers", func(i *instance, _ api.Module, s []uint64) { s[0] = i.kernel.put(i.kernel.headers) }, nil, one},
		{"get_log_level", extismLogLevel, nil, []api.ValueType{i32}},
	}
	for level, name := range []string{"log_trace", "log_debug", "log_info", "log_warn", "log_error"} {
		all = append(all, hostFunction{name, func(i *instance, _ api.Module, s []uint64) {
			i.logText(slogLevel(abi.LogLevel(level)), i.kernel.text(s[0]))
		}, one, nil})
	}
	return all
}

// exportExtism defines Extism's functions under names that begin with prefix.
func exportExtism(builder wazero.HostModuleBuilder, prefix string) {
	export := func(f hostFunction, enter api.GoModuleFunc) {
		builder.NewFunctionBuilder().WithGoModuleFunction(enter, f.params, f.results).Export(prefix + f.name)
	}
	for _, f := range extismMoves() {
		export(f, func(ctx context.Context, mod api.Module, stack []uint64) { f.call(instanceOf(ctx), mod, stack) })
	}
	for _, f := range extismFunctions() {
		export(f, func(ctx context.Context, mod api.Module, stack []uint64) {
			i := instanceOf(ctx)
			i.checkTime()
			f.call(i, mod, stack)
		})
	}
}

// block returns a range of the kernel. One that is not there ends the guest.
func (i *instance) block(offset, size uint64) []byte {
	b, ok := i.kernel.at(offset, size)
	if !ok {
		panic(&ContractError{
			Function: i.v.config.Name, Problem: fmt.Sprintf("%d bytes at %d are outside of Extism's memory", size, offset),
		})
	}
	return b
}

// input returns a range of the event. One that is not there ends the guest.
func (i *instance) input(offset, size uint64) []byte {
	input := i.kernel.input
	if offset > uint64(input.size) || size > uint64(input.size)-offset {
		panic(&ContractError{
			Function: i.v.config.Name, Problem: fmt.Sprintf("%d bytes at %d are outside of the event", size, offset),
		})
	}
	return i.block(uint64(input.offset)+offset, size)
}

// span is a range of the kernel that stays there until the invocation ends.
func (i *instance) span(offset, size uint64) block {
	i.block(offset, size)
	return block{offset: uint32(offset), size: uint32(size)}
}

func extismLength(i *instance, _ api.Module, stack []uint64) { stack[0] = i.kernel.length(stack[0]) }

// extismOutputSet keeps a copy: the guest may free the block.
func extismOutputSet(i *instance, _ api.Module, stack []uint64) {
	k := i.kernel
	output := i.block(stack[0], stack[1])
	k.output = i.span(stack[0], stack[1])
	k.answer = bytes.Clone(output[:min(len(output), abi.MaxResponse+1)])
}

// extismErrorSet keeps a copy. Offset 0 takes the error back.
func extismErrorSet(i *instance, _ api.Module, stack []uint64) {
	k := i.kernel
	k.errors, k.cause = block{}, nil
	if stack[0] != 0 {
		k.errors = i.span(stack[0], k.length(stack[0]))
		text := k.text(stack[0])
		k.cause = append([]byte{}, text[:min(len(text), maxFailure)]...)
	}
}

// extismConfigGet finds a value of the function's environment, which is what a plugin's configuration is here.
func extismConfigGet(i *instance, _ api.Module, stack []uint64) {
	stack[0] = i.kernel.put([]byte(i.v.config.Environment[string(i.kernel.text(stack[0]))]))
}

// extismVarGet finds a variable of the instance.
func extismVarGet(i *instance, _ api.Module, stack []uint64) {
	stack[0] = i.kernel.put(i.kernel.vars[string(i.kernel.text(stack[0]))])
}

// extismVarSet keeps a variable as long as the instance lives. A value at offset 0 takes it away.
func extismVarSet(i *instance, _ api.Module, stack []uint64) {
	name := string(i.kernel.text(stack[0]))
	var value []byte
	if stack[1] != 0 {
		value = i.block(stack[1], i.kernel.length(stack[1]))
	}
	if !i.kernel.setVar(name, value) {
		panic(&ContractError{
			Function: i.v.config.Name, Problem: fmt.Sprintf("Extism variables of more than %d bytes, or no memory for them", maxVars),
		})
	}
}

// extismLogLevel is the least level that is logged, in the numbers of Extism, which are those of package abi.
func extismLogLevel(i *instance, _ api.Module, stack []uint64) {
	for level := abi.LogTrace; level <= abi.LogError; level++ {
		if i.v.logger.Enabled(i.ctx, slogLevel(level)) {
			stack[0] = uint64(level)
			return
		}
	}
	stack[0] = math.MaxInt32
}

// logText logs a text that the guest hands over in one piece.
func (i *instance) logText(level slog.Level, text []byte) {
	for len(text) > 0 && i.log.left > 0 {
		i.checkTime()
		line := text[:min(len(text), maxLine)]
		text = text[len(line):]
		i.log.line(level, "log", bytes.TrimRight(line, "\r\n"))
	}
}
