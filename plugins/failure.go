package plugins

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"github.com/queuelet/queuelet/plugins/javascript"
)

// late is the error of a phase whose time has run out.
func (i *instance) late() error {
	return lateError(i.watch.reason(), i.v.config.Name, i.watch.deadline.Sub(i.began))
}

// lateError is the error of what had so much time, or was not wanted any more, as cause says.
func lateError(cause error, function string, had time.Duration) error {
	if !errors.Is(cause, context.DeadlineExceeded) {
		return &CanceledError{Function: function, Err: cause}
	}
	return &TimeoutError{Function: function, After: had.Round(time.Millisecond)}
}

// failure makes the error of a guest that has ended out of what wazero said.
func (i *instance) failure(err error) error {
	if errors.Is(err, errStopped) || i.watch.fired.Load() {
		return i.late()
	}
	if contract, ok := errors.AsType[*ContractError](err); ok {
		return contract
	}
	if script, ok := errors.AsType[*javascript.ScriptError](err); ok {
		return i.scriptFailure(script)
	}
	trap := &TrapError{Function: i.v.config.Name, Output: i.log.output()}
	var exit *sys.ExitError
	switch {
	case err == nil:
		trap.Reason = "main returned before its work was done"
	case errors.As(err, &exit):
		trap.Reason = fmt.Sprintf("exit code %d", exit.ExitCode())
	default:
		reason, stack, _ := strings.Cut(err.Error(), "\n")
		trap.Reason, trap.Stack = reason, strings.TrimPrefix(stack, "wasm stack trace:\n")
	}
	if cause := i.log.cause(); cause != "" {
		trap.Reason = cause + " (" + trap.Reason + ")"
	}
	return trap
}

// isExit says whether a guest ended itself with an exit code.
func isExit(err error, code uint32) bool {
	var exit *sys.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == code
}
