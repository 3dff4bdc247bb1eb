package bench

import "slices"

// TrivialFunction is a WebAssembly module that reads its event and replies at once that
// all is done. Its invocations cost what the way to a function and back costs.
//
//	(module
//	  (import "queuelet_v1" "event_read"  (func $read  (param i32 i32) (result i32)))
//	  (import "queuelet_v1" "event_reply" (func $reply (param i32 i32) (result i32)))
//	  (memory (export "memory") 2)
//	  (func (export "queuelet_handle") (param i32) (result i32)
//	    (drop (call $read  (i32.const 0) (i32.const 65536)))
//	    (drop (call $reply (i32.const 0) (i32.const 0)))
//	    (i32.const 0)))
func TrivialFunction() []byte {
	const function, memory, i32 = 0, 2, 0x7f
	section := func(id byte, parts ...[]byte) []byte {
		content := slices.Concat(parts...)
		return append([]byte{id, byte(len(content))}, content...)
	}
	name := func(text string) []byte { return append([]byte{byte(len(text))}, text...) }
	imported := func(text string) []byte {
		return slices.Concat(name("queuelet_v1"), name(text), []byte{function, 0}) // of type 0
	}
	code := []byte{
		0,                                           // no locals
		0x41, 0, 0x41, 0x80, 0x80, 4, 0x10, 0, 0x1a, // read into 64 KiB, drop the length
		0x41, 0, 0x41, 0, 0x10, 1, 0x1a, // reply with nothing, drop the answer
		0x41, 0, 0x0b, // 0, end
	}
	return slices.Concat(
		[]byte("\x00asm\x01\x00\x00\x00"),
		section(1, []byte{2}, []byte{0x60, 2, i32, i32, 1, i32}, []byte{0x60, 1, i32, 1, i32}), // types
		section(2, []byte{2}, imported("event_read"), imported("event_reply")),
		section(3, []byte{1, 1}),    // one function, of type 1
		section(5, []byte{1, 0, 2}), // one memory of two pages
		section(7, []byte{2}, name("memory"), []byte{memory, 0}, name("queuelet_handle"), []byte{function, 2}),
		section(10, []byte{1}, name(string(code))), // code is length and bytes, like a name
	)
}
