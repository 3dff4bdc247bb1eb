package hosttest_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/hosttest"
)

// zipped packs a module.
func zipped(t testing.TB, module []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("bootstrap.wasm")
	if err != nil {
		t.Fatal(err)
	}
	f.Write(module)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func createFunction(t testing.TB, c *lambda.Client, name string, module []byte) *lambda.CreateFunctionOutput {
	t.Helper()
	out, err := c.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
		Role: aws.String("arn:aws:iam::000000000000:role/any"), Code: &types.FunctionCode{ZipFile: zipped(t, module)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func updateFunction(t testing.TB, c *lambda.Client, name string, module []byte) *lambda.UpdateFunctionCodeOutput {
	t.Helper()
	out, err := c.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: &name, ZipFile: zipped(t, module)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func publish(t testing.TB, c *lambda.Client, name string) string {
	t.Helper()
	out, err := c.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Version
}

// logOf invokes a function and returns the end of its log.
func logOf(t testing.TB, c *lambda.Client, name string) string {
	t.Helper()
	out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, LogType: types.LogTypeTail})
	if err != nil {
		t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLambdaFunctions(t *testing.T) {
	server := hosttest.Start(t)
	c := server.Lambda()
	made := createFunction(t, c, "orders", echo("one"))
	if *made.FunctionArn != "arn:aws:lambda:us-east-1:000000000000:function:orders" || *made.Version != "$LATEST" ||
		made.State != types.StateActive || made.LastUpdateStatus != types.LastUpdateStatusSuccessful || *made.Timeout != 3 || *made.MemorySize != 128 {
		t.Errorf("made %+v", made)
	}
	if err := lambda.NewFunctionActiveV2Waiter(c).Wait(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("orders")}, time.Minute); err != nil {
		t.Error(err)
	}
	name := aws.String("orders")

	config, err := c.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: name, MemorySize: aws.Int32(256), Timeout: aws.Int32(7), Description: aws.String("works"),
		Environment: &types.Environment{Variables: map[string]string{"STAGE": "test"}}, RevisionId: made.RevisionId,
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: made.FunctionArn})
	if err != nil || *got.MemorySize != 256 || *got.Timeout != 7 || got.Environment.Variables["STAGE"] != "test" ||
		*got.RevisionId != *config.RevisionId || *got.CodeSha256 != *made.CodeSha256 {
		t.Errorf("configuration %+v, %v", got, err)
	}

	_, err = c.TagResource(t.Context(), &lambda.TagResourceInput{Resource: made.FunctionArn, Tags: map[string]string{"team": "shop", "a b": "ü"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.UntagResource(t.Context(), &lambda.UntagResourceInput{Resource: made.FunctionArn, TagKeys: []string{"a b"}}); err != nil {
		t.Fatal(err)
	}
	tags, err := c.ListTags(t.Context(), &lambda.ListTagsInput{Resource: made.FunctionArn})
	if d := cmp.Diff(map[string]string{"team": "shop"}, tags.Tags); err != nil || d != "" {
		t.Errorf("tags: %v (-want +got):\n%s", err, d)
	}

	if _, err := c.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(5)}); err != nil {
		t.Fatal(err)
	}
	limit, err := c.GetFunctionConcurrency(t.Context(), &lambda.GetFunctionConcurrencyInput{FunctionName: name})
	if err != nil || *limit.ReservedConcurrentExecutions != 5 {
		t.Errorf("concurrency %+v, %v", limit, err)
	}
	whole, err := c.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: name})
	if err != nil || *whole.Concurrency.ReservedConcurrentExecutions != 5 || whole.Tags["team"] != "shop" {
		t.Errorf("function %+v, %v", whole, err)
	}
	if _, code := get(t, *whole.Code.Location); code != string(zipped(t, echo("one"))) {
		t.Error("the package at the location is not the one that was uploaded")
	}
	if status, _ := get(t, strings.Replace(*whole.Code.Location, "token=", "token=00", 1)); status != http.StatusForbidden {
		t.Errorf("a location with another token answers %d", status)
	}
	if _, err := c.DeleteFunctionConcurrency(t.Context(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: name}); err != nil {
		t.Fatal(err)
	}

	for i := range 5 {
		createFunction(t, c, "more-"+strconv.Itoa(i), echo("one"))
	}
	var names []string
	pages := lambda.NewListFunctionsPaginator(c, &lambda.ListFunctionsInput{MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Functions) > 2 {
			t.Errorf("a page of %d functions", len(page.Functions))
		}
		for _, f := range page.Functions {
			names = append(names, *f.FunctionName)
		}
	}
	if d := cmp.Diff([]string{"more-0", "more-1", "more-2", "more-3", "more-4", "orders"}, names); d != "" {
		t.Errorf("functions (-want +got):\n%s", d)
	}
	signing, err := c.GetFunctionCodeSigningConfig(t.Context(), &lambda.GetFunctionCodeSigningConfigInput{FunctionName: name})
	if err != nil || *signing.FunctionName != "orders" || signing.CodeSigningConfigArn != nil {
		t.Errorf("code signing %+v, %v", signing, err)
	}
	settings, err := c.GetAccountSettings(t.Context(), &lambda.GetAccountSettingsInput{})
	if err != nil || settings.AccountUsage.FunctionCount != 6 || settings.AccountUsage.TotalCodeSize == 0 || settings.AccountLimit.TotalCodeSize == 0 {
		t.Errorf("account settings %+v, %v", settings, err)
	}

	if _, err := c.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: name}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: name})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("after the end: %v", err)
	}
}

