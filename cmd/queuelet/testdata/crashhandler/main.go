// Command crashhandler is the handler of the crash tests: it logs what it has done, takes its
// time for what is slow, and fails what is poisoned.
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

func handle(_ context.Context, r abi.Record) error {
	if strings.HasPrefix(r.Body, "poison") {
		return errors.New("poisoned")
	}
	if strings.HasPrefix(r.Body, "slow") {
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Println("done", r.Body)
	return nil
}

func main() { queuelet.HandleRecord(handle) }
