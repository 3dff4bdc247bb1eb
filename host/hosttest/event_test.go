package hosttest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/hosttest"
)

const (
	doneARN   = "arn:aws:sqs:us-east-1:000000000000:done"
	failedARN = "arn:aws:sqs:us-east-1:000000000000:failed.fifo"
)

func destinations(onSuccess, onFailure string) *types.DestinationConfig {
	return &types.DestinationConfig{
		OnSuccess: &types.OnSuccess{Destination: &onSuccess}, OnFailure: &types.OnFailure{Destination: &onFailure},
	}
}

// TestLambdaEventInvokeConfig tells queues what becomes of asynchronous invocations.
func TestLambdaEventInvokeConfig(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config("queues: [{name: done}, {name: failed.fifo}]"))
	c, queues := server.Lambda(), v2{server.SQS()}
	createFunction(t, c, "echo", echo("works"))
	createFunction(t, c, "fails", fails(`{"errorType":"Broken","errorMessage":"no luck"}`))
	version := publish(t, c, "echo")
	if _, err := c.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: aws.String("echo"), Name: aws.String("live"), FunctionVersion: &version}); err != nil {
		t.Fatal(err)
	}
	for _, in := range []*lambda.PutFunctionEventInvokeConfigInput{
		{FunctionName: aws.String("echo"), Qualifier: aws.String("live"), DestinationConfig: destinations(doneARN, failedARN)},
		{FunctionName: aws.String("fails"), MaximumRetryAttempts: aws.Int32(0), DestinationConfig: destinations("", failedARN)},
	} {
		if _, err := c.PutFunctionEventInvokeConfig(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	event := func(name string) {
		t.Helper()
		_, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, InvocationType: types.InvocationTypeEvent, Payload: []byte(`{"n":1}`)})
		if err != nil {
			t.Fatal(err)
		}
	}
	told := func(queue string) map[string]any {
		t.Helper()
		var record map[string]any
		got := mustReceive(t, queues, server.URL()+"/000000000000/"+queue, 1, receive{})[0]
		if err := json.Unmarshal([]byte(got.Body), &record); err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339Nano, record["timestamp"].(string))
		request := record["requestContext"].(map[string]any)
		if id, _ := request["requestId"].(string); err != nil || time.Since(at) > time.Hour || len(id) != 36 {
			t.Errorf("told at %v with request id %q, %v", at, id, err)
		}
		delete(record, "timestamp")
		delete(request, "requestId")
		return record
	}
	record := func(name, condition string, count float64, response, payload any) map[string]any {
		want := map[string]any{
			"version": "1.0", "requestPayload": map[string]any{"n": 1.0},
			"requestContext": map[string]any{
				"functionArn": "arn:aws:lambda:us-east-1:000000000000:function:" + name, "condition": condition, "approximateInvokeCount": count,
			},
		}
		if response != nil {
			want["responseContext"], want["responsePayload"] = response, payload
		}
		return want
	}
	event("echo") // it has no configuration: only the alias has
	event("echo:live")
	want := record("echo:live", "Success", 1, map[string]any{"statusCode": 200.0, "executedVersion": "1"}, map[string]any{"n": 1.0})
	if d := cmp.Diff(want, told("done")); d != "" {
		t.Errorf("told of a success (-want +got):\n%s", d)
	}
	event("fails")
	want = record("fails:$LATEST", "RetriesExhausted", 1,
		map[string]any{"statusCode": 200.0, "executedVersion": "$LATEST", "functionError": "Unhandled"},
		map[string]any{"errorType": "Broken", "errorMessage": "no luck"})
	if d := cmp.Diff(want, told("failed.fifo")); d != "" {
		t.Errorf("told of a failure (-want +got):\n%s", d)
	}
	if _, err := c.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: aws.String("echo"), ReservedConcurrentExecutions: aws.Int32(0)}); err != nil {
		t.Fatal(err)
	}
	event("echo:live")
	if d := cmp.Diff(record("echo:live", "ZeroReservedConcurrency", 0, nil, nil), told("failed.fifo")); d != "" {
		t.Errorf("told of a function without concurrency (-want +got):\n%s", d)
	}
	mustBeEmpty(t, queues, server.URL()+"/000000000000/done")

	// A dead-letter queue gets the event itself.
	configured, err := c.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("fails"), DeadLetterConfig: &types.DeadLetterConfig{TargetArn: aws.String(doneARN)},
	})
	if err != nil || *configured.DeadLetterConfig.TargetArn != doneARN {
		t.Fatalf("configured %+v, %v", configured, err)
	}
	event("fails")
	dead := mustReceive(t, queues, server.URL()+"/000000000000/done", 1, receive{All: true})[0]
	if id := dead.Text["RequestID"]; len(id) != 36 || dead.Body != `{"n":1}` || dead.Number["ErrorCode"] != "200" || dead.Text["ErrorMessage"] != "no luck" {
		t.Errorf("the dead-letter queue has got %+v", dead)
	}
}

