// The function works off orders: each is logged, and what is no order goes to the dead-letter queue.
package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

type order struct {
	Order int `json:"order"`
}

// handle returns an error for a record that is to come again; the others are done.
func handle(_ context.Context, record abi.Record) error {
	var o order
	if err := json.Unmarshal([]byte(record.Body), &o); err != nil {
		return queuelet.DeadLetter(fmt.Errorf("read the order: %w", err))
	}
	fmt.Printf("order %d is done\n", o.Order)
	return nil
}

func main() { queuelet.HandleRecord(handle) }