func TestLambdaVersionsAndAliases(t *testing.T) {
	server := hosttest.Start(t)
	c := server.Lambda()
	name := aws.String("orders")
	createFunction(t, c, "orders", echo("first"))
	one := publish(t, c, "orders")
	updateFunction(t, c, "orders", echo("second"))
	two := publish(t, c, "orders")
	if one != "1" || two != "2" {
		t.Fatalf("versions %s and %s", one, two)
	}
	alias, err := c.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: &two, Description: aws.String("d")})
	if err != nil || *alias.AliasArn != "arn:aws:lambda:us-east-1:000000000000:function:orders:live" {
		t.Fatalf("alias %+v, %v", alias, err)
	}
	if log := logOf(t, c, "orders:live"); !strings.Contains(log, "second") || !strings.Contains(log, "Version: 2") {
		t.Errorf("the alias runs:\n%s", log)
	}
	// The roll-back is one call.
	moved, err := c.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: &one, RevisionId: alias.RevisionId})
	if err != nil || *moved.Description != "d" || *moved.RevisionId == *alias.RevisionId {
		t.Fatalf("alias %+v, %v", moved, err)
	}
	if log := logOf(t, c, "orders:live"); !strings.Contains(log, "first") {
		t.Errorf("after the roll-back the alias runs:\n%s", log)
	}
	_, err = c.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: &two, RevisionId: alias.RevisionId})
	if _, ok := errors.AsType[*types.PreconditionFailedException](err); !ok {
		t.Errorf("an old revision: %v", err)
	}
	// A tenth of it goes to the other version; a version that nobody refers to runs as well.
	_, err = c.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{
		FunctionName: name, Name: aws.String("live"),
		RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.5}},
	})
	if err != nil {
		t.Fatal(err)
	}
	shares := map[bool]int{}
	for range 40 {
		shares[strings.Contains(logOf(t, c, "orders:live"), "first")]++
	}
	if shares[true] == 0 || shares[false] == 0 {
		t.Errorf("of 40 invocations %d went to the first version", shares[true])
	}
	got, err := c.GetAlias(t.Context(), &lambda.GetAliasInput{FunctionName: name, Name: aws.String("live")})
	if err != nil || got.RoutingConfig.AdditionalVersionWeights["2"] != 0.5 || *got.FunctionVersion != "1" {
		t.Errorf("alias %+v, %v", got, err)
	}
	aliases, err := c.ListAliases(t.Context(), &lambda.ListAliasesInput{FunctionName: name})
	if err != nil || len(aliases.Aliases) != 1 {
		t.Errorf("aliases %+v, %v", aliases, err)
	}
	versions, err := c.ListVersionsByFunction(t.Context(), &lambda.ListVersionsByFunctionInput{FunctionName: name})
	if err != nil || len(versions.Versions) != 3 || *versions.Versions[0].Version != "$LATEST" ||
		*versions.Versions[2].FunctionArn != "arn:aws:lambda:us-east-1:000000000000:function:orders:2" {
		t.Errorf("versions %+v, %v", versions, err)
	}
	_, err = c.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: name, Qualifier: &one})
	if _, ok := errors.AsType[*types.ResourceConflictException](err); !ok {
		t.Errorf("deleting a version that an alias points to: %v", err)
	}
	if _, err := c.DeleteAlias(t.Context(), &lambda.DeleteAliasInput{FunctionName: name, Name: aws.String("live")}); err != nil {
		t.Fatal(err)
	}
	if log := logOf(t, c, "orders:1"); !strings.Contains(log, "first") {
		t.Errorf("version 1 runs:\n%s", log)
	}
	if _, err := c.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: name, Qualifier: &one}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Qualifier: &one})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("invoking a version that is gone: %v", err)
	}
}

