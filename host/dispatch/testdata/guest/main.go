// Guest does with each record what its body says.
package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

var turns int

func handle(_ context.Context, event abi.Event) (abi.Response, error) {
	var response abi.Response
	for _, record := range event.Records {
		action, argument, _ := strings.Cut(record.Body, " ")
		switch action {
		case "fail":
			response.BatchItemFailures = append(response.BatchItemFailures, abi.BatchItemFailure{ItemIdentifier: record.MessageID})
		case "bury":
			response.BatchItemFailures = append(response.BatchItemFailures,
				abi.BatchItemFailure{ItemIdentifier: record.MessageID, DeadLetter: true})
		case "error":
			return response, errors.New(argument)
		case "panic":
			panic(argument)
		case "exit":
			os.Exit(7)
		case "loop":
			for {
				turns++
			}
		case "sleep":
			pause, err := time.ParseDuration(argument)
			if err != nil {
				return response, err
			}
			time.Sleep(pause)
		}
	}
	return response, nil
}

func main() { queuelet.Start(handle) }
