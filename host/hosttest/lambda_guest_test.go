package hosttest_test

import (
	"bytes"

	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// Where the guests keep what they log, and the event.
const (
	textAt  = 8
	eventAt = 1 << 16
)

// guest is a module that logs a text and then runs code with the event in its memory. Its code may call the contract's
// functions reply and fail.
func guest(text string, code func(reply, fail uint32) []byte) []byte {
	m := &as.Module{}
	i32 := func(n int) []byte { return bytes.Repeat([]byte{as.I32}, n) }
	read := m.Import(abi.Module, abi.ImportEventRead, as.Type{Params: i32(2), Results: i32(1)})
	reply := m.Import(abi.Module, abi.ImportEventReply, as.Type{Params: i32(2), Results: i32(1)})
	fail := m.Import(abi.Module, abi.ImportEventFail, as.Type{Params: i32(2)})
	log := m.Import(abi.Module, abi.ImportLog, as.Type{Params: i32(3)})
	m.Memory(130, -1)
	m.Data(textAt, []byte(text))
	m.Func(abi.ExportHandle, as.Type{Params: i32(1), Results: i32(1)}, nil,
		as.I32Const(2), as.I32Const(textAt), as.I32Const(int32(len(text))), as.Call(log),
		as.I32Const(eventAt), as.I32Const(1<<23), as.Call(read), as.Drop,
		code(reply, fail), as.I32Const(0))
	return m.Bytes()
}

// echo replies with the event.
func echo(text string) []byte {
	return guest(text, func(reply, _ uint32) []byte {
		return bytes.Join([][]byte{as.I32Const(eventAt), as.Get(0), as.Call(reply), as.Drop}, nil)
	})
}

// done replies with nothing: all records are done.
func done(text string) []byte {
	return guest(text, func(reply, _ uint32) []byte {
		return bytes.Join([][]byte{as.I32Const(0), as.I32Const(0), as.Call(reply), as.Drop}, nil)
	})
}

// fails says that it failed, with the text.
func fails(text string) []byte {
	return guest(text, func(_, fail uint32) []byte {
		return bytes.Join([][]byte{as.I32Const(textAt), as.I32Const(int32(len(text))), as.Call(fail)}, nil)
	})
}

func crashes() []byte { return guest("", func(uint32, uint32) []byte { return []byte{0} }) }

func spins() []byte { return guest("", func(uint32, uint32) []byte { return as.Loop(as.Br(0)) }) }
