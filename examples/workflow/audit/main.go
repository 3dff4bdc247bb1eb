// Audit writes down every order that comes in, whatever becomes of it.
package main

import (
	"context"
	"fmt"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

func audit(_ context.Context, record abi.Record) error {
	fmt.Printf("order came in at %s: %s\n", record.Attributes["SentTimestamp"], record.Body)
	return nil
}

func main() { queuelet.HandleRecord(audit) }
