package operation

import (
	"fmt"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Error is an operation that was not carried out. It wraps Errno, which is what the guest gets.
type Error struct {
	Errno  abi.Errno
	Reason string // for the function's author
	Err    error  // the cause, if there is another
}

func (e *Error) Error() string {
	text := e.Errno.Error() + ": " + e.Reason
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the number and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Errno}
	}
	return []error{e.Errno, e.Err}
}

func refuse(errno abi.Errno, format string, args ...any) *Error {
	return &Error{Errno: errno, Reason: fmt.Sprintf(format, args...)}
}

// denied refuses what grants do not hold. key is where they would stand in the configuration.
func denied(key, what string) *Error {
	return refuse(abi.Denied, "%s is not granted: add it to grants.%s of the function or of its role", what, key)
}
