// Orders is a handler as somebody would write it: it decodes each body, and reports the orders it refuses.
package main

import (
	"context"
	"encoding/json"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

type order struct {
	ID     string  `json:"id"`
	Amount float64 `json:"amount"`
	Fail   bool    `json:"fail"`
}

func handle(_ context.Context, event abi.Event) (abi.Response, error) {
	response := abi.Response{}
	for _, record := range event.Records {
		var o order
		if err := json.Unmarshal([]byte(record.Body), &o); err != nil || o.Fail {
			response.BatchItemFailures = append(response.BatchItemFailures,
				abi.BatchItemFailure{ItemIdentifier: record.MessageID})
		}
	}
	return response, nil
}

func main() { queuelet.Start(handle) }
