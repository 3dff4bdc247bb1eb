package hosttest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/queuelet/queuelet/host/hosttest"
)

// errorCode is the name of the exception.
func errorCode(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return fmt.Sprint(err)
}

func TestLambdaRefusals(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config(mapped(buildHandler(t))))
	c := server.Lambda()
	createFunction(t, c, "orders", done(""))
	zip := zipped(t, done("x"))
	create := func(change func(*lambda.CreateFunctionInput)) func() error {
		in := &lambda.CreateFunctionInput{
			FunctionName: aws.String("new"), Runtime: types.RuntimeProvidedal2023, Role: aws.String("r"), Code: &types.FunctionCode{ZipFile: zip},
		}
		change(in)
		return func() error {
			_, err := c.CreateFunction(t.Context(), in)
			return err
		}
	}
	mapping := func(change func(*lambda.CreateEventSourceMappingInput)) func() error {
		in := &lambda.CreateEventSourceMappingInput{FunctionName: aws.String("orders"), EventSourceArn: aws.String("arn:aws:sqs:us-east-1:000000000000:work")}
		change(in)
		return func() error {
			_, err := c.CreateEventSourceMapping(t.Context(), in)
			return err
		}
	}
	tests := []struct {
		name, want string
		call       func() error
	}{
		{"exists", "ResourceConflictException", create(func(in *lambda.CreateFunctionInput) { in.FunctionName = aws.String("orders") })},
		{"name", "ValidationException", create(func(in *lambda.CreateFunctionInput) { in.FunctionName = aws.String("a.b") })},
		{"runtime", "InvalidParameterValueException", create(func(in *lambda.CreateFunctionInput) { in.Runtime = types.RuntimePython312 })},
		{"memory", "ValidationException", create(func(in *lambda.CreateFunctionInput) { in.MemorySize = aws.Int32(1 << 20) })},
		{"timeout", "ValidationException", create(func(in *lambda.CreateFunctionInput) { in.Timeout = aws.Int32(901) })},
		{"description", "ValidationException", create(func(in *lambda.CreateFunctionInput) { in.Description = aws.String(strings.Repeat("x", 257)) })},
		{"environment", "ValidationException", create(func(in *lambda.CreateFunctionInput) {
			in.Environment = &types.Environment{Variables: map[string]string{"1A": "x"}}
		})},
		{"qualifier", "ValidationException", func() error {
			_, err := c.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("orders"), Qualifier: aws.String("a.b")})
			return err
		}},
		{"name of an alias", "ValidationException", func() error {
			_, err := c.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: aws.String("orders"), Name: aws.String("1"), FunctionVersion: aws.String("$LATEST")})
			return err
		}},
		{"type of an invocation", "ValidationException", func() error {
			_, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("orders"), InvocationType: "Later"})
			return err
		}},
		{"items of a page", "ValidationException", func() error {
			_, err := c.ListFunctions(t.Context(), &lambda.ListFunctionsInput{MaxItems: aws.Int32(10_001)})
			return err
		}},
		{"S3", "InvalidParameterValueException", create(func(in *lambda.CreateFunctionInput) {
			in.Code = &types.FunctionCode{S3Bucket: aws.String("abc"), S3Key: aws.String("k")}
		})},
		{"layers", "InvalidParameterValueException", create(func(in *lambda.CreateFunctionInput) { in.Layers = []string{"arn"} })},
		{"no archive", "InvalidParameterValueException", create(func(in *lambda.CreateFunctionInput) { in.Code = &types.FunctionCode{ZipFile: []byte("zip")} })},
		{"no module", "InvalidParameterValueException", create(func(in *lambda.CreateFunctionInput) {
			in.Code = &types.FunctionCode{ZipFile: zipped(t, []byte("not a module"))}
		})},
		{"other account", "AccessDeniedException", create(func(in *lambda.CreateFunctionInput) {
			in.FunctionName = aws.String("arn:aws:lambda:us-east-1:999999999999:function:new")
		})},
		{"configured function", "ResourceConflictException", func() error {
			_, err := c.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: aws.String("handler"), ZipFile: zip})
			return err
		}},
		{"configured function, again", "ResourceConflictException", create(func(in *lambda.CreateFunctionInput) { in.FunctionName = aws.String("handler") })},
		{"no queue", "InvalidParameterValueException", mapping(func(in *lambda.CreateEventSourceMappingInput) {
			in.EventSourceArn = aws.String("arn:aws:sqs:us-east-1:000000000000:nothing")
		})},
		{"no SQS", "InvalidParameterValueException", mapping(func(in *lambda.CreateEventSourceMappingInput) {
			in.EventSourceArn = aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/s")
		})},
		{"no function", "ResourceNotFoundException", mapping(func(in *lambda.CreateEventSourceMappingInput) { in.FunctionName = aws.String("nobody") })},
		{"batch without a window", "InvalidParameterValueException", mapping(func(in *lambda.CreateEventSourceMappingInput) { in.BatchSize = aws.Int32(100) })},
		{"filter", "InvalidParameterValueException", mapping(func(in *lambda.CreateEventSourceMappingInput) {
			in.FilterCriteria = &types.FilterCriteria{Filters: []types.Filter{{Pattern: aws.String(`{"body": 1}`)}}}
		})},
		{"starting position", "InvalidParameterValueException", mapping(func(in *lambda.CreateEventSourceMappingInput) { in.StartingPosition = types.EventSourcePositionLatest })},
		{"wrong key", "UnrecognizedClientException", func() error {
			key := server.Host.Config().SQS.Auth.Credentials[0]
			key.AccessKeyID = "nobody"
			_, err := server.LambdaAs(key).ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
			return err
		}},
		{"wrong secret", "InvalidSignatureException", func() error {
			key := server.Host.Config().SQS.Auth.Credentials[0]
			key.SecretAccessKey = "wrong"
			_, err := server.LambdaAs(key).ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
			return err
		}},
		{"unknown operation", "UnknownOperationException", func() error {
			_, err := c.ListLayers(t.Context(), &lambda.ListLayersInput{})
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := errorCode(tt.call()); got != tt.want {
				t.Errorf("refused with %s, want %s", got, tt.want)
			}
		})
	}
	// The configured function can be listed and invoked, and its mapping paused.
	got, err := c.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("handler")})
	if err != nil || *got.Configuration.Timeout != 30 {
		t.Errorf("the configured function is %+v, %v", got, err)
	}
	out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("handler"), Payload: []byte(`{"Records":[]}`)})
	if err != nil || out.FunctionError != nil {
		t.Errorf("the configured function answers %+v, %v", out, err)
	}
	list, err := c.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{FunctionName: aws.String("handler")})
	if err != nil || len(list.EventSourceMappings) != 1 {
		t.Fatalf("mappings %+v, %v", list, err)
	}
	if _, err := c.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: list.EventSourceMappings[0].UUID, Enabled: aws.Bool(false)}); err != nil {
		t.Error(err)
	}
}

