package plugins

import (
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"github.com/queuelet/queuelet/plugins/abi"
)

// entry is the way into a guest.
type entry interface {
	// run runs the guest until it ends, and announces the instance when the guest is ready for its first batch. It may
	// return with a batch unfinished, which then failed with the error.
	run(i *instance) error
	// next is what the guest's event_next does.
	next(i *instance) int32
}

// loop is a guest whose main asks for events until there are no more.
type loop struct{}

func (loop) run(i *instance) error { return i.call(i.mod.ExportedFunction(abi.ExportStart)) }

// next ends the batch the guest has worked on and waits for another one.
func (loop) next(i *instance) int32 {
	if i.leaving {
		return int32(abi.End)
	}
	ready := true
	switch {
	case i.batch != nil:
		i.finish(i.batch.verdict(i.v.config.Name))
	case !i.announced:
		ready = i.announce(nil)
	}
	if ready {
		if b := i.pause(); b != nil {
			i.phase(b.ctx, b.Deadline, b)
			return int32(b.readEvent(nil))
		}
	}
	i.leave()
	return int32(abi.End)
}

// reactor is a guest with a function to call for each event.
type reactor struct{}

func (reactor) run(i *instance) error {
	if f := i.mod.ExportedFunction(abi.ExportInitialize); f != nil {
		if err := i.call(f); err != nil {
			return err
		}
	}
	handle := i.mod.ExportedFunction(abi.ExportHandle)
	if !i.announce(nil) {
		return nil
	}
	for b := i.pause(); b != nil; b = i.pause() {
		i.phase(b.ctx, b.Deadline, b)
		if err := i.call(handle, uint64(b.readEvent(nil))); err != nil {
			return err
		}
		verdict := b.verdict(i.v.config.Name)
		if status := api.DecodeI32(i.stack[0]); status != 0 && !b.failed {
			verdict = &HandlerError{
				Function: i.v.config.Name, Message: fmt.Sprintf("%s returned %d", abi.ExportHandle, status),
			}
		}
		i.finish(verdict)
	}
	return nil
}

// next is not for reactors.
func (reactor) next(*instance) int32 { return int32(abi.Invalid) }
