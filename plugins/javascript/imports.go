package javascript

import (
	"bytes"
	"context"
	"errors"
	"math"
	"unicode/utf8"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Module is the name of the engine's imports besides WASI.
const Module = "env"

// hostCalls are what the prelude asks of the host, by its first argument.
var hostCalls = [...]func(*VM, context.Context, []uint32) (uint32, error){
	(*VM).logLine, (*VM).encode, (*VM).decode, (*VM).begin, (*VM).reply, (*VM).fail, (*VM).random,
	(*VM).places, (*VM).part, (*VM).digest,
}

// Export defines what the engine imports. of finds the VM of a call.
func Export(builder wazero.HostModuleBuilder, of func(context.Context) *VM) {
	i32 := api.ValueTypeI32
	types := func(n int) (all []api.ValueType) {
		for range n {
			all = append(all, i32)
		}
		return all
	}
	call := func(ctx context.Context, _ api.Module, stack []uint64) {
		stack[0] = uint64(of(ctx).hostCall(ctx, uint32(stack[3]), uint32(stack[4])))
	}
	none := func(_ context.Context, _ api.Module, stack []uint64) { clear(stack) }
	builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(call), types(5), types(1)).Export("host_call")
	exportLoader(builder, of)
	exportRejections(builder, of)
	for name, params := range map[string]int{
		"host_interrupt":           0, // never called: the engine was not told that somebody interrupts
		"host_get_timezone_offset": 2, // all functions live in UTC, as on Lambda
	} {
		builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(none), types(params), types(1)).Export(name)
	}
}

var errReentered = errors.New("the engine called the host while the host called the engine")

// hostCall runs what the prelude asks for and returns the handle of its result, which the engine takes over.
func (v *VM) hostCall(ctx context.Context, count, argv uint32) uint32 {
	if v.depth != 1 {
		// Nothing the host calls here runs code of the script, which could come back on a stack that is in use.
		panic(errReentered)
	}
	v.host.Check()
	args := make([]uint32, 0, maxArguments)
	for n := range min(count, maxArguments) {
		arg, ok := v.mod.Memory().ReadUint32Le(argv + 4*n)
		if !ok {
			panic(errNoMemory)
		}
		args = append(args, arg)
	}
	result, err := v.answer(ctx, args)
	if err != nil {
		panic(err)
	}
	return result
}

func (v *VM) answer(ctx context.Context, args []uint32) (uint32, error) {
	if len(args) == 0 {
		return v.nothing(ctx)
	}
	which, err := v.readNumber(ctx, args[0])
	if err != nil {
		return 0, err
	}
	if !(which >= 0 && which < float64(len(hostCalls))) {
		return v.nothing(ctx)
	}
	args = append(args, make([]uint32, maxArguments-len(args))...)
	for n := range args {
		if args[n] == 0 {
			args[n] = v.undefined
		}
	}
	return hostCalls[int(which)](v, ctx, args[1:])
}

// nothing is a new handle of undefined.
func (v *VM) nothing(ctx context.Context) (uint32, error) {
	value, err := v.call(ctx, v.f.undefined)
	return uint32(value), err
}

// maxText is how much of a text is logged, and repaired if it is not UTF-8.
const maxText = 1 << 20

func (v *VM) logLine(ctx context.Context, args []uint32) (uint32, error) {
	level, err := v.readNumber(ctx, args[0])
	if err != nil {
		return 0, err
	}
	text, err := v.read(ctx, args[1], maxText)
	if err != nil {
		return 0, err
	}
	v.host.Log(int(max(0, min(level, 4))), text)
	return v.nothing(ctx)
}

func (v *VM) encode(ctx context.Context, args []uint32) (result uint32, err error) {
	err = v.viewText(ctx, args[0], func(at uint32, b []byte) (err error) {
		result, err = v.copied(ctx, v.f.newBuffer, at, b)
		return err
	})
	return result, err
}

func (v *VM) decode(ctx context.Context, args []uint32) (result uint32, err error) {
	err = v.viewBytes(ctx, args[0], func(at uint32, b []byte) (err error) {
		result, err = v.copied(ctx, v.f.newString, at, b)
		return err
	})
	return result, err
}

// copied makes a value of what is in the engine's memory already.
func (v *VM) copied(ctx context.Context, f api.Function, at uint32, b []byte) (uint32, error) {
	if at != 0 && utf8.Valid(b) {
		value, err := v.call(ctx, f, uint64(at), uint64(len(b)))
		return uint32(value), err
	}
	b = bytes.ToValidUTF8(b[:min(len(b), maxText)], []byte("\uFFFD"))
	return v.made(ctx, f, len(b), func(to []byte) { copy(to, b) })
}

func (v *VM) begin(ctx context.Context, args []uint32) (uint32, error) {
	const longest = 64
	operation, err := v.read(ctx, args[0], longest)
	if err != nil {
		return 0, err
	}
	header, err := v.read(ctx, args[1], v.request)
	if err != nil {
		return 0, err
	}
	var body []byte
	if err := v.viewBytes(ctx, args[2], func(_ uint32, b []byte) error {
		body = bytes.Clone(b[:min(len(b), v.request+1)])
		return nil
	}); err != nil {
		return 0, err
	}
	return v.number(ctx, float64(v.host.Start(string(operation), header, body)))
}

func (v *VM) reply(ctx context.Context, args []uint32) (uint32, error) {
	text, err := v.read(ctx, args[0], v.limit)
	if err != nil {
		return 0, err
	}
	if !v.outcome.Settled {
		v.outcome = Outcome{Settled: true, Text: text}
	}
	return v.nothing(ctx)
}

// fail may come after a reply, of jobs that were still to be done.
func (v *VM) fail(ctx context.Context, args []uint32) (uint32, error) {
	text, err := v.read(ctx, args[0], v.limit)
	if err != nil {
		return 0, err
	}
	crashed, err := v.readNumber(ctx, args[1])
	if err != nil {
		return 0, err
	}
	if !v.outcome.Failed {
		v.outcome = Outcome{Settled: true, Failed: true, Crashed: crashed != 0, Text: text}
	}
	return v.nothing(ctx)
}

func (v *VM) random(ctx context.Context, args []uint32) (uint32, error) {
	const most = 64 << 10
	n, err := v.readNumber(ctx, args[0])
	if err != nil {
		return 0, err
	}
	if math.IsNaN(n) {
		n = 0
	}
	b := make([]byte, int(max(0, min(n, most))))
	v.host.Random(b)
	return v.buffer(ctx, b)
}

// places finds the author's places in a stack.
func (v *VM) places(ctx context.Context, args []uint32) (uint32, error) {
	stack, err := v.read(ctx, args[0], maxText)
	if err != nil {
		return 0, err
	}
	return v.text(ctx, v.script.positions.restore(stack))
}
