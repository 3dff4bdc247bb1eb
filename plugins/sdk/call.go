package queuelet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Host carries out operations, whose requests and responses are frames (see [abi.AppendFrame]). A function has the one that
// it runs in; a test gives its own to the handler with [WithHost], a [Stub] for example.
type Host interface {
	Call(ctx context.Context, operation string, request []byte) (response []byte, err error)
}

type hostKey struct{}

// WithHost returns a context whose operations a host of the test's carries out.
func WithHost(ctx context.Context, host Host) context.Context {
	return context.WithValue(ctx, hostKey{}, host)
}

// givenHost is the one of WithHost, nil for none.
func givenHost(ctx context.Context) Host {
	host, _ := ctx.Value(hostKey{}).(Host)
	return host
}

// Call runs a host operation, of which package abi tells what it takes and gives, and waits for it. Header and response
// are encoded and decoded with encoding/json; nil stands for none. It returns the body of the response. The error is, or
// wraps, an [abi.Errno] that says why the host did not do it: [abi.Denied] unless the function's configuration grants it.
// The operation ends at the deadline of the invocation.
func Call(ctx context.Context, operation string, header any, body []byte, response any) ([]byte, error) {
	request, err := frame(ctx, operation, header, body)
	if err != nil {
		return nil, err
	}
	host := givenHost(ctx)
	if host == nil {
		host = ownHost{}
	}
	answer, err := host.Call(ctx, operation, request)
	return result(operation, answer, err, response)
}

// Pending is a host operation that runs beside the function, at most until the event is done.
type Pending struct {
	operation string
	handle    int32
	given     bool // a host of the test's has answered it at once
	answer    []byte
	err       error
}

// StartCall is [Call] without waiting.
func StartCall(ctx context.Context, operation string, header any, body []byte) (*Pending, error) {
	request, err := frame(ctx, operation, header, body)
	if err != nil {
		return nil, err
	}
	if host := givenHost(ctx); host != nil {
		answer, err := host.Call(ctx, operation, request)
		return &Pending{operation: operation, given: true, answer: answer, err: err}, nil
	}
	handle := hostStart(operation, request)
	if handle <= 0 {
		return nil, fmt.Errorf("%s: %w", operation, abi.Errno(handle))
	}
	return &Pending{operation: operation, handle: handle}, nil
}

// Wait waits for the operation and returns what [Call] does. After [abi.TimedOut] it can be waited for again.
func (p *Pending) Wait(timeout time.Duration, response any) ([]byte, error) {
	if p.given {
		return result(p.operation, p.answer, p.err, response)
	}
	answer, err := hostWait(p.handle, int32(min(timeout.Milliseconds(), math.MaxInt32)))
	return result(p.operation, answer, err, response)
}

// frame makes a request, unless the time for it is up.
func frame(ctx context.Context, operation string, header any, body []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", operation, errors.Join(abi.TimedOut, err))
	}
	var text []byte
	if header != nil {
		var err error
		if text, err = json.Marshal(header); err != nil {
			return nil, fmt.Errorf("%s: encode the header: %w", operation, err)
		}
	}
	return abi.AppendFrame(nil, text, body), nil
}

// result reads an answer.
func result(operation string, answer []byte, err error, response any) ([]byte, error) {
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	header, body, err := abi.SplitFrame(answer)
	if err == nil && response != nil && len(header) > 0 {
		err = json.Unmarshal(header, response)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: read the response: %w", operation, err)
	}
	return body, nil
}
