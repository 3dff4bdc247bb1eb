// Command handler is a function for tests: it does what the body of a record says.
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

var errTold = errors.New("told to fail")

func main() {
	queuelet.HandleRecord(func(ctx context.Context, record abi.Record) error {
		switch what, queue, _ := strings.Cut(record.Body, " "); what {
		case "fail":
			return errTold
		case "sleep":
			fmt.Println("asleep")
			time.Sleep(time.Second)
		case "tell":
			_, err := queuelet.SendMessage(ctx, queuelet.Message{Queue: queue, Body: []byte("told")})
			return err
		}
		return nil
	})
}
