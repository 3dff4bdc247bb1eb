// Greet logs a greeting for each message, but does not like some.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

func main() {
	queuelet.HandleRecord(func(_ context.Context, record abi.Record) error {
		if record.Body == "bad" {
			return errors.New("I do not like it")
		}
		fmt.Println(os.Getenv("GREETING"), record.Body)
		return nil
	})
}