const twoAccounts = `
sqs:
  auth:
    credentials:
      - {access_key_id: one, secret_access_key: secret-one, account_id: "111111111111"}
      - {access_key_id: two, secret_access_key: secret-two, account_id: "222222222222"}
      - {access_key_id: sender, secret_access_key: secret-three, account_id: "111111111111", allow: [{actions: ["*"], queues: ["*"]}]}
`

// TestLambdaAccounts keeps accounts apart, and keys away whose rights are limited.
func TestLambdaAccounts(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config(twoAccounts))
	keys := server.Host.Config().SQS.Auth.Credentials
	one, two, sender := server.LambdaAs(keys[0]), server.LambdaAs(keys[1]), server.LambdaAs(keys[2])
	createFunction(t, one, "orders", echo("of one"))
	createFunction(t, two, "orders", echo("of two"))
	if log := logOf(t, one, "orders"); !strings.Contains(log, "of one") {
		t.Errorf("account one runs:\n%s", log)
	}
	list, err := two.ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if err != nil || len(list.Functions) != 1 || !strings.Contains(*list.Functions[0].FunctionArn, "222222222222") {
		t.Errorf("account two has %+v, %v", list, err)
	}
	_, err = two.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("arn:aws:lambda:us-east-1:111111111111:function:orders")})
	if got := errorCode(err); got != "AccessDeniedException" {
		t.Errorf("account two on a function of account one: %s", got)
	}
	_, err = sender.ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if got := errorCode(err); got != "AccessDeniedException" {
		t.Errorf("a key with limited rights: %s", got)
	}
}

// TestLambdaHostileRequests sends what no client would.
func TestLambdaHostileRequests(t *testing.T) {
	server := hosttest.Start(t)
	for _, request := range []struct{ method, path, body string }{
		{"GET", "/2015-03-31/", ""},
		{"GET", "/2015-03-31/functions/%zz", ""},
		{"GET", "/2015-03-31/functions/" + strings.Repeat("a/", 5000), ""},
		{"POST", "/2015-03-31/functions/%2e%2e/invocations", "{}"},
		{"PUT", "/2015-03-31/functions", "{}"},
		{"POST", "/2015-03-31/functions", strings.Repeat("[", 100_000)},
		{"GET", "/2015-03-31/packages/../../x?token=&until=9", ""},
		{"DELETE", "/2017-03-31/tags/", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), request.method, server.URL()+request.path, strings.NewReader(request.body))
		if err != nil {
			continue // the path is not even one for a client
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Errorf("%s %s: %v", request.method, request.path[:min(len(request.path), 40)], err)
			continue
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode < 400 || answer.StatusCode >= 500 {
			t.Errorf("%s %s: status %d", request.method, request.path[:min(len(request.path), 40)], answer.StatusCode)
		}
	}
}
