//go:build wasip1

package queuelet

import (
	"context"
	"sync"
	"unsafe"

	"github.com/queuelet/queuelet/plugins/abi"
)

//go:wasmimport queuelet_v1 log
func importLog(level int32, src unsafe.Pointer, size uint32)

//go:wasmimport queuelet_v1 call
func importCall(op unsafe.Pointer, opSize uint32, request unsafe.Pointer, size uint32) int32

//go:wasmimport queuelet_v1 call_start
func importCallStart(op unsafe.Pointer, opSize uint32, request unsafe.Pointer, size uint32) int32

//go:wasmimport queuelet_v1 call_wait
func importCallWait(handle, timeoutMs int32) int32

//go:wasmimport queuelet_v1 call_result
func importCallResult(dst unsafe.Pointer, size uint32) int32

func hostLog(level abi.LogLevel, line string) {
	importLog(int32(level), unsafe.Pointer(unsafe.StringData(line)), uint32(len(line)))
}

// calling keeps the response of one call from being lost to another goroutine's.
var calling sync.Mutex

// ownHost is the one that the function runs in.
type ownHost struct{}

// Call waits for the operation, and with it the whole function does.
func (ownHost) Call(_ context.Context, operation string, request []byte) ([]byte, error) {
	calling.Lock()
	defer calling.Unlock()
	return hostResult(importCall(unsafe.Pointer(unsafe.StringData(operation)), uint32(len(operation)),
		unsafe.Pointer(unsafe.SliceData(request)), uint32(len(request))))
}

func hostStart(operation string, request []byte) int32 {
	return importCallStart(unsafe.Pointer(unsafe.StringData(operation)), uint32(len(operation)),
		unsafe.Pointer(unsafe.SliceData(request)), uint32(len(request)))
}

func hostWait(handle, timeoutMs int32) ([]byte, error) {
	calling.Lock()
	defer calling.Unlock()
	return hostResult(importCallWait(handle, timeoutMs))
}

// hostResult reads the response of the last call, of which size tells the length, or why there is none.
func hostResult(size int32) ([]byte, error) {
	if size < 0 {
		return nil, abi.Errno(size)
	}
	response := make([]byte, size)
	importCallResult(unsafe.Pointer(unsafe.SliceData(response)), uint32(size))
	return response, nil
}
