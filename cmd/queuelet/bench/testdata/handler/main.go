// Handler is the Go function that is measured: it reads the number at the beginning of
// each body, and reports the records that have none.
package main

import (
	"context"
	"strconv"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

const numberWidth = 12

func handle(_ context.Context, event abi.Event) (abi.Response, error) {
	var response abi.Response
	for _, record := range event.Records {
		if _, err := strconv.Atoi(record.Body[:min(numberWidth, len(record.Body))]); err != nil {
			response.BatchItemFailures = append(response.BatchItemFailures, abi.BatchItemFailure{ItemIdentifier: record.MessageID})
		}
	}
	return response, nil
}

func main() { queuelet.Start(handle) }
