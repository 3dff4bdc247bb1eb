package plugins

import (
	"context"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Caller says for whom a host operation runs.
type Caller struct {
	Function  string
	RequestID string
}

// HostServices runs the operations that guests ask for with call and call_start.
type HostServices interface {
	// Call runs one operation of abi.IsOperation. The request is the guest's and changes after Call returns. ctx ends at
	// the invocation's deadline. An error that is or wraps an abi.Errno reaches the guest as that number, and any other as
	// abi.Failed.
	Call(ctx context.Context, caller Caller, operation string, request []byte) ([]byte, error)
}

// noServices is what a runtime without host services has: nothing is granted.
type noServices struct{}

func (noServices) Call(context.Context, Caller, string, []byte) ([]byte, error) {
	return nil, abi.Denied
}
