// Orders: each is logged, one for less than nothing is refused and comes again a second later, and what is done goes on to
// the queue of invoices.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

type order struct {
	Order    int `json:"order"`
	Quantity int `json:"quantity"`
}

func handle(ctx context.Context, record abi.Record) error {
	var o order
	if err := json.Unmarshal([]byte(record.Body), &o); err != nil {
		return queuelet.DeadLetter(fmt.Errorf("read the order: %w", err))
	}
	if o.Quantity < 0 {
		attempt := record.Attributes["ApproximateReceiveCount"]
		return queuelet.RetryAfter(time.Second, fmt.Errorf("order %d refused at attempt %s", o.Order, attempt))
	}
	// The function's configuration has to grant this.
	if _, err := queuelet.SendMessage(ctx, queuelet.Message{Queue: "invoices", Body: []byte(record.Body)}); err != nil {
		queuelet.Log(abi.LogDebug, fmt.Sprintf("order %d has no invoice: %v", o.Order, err))
	}
	fmt.Printf("order %d is done\n", o.Order)
	return nil
}

func main() { queuelet.HandleRecord(handle) }
