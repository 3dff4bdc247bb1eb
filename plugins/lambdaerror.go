package plugins

import (
	"cmp"
	"errors"
	"fmt"
)

// LambdaError says how an invocation failed in the words that Lambda has for it: the errorType and errorMessage of its
// error object.
func LambdaError(err error, requestID string) (errorType, message string) {
	if handler, ok := errors.AsType[*HandlerError](err); ok {
		return cmp.Or(handler.Type, "Error"), handler.Message
	}
	about := fmt.Sprintf("RequestId: %s Error: ", requestID)
	if timeout, ok := errors.AsType[*TimeoutError](err); ok {
		return "Sandbox.Timedout", about + fmt.Sprintf("Task timed out after %.2f seconds", timeout.After.Seconds())
	}
	if trap, ok := errors.AsType[*TrapError](err); ok {
		return "Runtime.ExitError", about + trap.Reason
	}
	if contract, ok := errors.AsType[*ContractError](err); ok {
		return "Runtime.InvalidResponse", about + contract.Problem
	}
	return "Runtime.Unknown", about + err.Error()
}
