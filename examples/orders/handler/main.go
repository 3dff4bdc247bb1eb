// Handler works off orders. It takes a Lambda function's event and gives a Lambda function's response; built with
//
//	GOOS=wasip1 GOARCH=wasm go build -o orders.wasm ./examples/orders/handler
//
// it runs inside of queuelet.
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

// handle names the records that failed. They come again, until the queue's redrive policy gives them up; the others are
// done.
func handle(_ context.Context, event abi.Event) (abi.Response, error) {
	var response abi.Response
	for _, record := range event.Records {
		if err := work(record); err != nil {
			fmt.Printf("order refused at attempt %s: %v\n", record.Attributes["ApproximateReceiveCount"], err)
			response.BatchItemFailures = append(response.BatchItemFailures, abi.BatchItemFailure{ItemIdentifier: record.MessageID})
		}
	}
	return response, nil
}

var errNegative = errors.New("nobody can buy less than nothing")

func work(record abi.Record) error {
	var o order
	if err := json.Unmarshal([]byte(record.Body), &o); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	if o.Quantity < 0 {
		return fmt.Errorf("order %d: %w", o.Order, errNegative)
	}
	fmt.Printf("order %d is done\n", o.Order)
	return nil
}

func main() { queuelet.Start(handle) }
