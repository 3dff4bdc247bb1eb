// Check prices an order and says whether it may be shipped. Its mapping hands it one order at a time and passes its reply
// on as the responsePayload of an invocation record.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

type order struct {
	Order    int `json:"order"`
	Quantity int `json:"quantity"`
}

type result struct {
	Order    int  `json:"order"`
	Total    int  `json:"total"`
	Approved bool `json:"approved"`
}

const (
	price = 3
	most  = 100 // that is sold at once
)

var errNothing = errors.New("nobody can buy less than one")

func check(_ context.Context, event abi.Event) (result, error) {
	var o order
	if err := json.Unmarshal([]byte(event.Records[0].Body), &o); err != nil {
		return result{}, fmt.Errorf("read the order: %w", err)
	}
	if o.Quantity < 1 {
		return result{}, fmt.Errorf("order %d: %w", o.Order, errNothing)
	}
	return result{Order: o.Order, Total: price * o.Quantity, Approved: o.Quantity <= most}, nil
}

func main() { queuelet.Start(check) }
