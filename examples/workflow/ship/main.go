// Ship sends orders on their way that were checked. It reads the reply of check out of the invocation records that its
// queue has.
package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

// invocation is the part of an invocation record that matters here.
type invocation struct {
	ResponsePayload struct {
		Order int `json:"order"`
		Total int `json:"total"`
	} `json:"responsePayload"`
}

func ship(_ context.Context, record abi.Record) error {
	var checked invocation
	if err := json.Unmarshal([]byte(record.Body), &checked); err != nil {
		return fmt.Errorf("read what was checked: %w", err)
	}
	fmt.Printf("order %d is shipped for %d\n", checked.ResponsePayload.Order, checked.ResponsePayload.Total)
	return nil
}

func main() { queuelet.HandleRecord(ship) }
