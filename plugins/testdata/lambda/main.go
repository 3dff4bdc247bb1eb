// Lambda is a handler written for AWS Lambda. Only the import of the package with Start is another one.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	lambda "github.com/queuelet/queuelet/plugins/sdk"
)

func handler(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	var response events.SQSEventResponse
	if _, ok := ctx.Deadline(); !ok {
		return response, errors.New("the context has no deadline")
	}
	for _, message := range event.Records {
		if message.Body == "poison" || message.Attributes["ApproximateReceiveCount"] == "" {
			response.BatchItemFailures = append(response.BatchItemFailures,
				events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	return response, nil
}

func main() { lambda.Start(handler) }
