package javascript

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/tetratelabs/wazero/api"
)

// functions are the engine's exports. Values of the script are known by handles: addresses of memory that the engine has
// allocated for them, to be given back with free.
type functions struct {
	initialize, start                  api.Function
	malloc, release                    api.Function
	eval, apply, job, jobPending       api.Function
	newString, newNumber, newBuffer    api.Function
	newHost, undefined, property, drop api.Function
	isException, exception             api.Function
	isString, isNumber, isBuffer       api.Function
	float, text, releaseText, bytes    api.Function
	setLoader, setRejections, address  api.Function
	compile, evalBytecode, limitStack  api.Function
}

// evalExport evaluates source.
const evalExport = "qjs_eval"

func findFunctions(mod api.Module) functions {
	f := mod.ExportedFunction
	return functions{
		initialize: f("_initialize"), start: f("qjs_init"),
		malloc: f("wasm_malloc"), release: f("wasm_free"),
		eval: f(evalExport), apply: f("qjs_call"), job: f("qjs_execute_pending_job"), jobPending: f("qjs_is_job_pending"),
		newString: f("qjs_new_string"), newNumber: f("qjs_new_number"), newBuffer: f("qjs_new_array_buffer"),
		newHost: f("qjs_new_host_function"), undefined: f("qjs_get_undefined"), property: f("qjs_get_prop_string"),
		drop: f("qjs_free_value"), isException: f("qjs_is_exception"), exception: f("qjs_get_exception"),
		isString: f("qjs_is_string"), isNumber: f("qjs_is_number"), isBuffer: f("qjs_is_array_buffer"),
		float: f("qjs_get_float64"), text: f("qjs_get_string_len"), releaseText: f("qjs_free_cstring"),
		bytes: f("qjs_get_array_buffer"), setLoader: f("qjs_set_module_loader"),
		setRejections: f("qjs_set_promise_rejection_handler"), address: f("qjs_get_value_ptr"),
		compile: f("qjs_compile"), evalBytecode: f("qjs_eval_bytecode"),
		limitStack: f("qjs_set_max_stack_size"),
	}
}

// call calls a function of the engine.
func (v *VM) call(ctx context.Context, f api.Function, params ...uint64) (uint64, error) {
	stack := &v.stacks[v.depth]
	copy(stack[:], params)
	v.depth++
	err := f.CallWithStack(ctx, stack[:])
	v.depth--
	return stack[0], err //nolint:wrapcheck // the caller knows what a trap is
}

// put copies bytes into memory that the engine allocates. A zero follows them.
func (v *VM) put(ctx context.Context, size int, fill func([]byte)) (uint32, error) {
	at, err := v.call(ctx, v.f.malloc, uint64(size)+1)
	if err != nil {
		return 0, err
	}
	b, ok := v.mod.Memory().Read(uint32(at), uint32(size)+1)
	if at == 0 || !ok {
		return 0, errNoMemory
	}
	fill(b[:size])
	b[size] = 0
	return uint32(at), nil
}

// textOf makes a string of UTF-8.
func (v *VM) textOf(ctx context.Context, size int, fill func([]byte)) (uint32, error) {
	return v.made(ctx, v.f.newString, size, fill)
}

func (v *VM) text(ctx context.Context, b []byte) (uint32, error) {
	return v.textOf(ctx, len(b), func(to []byte) { copy(to, b) })
}

// buffer makes an ArrayBuffer.
func (v *VM) buffer(ctx context.Context, b []byte) (uint32, error) {
	return v.made(ctx, v.f.newBuffer, len(b), func(to []byte) { copy(to, b) })
}

// made makes a value of bytes, of which the engine takes a copy.
func (v *VM) made(ctx context.Context, f api.Function, size int, fill func([]byte)) (uint32, error) {
	at, err := v.put(ctx, size, fill)
	if err != nil {
		return 0, err
	}
	value, err := v.call(ctx, f, uint64(at), uint64(size))
	if err != nil {
		return 0, err
	}
	_, err = v.call(ctx, v.f.release, uint64(at))
	return uint32(value), err
}

func (v *VM) number(ctx context.Context, n float64) (uint32, error) {
	value, err := v.call(ctx, v.f.newNumber, api.EncodeF64(n))
	return uint32(value), err
}

// hostFunction makes the function with which the prelude calls the host.
func (v *VM) hostFunction(ctx context.Context) (uint32, error) {
	const name = "host"
	at, err := v.put(ctx, len(name), func(to []byte) { copy(to, name) })
	if err != nil {
		return 0, err
	}
	value, err := v.call(ctx, v.f.newHost, uint64(at), uint64(len(name)), 0)
	if err != nil {
		return 0, err
	}
	_, err = v.call(ctx, v.f.release, uint64(at))
	return uint32(value), err
}

// property reads a property of an object.
func (v *VM) property(ctx context.Context, object uint32, name string) (uint32, error) {
	at, err := v.put(ctx, len(name), func(to []byte) { copy(to, name) })
	if err != nil {
		return 0, err
	}
	value, err := v.call(ctx, v.f.property, uint64(object), uint64(at))
	if err != nil {
		return 0, err
	}
	_, err = v.call(ctx, v.f.release, uint64(at))
	return uint32(value), err
}

