// Lambdastream is a function for AWS Lambda whose response is read from a stream, which may break off.
package main

import (
	"errors"
	"io"
	"strings"
	"testing/iotest"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func handle(event events.SQSEvent) (io.Reader, error) {
	response := io.Reader(strings.NewReader(`{"batchItemFailures":[{"itemIdentifier":"` + event.Records[0].MessageId + `"}]}`))
	if event.Records[0].Body == "break" {
		response = io.MultiReader(response, iotest.ErrReader(errors.New("the stream broke")))
	}
	return response, nil
}

func main() { lambda.Start(handle) }
