// Package lambdaapi translates the REST API of AWS Lambda to and from calls of package function.
//
// It is served on the port of the SQS API. The two never meet: Lambda's paths begin with the date of an API version,
// such as /2015-03-31/, and the URL of a queue begins with an account, which is twelve digits. Requests are signed like
// those for SQS, for the service "lambda", by the same access keys. A key whose configuration lists what it may do to
// queues may do nothing here.
//
// A request passes these files in order:
//
//	api.go       from the first byte to the answer
//	route.go     which operation a method and a path mean
//	body.go      reads the body, bounded while it is read
//	call_*.go    the operations
//	wire.go      the JSON of requests and answers
//	errors.go    the catalogue of exceptions and their HTTP status
//
// Paths, fields, statuses and exceptions are those of the API reference
// (https://docs.aws.amazon.com/lambda/latest/api/). Beyond it there are: the field FromVersion of UpdateFunctionCode,
// which rolls $LATEST back, and GET on the invocations of a function, which shows the last ones with their logs.
package lambdaapi