// drop gives values back.
func (v *VM) drop(ctx context.Context, values ...uint32) error {
	for _, value := range values {
		if _, err := v.call(ctx, v.f.drop, uint64(value)); err != nil {
			return err
		}
	}
	return nil
}

// evaluate evaluates source by one of the engine's functions for that.
func (v *VM) evaluate(ctx context.Context, by api.Function, name string, source []byte, flags uint64) (uint32, error) {
	at, err := v.put(ctx, len(source), func(to []byte) { copy(to, source) })
	if err != nil {
		return 0, err
	}
	name = strings.ReplaceAll(name, "\x00", "")
	file, err := v.put(ctx, len(name), func(to []byte) { copy(to, name) })
	if err != nil {
		return 0, err
	}
	value, err := v.call(ctx, by, uint64(at), uint64(len(source)), uint64(file), flags)
	if err != nil {
		return 0, err
	}
	for _, done := range []uint32{at, file} {
		if _, err := v.call(ctx, v.f.release, uint64(done)); err != nil {
			return 0, err
		}
	}
	return v.checked(ctx, uint32(value))
}

// apply calls a function of the script, which must not be at work: its stack is in use then.
func (v *VM) apply(ctx context.Context, function uint32, args ...uint32) (uint32, error) {
	if v.depth > 0 {
		return 0, errReentered
	}
	for n, arg := range args {
		if !v.mod.Memory().WriteUint32Le(v.argv+uint32(4*n), arg) {
			return 0, errNoMemory
		}
	}
	value, err := v.call(ctx, v.f.apply, uint64(function), uint64(v.undefined), uint64(len(args)), uint64(v.argv))
	if err != nil {
		return 0, err
	}
	return v.checked(ctx, uint32(value))
}

// do calls a function of the script whose result does not matter.
func (v *VM) do(ctx context.Context, function uint32, args ...uint32) error {
	value, err := v.apply(ctx, function, args...)
	if err != nil {
		return err
	}
	return v.drop(ctx, value)
}

// maxMessage is how much of an exception's text is kept.
const maxMessage = 8 << 10

// checked passes a value on unless it stands for an exception.
func (v *VM) checked(ctx context.Context, value uint32) (uint32, error) {
	wrong, err := v.call(ctx, v.f.isException, uint64(value))
	if err != nil || wrong == 0 {
		return value, err
	}
	return 0, v.thrown(ctx)
}

// thrown is the error of the exception that the engine has just thrown.
func (v *VM) thrown(ctx context.Context) error {
	exception, err := v.call(ctx, v.f.exception)
	if err != nil {
		return err
	}
	if v.explain == 0 || v.depth > 0 {
		return &ScriptError{Message: "the prelude does not run"}
	}
	explain := v.explain
	v.explain = 0 // it explains no exception of its own
	text, err := v.apply(ctx, explain, uint32(exception))
	v.explain = explain
	if err != nil {
		return err
	}
	message, err := v.read(ctx, text, maxMessage)
	if err != nil {
		return err
	}
	return &ScriptError{Message: string(message)}
}

// viewText lets a function look at a string in the engine's memory. Other values are empty: to turn them into strings would
// run the script.
func (v *VM) viewText(ctx context.Context, value uint32, look func(at uint32, b []byte) error) error {
	is, err := v.call(ctx, v.f.isString, uint64(value))
	if err != nil {
		return err
	}
	if is == 0 {
		return look(0, nil)
	}
	at, err := v.call(ctx, v.f.text, uint64(value), uint64(v.length()))
	if err != nil {
		return err
	}
	b, ok := v.returned(uint32(at))
	if !ok {
		return errNoMemory
	}
	err = look(uint32(at), b)
	_, failed := v.call(ctx, v.f.releaseText, at)
	return errors.Join(err, failed)
}

// viewBytes does the same with an ArrayBuffer.
func (v *VM) viewBytes(ctx context.Context, value uint32, look func(at uint32, b []byte) error) error {
	is, err := v.call(ctx, v.f.isBuffer, uint64(value))
	if err != nil {
		return err
	}
	if is == 0 {
		return look(0, nil)
	}
	at, err := v.call(ctx, v.f.bytes, uint64(value), uint64(v.length()))
	if err != nil {
		return err
	}
	b, _ := v.returned(uint32(at)) // none if it is empty or detached
	return look(uint32(at), b)
}

// read returns a copy of a string, at most limit bytes and one more.
func (v *VM) read(ctx context.Context, value uint32, limit int) (text []byte, err error) {
	err = v.viewText(ctx, value, func(_ uint32, b []byte) error {
		text = bytes.Clone(b[:min(len(b), limit+1)])
		return nil
	})
	return text, err
}

// readNumber returns a number, and 0 for other values.
func (v *VM) readNumber(ctx context.Context, value uint32) (float64, error) {
	is, err := v.call(ctx, v.f.isNumber, uint64(value))
	if err != nil || is == 0 {
		return 0, err
	}
	bits, err := v.call(ctx, v.f.float, uint64(value))
	return api.DecodeF64(bits), err
}

// length is where the engine writes the length of what it returns the address of.
func (v *VM) length() uint32 { return v.argv + 4*maxArguments }

// returned is what the engine has returned the address of.
func (v *VM) returned(at uint32) ([]byte, bool) {
	size, ok := v.mod.Memory().ReadUint32Le(v.length())
	if !ok || at == 0 {
		return nil, false
	}
	return v.mod.Memory().Read(at, size)
}
