package plugins

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/tetratelabs/wazero/api"

	"github.com/queuelet/queuelet/plugins/rewrite"
)

// image is the state of a guest that is ready for its first invocation: its memory and its mutable globals. Putting it back
// after each invocation costs a copy of the memory, where a new instance costs the guest's initialization.
type image struct {
	memory  []byte
	globals []uint64
}

// checkRestore refuses modules whose state cannot be put back.
func (v *version) checkRestore(m *rewrite.Module) error {
	if v.config.Isolation != IsolationRestore || v.once { // a new instance each time is as good
		return nil
	}
	deploy := &DeployError{Function: v.config.Name, Hint: fmt.Sprintf("use the isolation %q", IsolationFresh)}
	switch err := m.Restorable(); {
	case v.kind == ModuleLoop:
		deploy.Err = errors.New("a loop cannot be put back to how it was: its main is running all the time")
		deploy.Hint += ", or export queuelet_handle"
	case v.checks != checksRewritten:
		deploy.Err = errors.New("its globals cannot be reached, because it has instructions that cannot be rewritten")
	case err != nil:
		deploy.Err = fmt.Errorf("it cannot be put back to how it was: %w", err)
	default:
		v.restores = true
		return nil
	}
	return deploy
}

// globals are the guest's mutable globals.
func (i *instance) globals() (all []api.MutableGlobal) {
	for {
		g, ok := i.mod.ExportedGlobal(rewrite.GlobalExport + strconv.Itoa(len(all))).(api.MutableGlobal)
		if !ok {
			return all
		}
		all = append(all, g)
	}
}

// grow gives a new guest as much memory as those before have come to need, for a memory that has grown cannot be put
// back. Guests take what they find at their start as theirs.
func (i *instance) grow() {
	memory := i.mod.Memory()
	if want := i.v.warm.Load(); memory != nil && want > int64(memory.Size()) {
		memory.Grow(uint32((want - int64(memory.Size())) / wasmPage)) // if there is as much
	}
}

// needs remembers that an instance has come to need so many bytes of memory.
func (v *version) needs(size int64) {
	for {
		warm := v.warm.Load()
		if size <= warm || v.warm.CompareAndSwap(warm, size) {
			return
		}
	}
}

// capture keeps the guest's state.
func (i *instance) capture() error {
	size := i.memorySize()
	if !i.memory.claim(size) {
		return &ContractError{
			Function: i.v.config.Name,
			Problem: fmt.Sprintf("no memory for a copy of its %d bytes, which isolation %q needs; raise the function's memory",
				size, IsolationRestore),
		}
	}
	if size > 0 {
		memory, _ := i.mod.Memory().Read(0, uint32(size))
		i.image.memory = append(make([]byte, 0, size), memory...)
	}
	for _, g := range i.globals() {
		i.image.globals = append(i.image.globals, g.Get())
	}
	return nil
}

// restore puts the guest back. It fails if the memory has grown, which cannot be undone.
func (i *instance) restore() bool {
	if size := i.memorySize(); size != int64(len(i.image.memory)) {
		i.v.needs(size)
		return false
	}
	if len(i.image.memory) > 0 && !i.mod.Memory().Write(0, i.image.memory) {
		return false
	}
	for at, g := range i.globals() {
		g.Set(i.image.globals[at])
	}
	if i.kernel != nil {
		i.kernel.forget()
	}
	return true
}