// TestLambdaEventInvokeConfigs goes through the operations on configurations.
func TestLambdaEventInvokeConfigs(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config("queues: [{name: done}, {name: failed.fifo}]"))
	c := server.Lambda()
	name := aws.String("orders")
	createFunction(t, c, "orders", done(""))
	publish(t, c, "orders")
	put, err := c.PutFunctionEventInvokeConfig(t.Context(), &lambda.PutFunctionEventInvokeConfigInput{
		FunctionName: name, MaximumRetryAttempts: aws.Int32(0), MaximumEventAgeInSeconds: aws.Int32(60),
	})
	if err != nil || *put.FunctionArn != "arn:aws:lambda:us-east-1:000000000000:function:orders:$LATEST" || *put.MaximumRetryAttempts != 0 ||
		*put.MaximumEventAgeInSeconds != 60 || put.DestinationConfig.OnSuccess.Destination != nil || time.Since(*put.LastModified) > time.Hour {
		t.Fatalf("put %+v, %v", put, err)
	}
	updated, err := c.UpdateFunctionEventInvokeConfig(t.Context(), &lambda.UpdateFunctionEventInvokeConfigInput{
		FunctionName: name, Qualifier: aws.String("$LATEST"), DestinationConfig: destinations(doneARN, failedARN),
	})
	if err != nil || *updated.MaximumRetryAttempts != 0 || *updated.DestinationConfig.OnFailure.Destination != failedARN {
		t.Errorf("updated %+v, %v", updated, err)
	}
	got, err := c.GetFunctionEventInvokeConfig(t.Context(), &lambda.GetFunctionEventInvokeConfigInput{FunctionName: name})
	if err != nil || *got.MaximumEventAgeInSeconds != 60 || *got.DestinationConfig.OnSuccess.Destination != doneARN {
		t.Errorf("got %+v, %v", got, err)
	}
	// What is put replaces everything.
	put, err = c.PutFunctionEventInvokeConfig(t.Context(), &lambda.PutFunctionEventInvokeConfigInput{FunctionName: name, MaximumRetryAttempts: aws.Int32(1)})
	if err != nil || put.MaximumEventAgeInSeconds != nil || put.DestinationConfig.OnFailure.Destination != nil {
		t.Errorf("put again %+v, %v", put, err)
	}
	if _, err := c.PutFunctionEventInvokeConfig(t.Context(), &lambda.PutFunctionEventInvokeConfigInput{
		FunctionName: aws.String("orders:1"), MaximumRetryAttempts: aws.Int32(2),
	}); err != nil {
		t.Fatal(err)
	}
	var listed []string
	pages := lambda.NewListFunctionEventInvokeConfigsPaginator(c, &lambda.ListFunctionEventInvokeConfigsInput{FunctionName: name, MaxItems: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.FunctionEventInvokeConfigs {
			listed = append(listed, (*item.FunctionArn)[strings.LastIndexByte(*item.FunctionArn, ':')+1:])
		}
	}
	if d := cmp.Diff([]string{"$LATEST", "1"}, listed); d != "" {
		t.Errorf("listed (-want +got):\n%s", d)
	}
	if _, err := c.DeleteFunctionEventInvokeConfig(t.Context(), &lambda.DeleteFunctionEventInvokeConfigInput{FunctionName: name}); err != nil {
		t.Fatal(err)
	}

	refused := func(change func(in *lambda.PutFunctionEventInvokeConfigInput)) error {
		in := &lambda.PutFunctionEventInvokeConfigInput{FunctionName: name}
		change(in)
		_, err := c.PutFunctionEventInvokeConfig(t.Context(), in)
		return err
	}
	destination := func(arn string) error {
		return refused(func(in *lambda.PutFunctionEventInvokeConfigInput) { in.DestinationConfig = destinations(arn, "") })
	}
	_, getErr := c.GetFunctionEventInvokeConfig(t.Context(), &lambda.GetFunctionEventInvokeConfigInput{FunctionName: name})
	_, updateErr := c.UpdateFunctionEventInvokeConfig(t.Context(), &lambda.UpdateFunctionEventInvokeConfigInput{FunctionName: name, MaximumRetryAttempts: aws.Int32(0)})
	_, deleteErr := c.DeleteFunctionEventInvokeConfig(t.Context(), &lambda.DeleteFunctionEventInvokeConfigInput{FunctionName: name})
	_, deadLetterErr := c.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: name, DeadLetterConfig: &types.DeadLetterConfig{TargetArn: aws.String(doneARN + "-or-not")},
	})
	for _, tt := range []struct {
		name, want string
		err        error
	}{
		{"get what is gone", "ResourceNotFoundException", getErr},
		{"update what is gone", "ResourceNotFoundException", updateErr},
		{"delete what is gone", "ResourceNotFoundException", deleteErr},
		{"nothing", "InvalidParameterValueException", refused(func(*lambda.PutFunctionEventInvokeConfigInput) {})},
		{"retries", "ValidationException", refused(func(in *lambda.PutFunctionEventInvokeConfigInput) { in.MaximumRetryAttempts = aws.Int32(3) })},
		{"age", "ValidationException", refused(func(in *lambda.PutFunctionEventInvokeConfigInput) { in.MaximumEventAgeInSeconds = aws.Int32(0) })},
		{"alias", "ResourceNotFoundException", refused(func(in *lambda.PutFunctionEventInvokeConfigInput) {
			in.Qualifier, in.MaximumRetryAttempts = aws.String("nobody"), aws.Int32(1)
		})},
		{"topic", "InvalidParameterValueException", destination("arn:aws:sns:us-east-1:000000000000:topic")},
		{"name of a queue", "InvalidParameterValueException", destination("done")},
		{"subject", "InvalidParameterValueException", destination("nats:a.b")},
		{"no such queue", "InvalidParameterValueException", destination(doneARN + "-or-not")},
		{"dead-letter queue", "InvalidParameterValueException", deadLetterErr},
		{"queue of another account", "InvalidParameterValueException", destination(strings.Replace(doneARN, "000000000000", "111111111111", 1))},
	} {
		if got := errorCode(tt.err); got != tt.want {
			t.Errorf("%s: refused with %s, want %s", tt.name, got, tt.want)
		}
	}
}
