package javascript

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// rejection is a promise that was rejected and has no handler yet. The VM owns its values.
type rejection struct {
	promise, reason uint32
	order           int
}

// exportRejections defines how the engine tells of promises that are rejected without a handler, and of handlers that come
// later.
func exportRejections(builder wazero.HostModuleBuilder, of func(context.Context) *VM) {
	i32 := api.ValueTypeI32
	tell := func(ctx context.Context, _ api.Module, stack []uint64) {
		if err := of(ctx).track(ctx, rejection{promise: uint32(stack[0]), reason: uint32(stack[1])}, uint32(stack[2]) != 0); err != nil {
			panic(err)
		}
	}
	builder.NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(tell), []api.ValueType{i32, i32, i32}, nil).Export("host_promise_rejection")
}

// track keeps a rejection until it is handled. Promises are known by their address in the engine's memory, which stays
// theirs while the VM holds them.
func (v *VM) track(ctx context.Context, r rejection, handled bool) error {
	if v.depth != 1 {
		return errReentered
	}
	v.host.Check()
	address, err := v.call(ctx, v.f.address, uint64(r.promise))
	if err != nil {
		return err
	}
	before, known := v.rejections[uint32(address)]
	if known {
		delete(v.rejections, uint32(address))
		if err := v.drop(ctx, before.promise, before.reason); err != nil {
			return err
		}
	}
	if handled {
		return v.drop(ctx, r.promise, r.reason)
	}
	v.rejected++
	r.order = v.rejected
	v.rejections[uint32(address)] = r
	return nil
}

// settleRejections tells the script's world of the first rejection that is without a handler when all jobs are done, as
// Node.js does.
func (v *VM) settleRejections(ctx context.Context) error {
	if len(v.rejections) == 0 {
		return nil
	}
	all := v.rejections
	v.rejections = map[uint32]rejection{}
	first := rejection{order: v.rejected + 1}
	for _, r := range all {
		if r.order < first.order {
			first = r
		}
	}
	if err := v.do(ctx, v.unhandled, first.reason); err != nil {
		return err
	}
	for _, r := range all {
		if err := v.drop(ctx, r.promise, r.reason); err != nil {
			return err
		}
	}
	return nil
}
