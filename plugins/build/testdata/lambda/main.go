// Lambda is a function for AWS Lambda as its author wrote it. Nothing in it knows of queuelet.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"
	"testing/iotest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// handle responds with a stream, which breaks off, to a record that asks for it.
func handle(ctx context.Context, event events.SQSEvent) (any, error) {
	var response events.SQSEventResponse
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
		case "stream":
			return strings.NewReader(`{"batchItemFailures":[{"itemIdentifier":"` + record.MessageId + `"}]}`), nil
		case "broken stream":
			return io.MultiReader(strings.NewReader("{"), iotest.ErrReader(errors.New("the stream broke"))), nil
		case "error":
			return response, errors.New("failed as asked")
		case "poison":
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
		}
	}
	return response, nil
}

func main() { lambda.Start(handle) }
