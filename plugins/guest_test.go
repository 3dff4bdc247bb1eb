package plugins_test

import (
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// imports are the indexes of the contract's functions in a module of ours.
type imports struct {
	next, read, reply, fail, context, deadline, log, call, start, wait, result uint32

	wasi uint32 // one function of WASI, if the guest has one
}

// newGuest begins a module that imports the contract and has pages of memory.
func newGuest(pages uint32) (*as.Module, imports) { return newGuestWith(pages, "", 0) }

// newGuestWith is newGuest with a function of WASI that takes so many i32.
func newGuestWith(pages uint32, wasi string, params int) (*as.Module, imports) {
	m := &as.Module{}
	types := func(params int, results ...byte) as.Type {
		t := as.Type{Results: results}
		for range params {
			t.Params = append(t.Params, as.I32)
		}
		return t
	}
	in := imports{
		next:     m.Import(abi.Module, abi.ImportEventNext, types(0, as.I32)),
		read:     m.Import(abi.Module, abi.ImportEventRead, types(2, as.I32)),
		reply:    m.Import(abi.Module, abi.ImportEventReply, types(2, as.I32)),
		fail:     m.Import(abi.Module, abi.ImportEventFail, types(2)),
		context:  m.Import(abi.Module, abi.ImportEventContext, types(2, as.I32)),
		deadline: m.Import(abi.Module, abi.ImportDeadlineMs, types(0, as.I64)),
		log:      m.Import(abi.Module, abi.ImportLog, types(3)),
		call:     m.Import(abi.Module, abi.ImportCall, types(4, as.I32)),
		start:    m.Import(abi.Module, abi.ImportCallStart, types(4, as.I32)),
		wait:     m.Import(abi.Module, abi.ImportCallWait, types(2, as.I32)),
		result:   m.Import(abi.Module, abi.ImportCallResult, types(2, as.I32)),
	}
	if wasi != "" {
		in.wasi = m.Import("wasi_snapshot_preview1", wasi, types(params, as.I32))
	}
	m.Memory(pages, -1)
	return m, in
}

var handleType = as.Type{Params: []byte{as.I32}, Results: []byte{as.I32}}

// reactor is a module whose queuelet_handle runs code and then replies with nothing.
func reactor(pages uint32, locals []byte, code func(m *as.Module, in imports) []byte) []byte {
	m, in := newGuest(pages)
	body := code(m, in)
	m.Func(abi.ExportHandle, handleType, locals,
		body, as.I32Const(0), as.I32Const(0), as.Call(in.reply), as.Drop, as.I32Const(0))
	return m.Bytes()
}

// trivial reads the event and replies with nothing.
func trivial() []byte {
	return reactor(2, nil, func(_ *as.Module, in imports) []byte {
		return cat(as.I32Const(0), as.I32Const(1<<17), as.Call(in.read), as.Drop)
	})
}

func cat(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