func TestLambdaInvoke(t *testing.T) {
	server := hosttest.Start(t)
	c := server.Lambda()
	createFunction(t, c, "echo", echo("hello from the guest"))
	createFunction(t, c, "fails", fails(`{"errorType":"Broken","errorMessage":"no luck"}`))
	createFunction(t, c, "crashes", crashes())
	name := "spins"
	_, err := c.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: types.RuntimeProvidedal2023, Role: aws.String("r"), Timeout: aws.Int32(1),
		Code: &types.FunctionCode{ZipFile: zipped(t, spins())},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, payload, failure, want string }{
		{"echo", `{"any": ["JSON", 1]}`, "", `{"any": ["JSON", 1]}`},
		{"echo", ``, "", `{}`},
		{"fails", `{}`, "Unhandled", `"errorType":"Broken"`},
		{"crashes", `{}`, "Unhandled", `"errorType":"Runtime.ExitError"`},
		{"spins", `{}`, "Unhandled", `"errorType":"Sandbox.Timedout"`},
	}
	for _, tt := range tests {
		out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &tt.name, Payload: []byte(tt.payload)})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if out.StatusCode != http.StatusOK || aws.ToString(out.FunctionError) != tt.failure || !strings.Contains(string(out.Payload), tt.want) || *out.ExecutedVersion != "$LATEST" {
			t.Errorf("%s: status %d, error %q, payload %s", tt.name, out.StatusCode, aws.ToString(out.FunctionError), out.Payload)
		}
	}
	if log := logOf(t, c, "echo"); !strings.HasPrefix(log, "START RequestId: ") || !strings.Contains(log, "\nhello from the guest\nEND ") ||
		!strings.Contains(log, "\tMemory Size: 128 MB\t") {
		t.Errorf("log:\n%s", log)
	}
	dry, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("echo"), InvocationType: types.InvocationTypeDryRun})
	if err != nil || dry.StatusCode != http.StatusNoContent {
		t.Errorf("dry run %+v, %v", dry, err)
	}
	_, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("echo"), Payload: []byte("no JSON")})
	if _, ok := errors.AsType[*types.InvalidRequestContentException](err); !ok {
		t.Errorf("a payload that is no JSON: %v", err)
	}
	_, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("echo"), Payload: bytes.Repeat([]byte("1"), 6<<20+1)})
	if _, ok := errors.AsType[*types.RequestTooLargeException](err); !ok {
		t.Errorf("a payload that is too large: %v", err)
	}

	event, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("echo"), InvocationType: types.InvocationTypeEvent, Payload: []byte(`{"late": true}`)})
	if err != nil || event.StatusCode != http.StatusAccepted {
		t.Fatalf("event %+v, %v", event, err)
	}
	eventually(t, "the event has run", func() bool {
		_, body := get(t, server.ConsoleURL()+"/metrics")
		return strings.Contains(body, `queuelet_function_invocation_duration_seconds_count{function="000000000000/echo"} 4`)
	})

	if _, err := c.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: aws.String("echo"), ReservedConcurrentExecutions: aws.Int32(0)}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("echo")})
	if throttled, ok := errors.AsType[*types.TooManyRequestsException](err); !ok || throttled.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded {
		t.Errorf("a function without concurrency: %v", err)
	}
}

// TestLambdaScripts deploys JavaScript of two files.
func TestLambdaScripts(t *testing.T) {
	c := hosttest.Start(t).Lambda()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, source := range map[string]string{
		"index.mjs":     "import { double } from './lib/math.mjs';\nexport const run = async (event) => ({ twice: double(event.n), stage: process.env.STAGE });\n",
		"lib/math.mjs":  "export const double = (n) => 2 * n;\n",
		"lib/notes.txt": "not code",
	} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(source))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := c.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String("twice"), Runtime: types.RuntimeNodejs22x, Handler: aws.String("index.run"), Role: aws.String("r"),
		Code:        &types.FunctionCode{ZipFile: b.Bytes()},
		Environment: &types.Environment{Variables: map[string]string{"STAGE": "test"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("twice"), Payload: []byte(`{"n": 21}`)})
	if err != nil || out.FunctionError != nil || !strings.Contains(string(out.Payload), `"twice":42`) {
		t.Errorf("reply %s, %v", out.Payload, err)
	}
}

