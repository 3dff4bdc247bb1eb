//go:build !wasip1

package queuelet

import (
	"context"
	"fmt"
	"os"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Outside of WebAssembly there is no host but the one that a test gives: logs go to standard error, and every operation is
// denied.

func hostLog(_ abi.LogLevel, line string) { fmt.Fprintln(os.Stderr, line) }

type ownHost struct{}

func (ownHost) Call(context.Context, string, []byte) ([]byte, error) {
	return nil, fmt.Errorf("there is no host outside of queuelet; give the handler a context of WithHost: %w", abi.Denied)
}

func hostStart(string, []byte) int32 { return int32(abi.Denied) }

func hostWait(int32, int32) ([]byte, error) { return nil, abi.NotFound }
