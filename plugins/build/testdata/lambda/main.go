// Lambda is a function for AWS Lambda as its author wrote it. Nothing in it knows of queuelet.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func handle(ctx context.Context, event events.SQSEvent) (response events.SQSEventResponse, err error) {
	about, ok := lambdacontext.FromContext(ctx)
	if !ok {
		return response, errors.New("there is no Lambda context")
	}
	deadline, _ := ctx.Deadline()
	log.Printf("request %s of %s, %s, with %d MB", about.AwsRequestID, lambdacontext.FunctionName, about.InvokedFunctionArn,
		lambdacontext.MemoryLimitInMB)
	if left := time.Until(deadline); left <= 0 || left > time.Minute {
		return response, fmt.Errorf("%s are left", left)
	}
	for _, record := range event.Records {
		switch record.Body {
		case "panic":
			panic("as asked")
		case "error":
			return response, errors.New("failed as asked")
		case "poison":
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
		}
	}
	return response, nil
}

func main() { lambda.Start(handle) }
