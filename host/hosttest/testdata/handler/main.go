// Command handler is a function for tests: it does what the body of a record says.
package main

import (
	"context"
	"errors"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

var errTold = errors.New("told to fail")

func main() {
	queuelet.HandleRecord(func(_ context.Context, record abi.Record) error {
		switch record.Body {
		case "fail":
			return errTold
		case "sleep":
			time.Sleep(time.Second)
		}
		return nil
	})
}
