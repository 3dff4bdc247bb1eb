//go:build !wasip1

package queuelet

import (
	"fmt"
	"os"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Outside of WebAssembly there is no host, which is enough for the unit tests of a handler: logs go to standard error, and
// every operation is unknown.

func hostLog(_ abi.LogLevel, line string) { fmt.Fprintln(os.Stderr, line) }

func hostCall(string, []byte) int32 { return int32(abi.Unknown) }

func hostStart(string, []byte) int32 { return int32(abi.Unknown) }

func hostWait(int32, int32) int32 { return int32(abi.NotFound) }

func hostResult(size int) []byte { return make([]byte, size) }
