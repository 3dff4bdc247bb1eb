package plugins

import (
	"context"
	"errors"

	"github.com/queuelet/queuelet/plugins/abi"
)

// perform runs an operation for the guest and waits for it.
func (i *instance) perform(op string, request []byte) ([]byte, error) {
	if len(request) > abi.MaxEvent {
		return nil, abi.TooBig
	}
	i.park()
	response, err := i.v.host.services.Call(i.watch.context(), i.caller(), op, request)
	i.unpark()
	i.checkTime()
	return response, err
}

// caller says for whom an operation runs.
func (i *instance) caller() Caller {
	c := Caller{Function: i.v.config.Name}
	if i.batch != nil {
		c.RequestID = i.batch.RequestID
	}
	return c
}

// errnoOf is what a guest is told of an operation's error.
func errnoOf(err error) abi.Errno {
	var errno abi.Errno
	switch {
	case err == nil:
		return abi.OK
	case errors.As(err, &errno):
		return errno
	case errors.Is(err, context.DeadlineExceeded):
		return abi.TimedOut
	default:
		return abi.Failed
	}
}
