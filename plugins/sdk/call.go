package queuelet

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// calling keeps the response of one call from being lost to another goroutine's.
var calling sync.Mutex

// Call runs a host operation, of which package abi tells what it takes and gives, and waits for it. Header and response
// are encoded and decoded with encoding/json; nil stands for none. It returns the body of the response. The error is, or
// wraps, an [abi.Errno] that says why the host did not do it: [abi.Denied] unless the function's configuration grants it.
// The operation ends at the deadline of the invocation.
func Call(operation string, header any, body []byte, response any) ([]byte, error) {
	request, err := frame(operation, header, body)
	if err != nil {
		return nil, err
	}
	calling.Lock()
	defer calling.Unlock()
	return result(operation, hostCall(operation, request), response)
}

// Pending is a host operation that runs beside the function, at most until the event is done.
type Pending struct {
	operation string
	handle    int32
}

// StartCall is [Call] without waiting.
func StartCall(operation string, header any, body []byte) (*Pending, error) {
	request, err := frame(operation, header, body)
	if err != nil {
		return nil, err
	}
	handle := hostStart(operation, request)
	if handle <= 0 {
		return nil, fmt.Errorf("%s: %w", operation, abi.Errno(handle))
	}
	return &Pending{operation, handle}, nil
}

// Wait waits for the operation and returns what [Call] does. After [abi.TimedOut] it can be waited for again.
func (p *Pending) Wait(timeout time.Duration, response any) ([]byte, error) {
	calling.Lock()
	defer calling.Unlock()
	return result(p.operation, hostWait(p.handle, int32(min(timeout.Milliseconds(), 1<<31-1))), response)
}

func frame(operation string, header any, body []byte) ([]byte, error) {
	var text []byte
	if header != nil {
		var err error
		if text, err = json.Marshal(header); err != nil {
			return nil, fmt.Errorf("%s: encode the header: %w", operation, err)
		}
	}
	return abi.AppendFrame(nil, text, body), nil
}

// result reads the response of the last call, of which size tells the length, or why there is none.
func result(operation string, size int32, response any) ([]byte, error) {
	if size < 0 {
		return nil, fmt.Errorf("%s: %w", operation, abi.Errno(size))
	}
	header, body, err := abi.SplitFrame(hostResult(int(size)))
	if err == nil && response != nil && len(header) > 0 {
		err = json.Unmarshal(header, response)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: read the response: %w", operation, err)
	}
	return body, nil
}