// TestLambdaMappings deploys a consumer over the API, as one does on AWS.
func TestLambdaMappings(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config("queues: [{name: work}, {name: other}, {name: line.fifo}]"))
	c, sqs := server.Lambda(), v2{server.SQS()}
	createFunction(t, c, "worker", done("working"))
	m, err := c.CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{
		FunctionName: aws.String("worker"), EventSourceArn: aws.String("arn:aws:sqs:us-east-1:000000000000:work"), BatchSize: aws.Int32(5),
		FilterCriteria:        &types.FilterCriteria{Filters: []types.Filter{{Pattern: aws.String(`{"body": {"kind": ["order"]}}`)}}},
		FunctionResponseTypes: []types.FunctionResponseType{types.FunctionResponseTypeReportBatchItemFailures},
		Tags:                  map[string]string{"team": "shop"},
		ScalingConfig:         &types.ScalingConfig{MaximumConcurrency: aws.Int32(3)}, MaximumBatchingWindowInSeconds: aws.Int32(0),
	})
	if err != nil {
		t.Fatal(err)
	}
	if *m.State != "Creating" || *m.FunctionArn != "arn:aws:lambda:us-east-1:000000000000:function:worker" {
		t.Errorf("made %+v", m)
	}
	work, err := sqs.getQueueURL(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if _, err := sqs.send(t.Context(), work, message{Body: fmt.Sprintf(`{"kind": "order", "n": %d}`, i)}); err != nil {
			t.Fatal(err)
		}
	}
	empty := func() bool {
		visible, inFlight := counts(t, sqs, work)
		return visible == "0" && inFlight == "0"
	}
	eventually(t, "the queue is empty", empty)
	got, err := c.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: m.UUID})
	if err != nil || *got.State != "Enabled" || *got.LastProcessingResult != "OK" || *got.BatchSize != 5 ||
		*got.ScalingConfig.MaximumConcurrency != 3 || len(got.FilterCriteria.Filters) != 1 || len(got.FunctionResponseTypes) != 1 ||
		time.Since(*got.LastModified) > time.Hour {
		t.Errorf("mapping %+v, %v", got, err)
	}

	if _, err := c.TagResource(t.Context(), &lambda.TagResourceInput{Resource: got.EventSourceMappingArn, Tags: map[string]string{"a": "b"}}); err != nil {
		t.Error(err)
	}
	tags, err := c.ListTags(t.Context(), &lambda.ListTagsInput{Resource: got.EventSourceMappingArn})
	if d := cmp.Diff(map[string]string{"team": "shop", "a": "b"}, tags.Tags); err != nil || d != "" {
		t.Errorf("tags of the mapping: %v (-want +got):\n%s", err, d)
	}

	// Disabled, it leaves messages alone; pointed to an alias, it goes on.
	if _, err := c.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: m.UUID, Enabled: aws.Bool(false)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is disabled", func() bool {
		got, err := c.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: m.UUID})
		return err == nil && *got.State == "Disabled"
	})
	version := publish(t, c, "worker")
	if _, err := c.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: aws.String("worker"), Name: aws.String("live"), FunctionVersion: &version}); err != nil {
		t.Fatal(err)
	}
	if _, err := sqs.send(t.Context(), work, message{Body: `{"kind": "order"}`}); err != nil {
		t.Fatal(err)
	}
	updated, err := c.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{
		UUID: m.UUID, Enabled: aws.Bool(true), FunctionName: aws.String("worker:live"), ScalingConfig: &types.ScalingConfig{},
	})
	if err != nil || !strings.HasSuffix(*updated.FunctionArn, ":worker:live") || updated.ScalingConfig != nil {
		t.Errorf("updated %+v, %v", updated, err)
	}
	eventually(t, "the queue is empty again", empty)

	for i, source := range []string{"other", "line.fifo"} {
		_, err := c.CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{
			FunctionName: aws.String("worker"), EventSourceArn: aws.String("arn:aws:sqs:us-east-1:000000000000:" + source),
		})
		if err != nil {
			t.Fatal(i, err)
		}
	}
	list, err := c.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{FunctionName: aws.String("worker"), MaxItems: aws.Int32(2)})
	if err != nil || len(list.EventSourceMappings) != 2 || list.NextMarker == nil {
		t.Errorf("list %+v, %v", list, err)
	}
	list, err = c.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{EventSourceArn: got.EventSourceArn})
	if err != nil || len(list.EventSourceMappings) != 1 {
		t.Errorf("list %+v, %v", list, err)
	}
	deleted, err := c.DeleteEventSourceMapping(t.Context(), &lambda.DeleteEventSourceMappingInput{UUID: m.UUID})
	if err != nil || *deleted.State != "Deleting" {
		t.Errorf("deleted %+v, %v", deleted, err)
	}
	_, err = c.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: m.UUID})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("a mapping that is gone: %v", err)
	}
	if _, err := sqs.send(t.Context(), work, message{Body: "stays"}); err != nil {
		t.Fatal(err)
	}
	if got := mustReceive(t, sqs, work, 1, receive{})[0]; got.Body != "stays" {
		t.Errorf("received %q", got.Body)
	}
}
