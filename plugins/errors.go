package plugins

import (
	"errors"
	"fmt"
	"time"
)

// Kind is why an invocation or a deployment failed, in one word that fits a metric label.
type Kind string

// Values of Kind.
const (
	KindNone      Kind = ""
	KindThrottled Kind = "throttled"     // no room for it: concurrency, running guests, memory
	KindTimeout   Kind = "timed_out"     // the deadline passed
	KindCrash     Kind = "crashed"       // trap, exit, out of memory
	KindHandler   Kind = "handler_error" // the handler said so
	KindContract  Kind = "bad_response"  // the guest broke the contract of package abi
	KindCanceled  Kind = "canceled"      // the caller gave up
	KindNotFound  Kind = "not_found"     // no such function
	KindDeploy    Kind = "deploy"        // the module cannot be deployed
	KindOther     Kind = "other"
)

// Sentinels of this package.
var (
	ErrNotFound = errors.New("no such function")
	ErrClosed   = errors.New("the plugin runtime is closed")
)

// KindOf sorts an error of this package.
func KindOf(err error) Kind {
	if err == nil {
		return KindNone
	}
	var kinded interface{ Kind() Kind }
	switch {
	case errors.As(err, &kinded):
		return kinded.Kind()
	case errors.Is(err, ErrNotFound):
		return KindNotFound
	default:
		return KindOther
	}
}

// TrapError says that a guest ended in the middle of its work. Its instance is gone.
type TrapError struct {
	Function string
	Reason   string // one line: the trap, the exit code or the panic
	Stack    string // WebAssembly frames, innermost first; may be empty
	Output   string // the last lines of standard error, at most a few KiB
}

func (e *TrapError) Error() string {
	return fmt.Sprintf("function %q crashed: %s", e.Function, e.Reason)
}

// Kind is KindCrash.
func (*TrapError) Kind() Kind { return KindCrash }

// TimeoutError says that a guest did not finish in time. Its instance is gone.
type TimeoutError struct {
	Function  string
	After     time.Duration // how long it had
	Abandoned bool          // it did not stop when told to, and may still be running
}

func (e *TimeoutError) Error() string {
	if e.Abandoned {
		return fmt.Sprintf("function %q timed out after %v and could not be stopped", e.Function, e.After)
	}
	return fmt.Sprintf("function %q timed out after %v", e.Function, e.After)
}

// Kind is KindTimeout.
func (*TimeoutError) Kind() Kind { return KindTimeout }

// ContractError says that a guest did what package abi forbids. Its instance is gone.
type ContractError struct {
	Function string
	Problem  string
}

func (e *ContractError) Error() string {
	return fmt.Sprintf("function %q broke the contract: %s", e.Function, e.Problem)
}

// Kind is KindContract.
func (*ContractError) Kind() Kind { return KindContract }

// HandlerError is the failure a handler reported itself.
type HandlerError struct {
	Function string
	Type     string // errorType of Lambda's error object, if it was one
	Message  string
}

func (e *HandlerError) Error() string {
	if e.Type != "" {
		return fmt.Sprintf("function %q failed: %s: %s", e.Function, e.Type, e.Message)
	}
	return fmt.Sprintf("function %q failed: %s", e.Function, e.Message)
}

// Kind is KindHandler.
func (*HandlerError) Kind() Kind { return KindHandler }

// ThrottledError says that an invocation found no room in time. Nothing has run.
type ThrottledError struct {
	Function string
	Reason   string
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("function %q throttled: %s", e.Function, e.Reason)
}

// Kind is KindThrottled.
func (*ThrottledError) Kind() Kind { return KindThrottled }

// CanceledError says that the caller gave up before the guest was done.
type CanceledError struct {
	Function string
	Err      error // cause of the caller's context
}

func (e *CanceledError) Error() string {
	return fmt.Sprintf("invocation of function %q canceled: %v", e.Function, e.Err)
}

// Unwrap returns the cause.
func (e *CanceledError) Unwrap() error { return e.Err }

// Kind is KindCanceled.
func (*CanceledError) Kind() Kind { return KindCanceled }

// DeployError says why a module cannot be deployed and what to do about it. The version before it stays.
type DeployError struct {
	Function string
	Err      error
	Hint     string // what to do next; may be empty
}

func (e *DeployError) Error() string {
	if e.Hint != "" {
		return fmt.Sprintf("deploy function %q: %v; %s", e.Function, e.Err, e.Hint)
	}
	return fmt.Sprintf("deploy function %q: %v", e.Function, e.Err)
}

// Unwrap returns the cause.
func (e *DeployError) Unwrap() error { return e.Err }

// Kind is KindDeploy.
func (*DeployError) Kind() Kind { return KindDeploy }
