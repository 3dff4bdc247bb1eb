// Command crashhandler is the handler of the crash test: it logs what it has done and fails
// what is poisoned.
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

func handle(_ context.Context, r abi.Record) error {
	if strings.HasPrefix(r.Body, "poison") {
		return errors.New("poisoned")
	}
	fmt.Println("done", r.Body)
	return nil
}

func main() { queuelet.HandleRecord(handle) }
