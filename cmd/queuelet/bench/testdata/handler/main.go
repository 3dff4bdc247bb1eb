// Handler is the Go function that is measured: it decodes each body that is JSON, reads the number at the beginning of each
// other one, and reports the records that have none.
package main

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

const numberWidth = 12

type order struct {
	ID     string `json:"id"`
	Amount int    `json:"amount"`
}

func read(body string) error {
	if strings.HasPrefix(body, "{") {
		return json.Unmarshal([]byte(body), new(order))
	}
	_, err := strconv.Atoi(body[:min(numberWidth, len(body))])
	return err
}

func handle(_ context.Context, event abi.Event) (abi.Response, error) {
	var response abi.Response
	for _, record := range event.Records {
		if err := read(record.Body); err != nil {
			response.BatchItemFailures = append(response.BatchItemFailures, abi.BatchItemFailure{ItemIdentifier: record.MessageID})
		}
	}
	return response, nil
}

func main() { queuelet.Start(handle) }
