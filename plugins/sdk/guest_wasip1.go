//go:build wasip1

package queuelet

import (
	"context"
	"encoding/json"
	"os"
	"unsafe"

	"github.com/queuelet/queuelet/plugins/abi"
)

//go:wasmimport queuelet_v1 event_next
func eventNext() int32

//go:wasmimport queuelet_v1 event_read
func eventRead(dst unsafe.Pointer, size uint32) int32

//go:wasmimport queuelet_v1 event_reply
func eventReply(src unsafe.Pointer, size uint32) int32

//go:wasmimport queuelet_v1 event_fail
func eventFail(src unsafe.Pointer, size uint32)

//go:wasmimport queuelet_v1 event_context
func eventContext(dst unsafe.Pointer, size uint32) int32

// serve works on events until there are no more.
func serve(handle handler) {
	var event, about []byte
	for {
		size := eventNext()
		if size < 0 {
			return
		}
		event = grow(event, int(size))
		eventRead(unsafe.Pointer(unsafe.SliceData(event)), uint32(len(event)))
		about = readContext(about)
		var invocation abi.Invocation
		if err := json.Unmarshal(about, &invocation); err != nil {
			fail(abi.ErrorObject{ErrorType: "Runtime.BadContext", ErrorMessage: err.Error()})
			continue
		}
		ctx, cancel := newContext(invocation)
		work(ctx, handle, event)
		cancel()
	}
}

// work gives one event to the handler and its outcome to the host. A panic ends the guest, for nobody knows what state
// it has left behind.
func work(ctx context.Context, handle handler, event []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			fail(describePanic(cause))
			os.Exit(2)
		}
	}()
	response, err := handle(ctx, event)
	if err != nil {
		fail(describeError(err))
		return
	}
	if errno := abi.Errno(eventReply(unsafe.Pointer(unsafe.SliceData(response)), uint32(len(response)))); errno != abi.OK {
		fail(abi.ErrorObject{ErrorType: "Runtime.BadResponse", ErrorMessage: "the response was refused: " + errno.Error()})
	}
}

func fail(f abi.ErrorObject) {
	text, err := json.Marshal(f)
	if err != nil {
		text = []byte(f.ErrorMessage)
	}
	eventFail(unsafe.Pointer(unsafe.SliceData(text)), uint32(len(text)))
}

// readContext reads what the host says about the invocation.
func readContext(buffer []byte) []byte {
	if cap(buffer) == 0 {
		buffer = make([]byte, 512)
	}
	buffer = buffer[:cap(buffer)]
	size := int(eventContext(unsafe.Pointer(unsafe.SliceData(buffer)), uint32(len(buffer))))
	if size > len(buffer) {
		buffer = make([]byte, size)
		size = int(eventContext(unsafe.Pointer(unsafe.SliceData(buffer)), uint32(len(buffer))))
	}
	return buffer[:size]
}

func grow(buffer []byte, size int) []byte {
	if cap(buffer) < size {
		return make([]byte, size)
	}
	return buffer[:size]
}
