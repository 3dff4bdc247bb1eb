package sqsapi_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	awsv1 "github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	credentialsv1 "github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	sqsv1 "github.com/aws/aws-sdk-go/service/sqs"
	"github.com/aws/smithy-go"
)

// A body and attributes that every escaping and every digest has to get right.
const difficultBody = "é漢😀 \"quoted\" \\ <tag> & line\r\nbreak\ttab \u2028 end"

func newV2(address string) *sqs.Client {
	return sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + address), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

// The SDK checks the MD5 of what it sends and receives by itself.
func TestGoSDKv2Messages(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	client := newV2(listen(t, &fakeQueues{}, nil))
	queueURL := aws.String("http://localhost:3001/000000000000/orders")
	attributes := map[string]types.MessageAttributeValue{
		"text":   {DataType: aws.String("String"), StringValue: aws.String(difficultBody)},
		"number": {DataType: aws.String("Number.custom"), StringValue: aws.String("42.50")},
		"bytes":  {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 0xfe, 0xff}},
	}
	sent, err := client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: queueURL, MessageBody: aws.String(difficultBody), MessageAttributes: attributes, DelaySeconds: 1,
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1-5759e988-bd862e3fe1be46a994272793")},
		},
	})
	if err != nil || aws.ToString(sent.MessageId) == "" || sent.MD5OfMessageSystemAttributes == nil || sent.SequenceNumber != nil {
		t.Fatalf("sent %+v, error %v", sent, err)
	}
	received, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: queueURL, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	if err != nil || len(received.Messages) != 1 {
		t.Fatalf("received %+v, error %v", received, err)
	}
	message := received.Messages[0]
	if aws.ToString(message.Body) != difficultBody || message.Attributes["SentTimestamp"] != "1700000000123" || message.Attributes["ApproximateReceiveCount"] != "1" {
		t.Errorf("received %+v", message)
	}
	if got := message.MessageAttributes; len(got) != 3 || aws.ToString(got["text"].StringValue) != difficultBody || string(got["bytes"].BinaryValue) != "\x00\x01\xfe\xff" {
		t.Errorf("attributes %+v", got)
	}
	batch, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: queueURL, Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("1"), MessageBody: aws.String(difficultBody), MessageAttributes: attributes},
		{Id: aws.String("2"), MessageBody: aws.String("refuse")},
		{Id: aws.String("3"), MessageBody: aws.String("third"), MessageGroupId: aws.String("g")},
	}})
	if err != nil || len(batch.Successful) != 2 || len(batch.Failed) != 1 || aws.ToString(batch.Successful[1].SequenceNumber) != "00000000000000000042" {
		t.Fatalf("batch %+v, error %v", batch, err)
	}
	deleted, err := client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: queueURL, Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("1"), ReceiptHandle: message.ReceiptHandle}, {Id: aws.String("2"), ReceiptHandle: aws.String("bad")},
	}})
	if err != nil || len(deleted.Successful) != 1 || len(deleted.Failed) != 1 || !deleted.Failed[0].SenderFault {
		t.Errorf("deleted %+v, error %v", deleted, err)
	}
	changed, err := client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: queueURL, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
		{Id: aws.String("1"), ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 7},
	}})
	if err != nil || len(changed.Successful) != 1 || len(changed.Failed) != 0 {
		t.Errorf("changed %+v, error %v", changed, err)
	}
	if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: queueURL, ReceiptHandle: message.ReceiptHandle}); err != nil {
		t.Error(err)
	}
	if _, err := client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: queueURL, ReceiptHandle: message.ReceiptHandle}); err != nil {
		t.Error(err)
	}
}

func TestGoSDKv2Queues(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	address := listen(t, &fakeQueues{}, nil)
	client := newV2(address)
	created, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: aws.String("orders"), Attributes: map[string]string{"DelaySeconds": "5"}, Tags: map[string]string{"a": "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	queueURL := created.QueueUrl
	if want := "http://" + address + "/000000000000/orders"; aws.ToString(queueURL) != want {
		t.Errorf("queue URL %s, want %s", aws.ToString(queueURL), want)
	}
	got, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("orders")})
	if err != nil || aws.ToString(got.QueueUrl) != aws.ToString(queueURL) {
		t.Errorf("got %+v, error %v", got, err)
	}
	var urls []string
	pages := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{MaxResults: aws.Int32(1)})
	for range 2 { // the fake has always one more page
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		urls = append(urls, page.QueueUrls...)
	}
	if len(urls) != 2 {
		t.Errorf("queue URLs %v", urls)
	}
	sources, err := client.ListDeadLetterSourceQueues(ctx, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: queueURL})
	if err != nil || len(sources.QueueUrls) != 2 {
		t.Errorf("sources %+v, error %v", sources, err)
	}
	attributes, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: queueURL, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil || attributes.Attributes["VisibilityTimeout"] != "30" {
		t.Errorf("attributes %+v, error %v", attributes, err)
	}
	tags, err := client.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: queueURL})
	if err != nil || tags.Tags["owner"] != "a & b" {
		t.Errorf("tags %+v, error %v", tags, err)
	}
	tasks, err := client.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: aws.String("arn:aws:sqs:us-east-1:000000000000:dead")})
	if err != nil || len(tasks.Results) != 2 || tasks.Results[0].StartedTimestamp != 1700000000123 || tasks.Results[1].TaskHandle != nil {
		t.Errorf("tasks %+v, error %v", tasks, err)
	}
	for name, call := range map[string]func() error{
		"SetQueueAttributes": func() error {
			_, err := client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: queueURL, Attributes: map[string]string{"DelaySeconds": "1"}})
			return err
		},
		"TagQueue": func() error {
			_, err := client.TagQueue(ctx, &sqs.TagQueueInput{QueueUrl: queueURL, Tags: map[string]string{"a": ""}})
			return err
		},
		"UntagQueue": func() error {
			_, err := client.UntagQueue(ctx, &sqs.UntagQueueInput{QueueUrl: queueURL, TagKeys: []string{"a"}})
			return err
		},
		"AddPermission": func() error {
			_, err := client.AddPermission(ctx, &sqs.AddPermissionInput{QueueUrl: queueURL, Label: aws.String("l"), AWSAccountIds: []string{"111122223333"}, Actions: []string{"*"}})
			return err
		},
		"RemovePermission": func() error {
			_, err := client.RemovePermission(ctx, &sqs.RemovePermissionInput{QueueUrl: queueURL, Label: aws.String("l")})
			return err
		},
		"StartMessageMoveTask": func() error {
			_, err := client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: aws.String("arn")})
			return err
		},
		"CancelMessageMoveTask": func() error {
			_, err := client.CancelMessageMoveTask(ctx, &sqs.CancelMessageMoveTaskInput{TaskHandle: aws.String("handle")})
			return err
		},
		"PurgeQueue": func() error {
			_, err := client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: queueURL})
			return err
		},
		"DeleteQueue": func() error {
			_, err := client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: queueURL})
			return err
		},
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Errors reach the SDK's typed errors with the code of the query protocol.
func TestGoSDKv2Errors(t *testing.T) {
	t.Parallel()
	client := newV2(listen(t, &fakeQueues{}, nil))
	for code, is := range map[string]func(error) bool{
		"AWS.SimpleQueueService.NonExistentQueue":     typed[*types.QueueDoesNotExist],
		"AWS.SimpleQueueService.PurgeQueueInProgress": typed[*types.PurgeQueueInProgress],
		"ReceiptHandleIsInvalid":                      typed[*types.ReceiptHandleIsInvalid],
		"InvalidParameterValue":                       typed[*smithy.GenericAPIError],
		"MissingParameter":                            typed[*smithy.GenericAPIError],
		"AccessDenied":                                typed[*smithy.GenericAPIError],
		"InternalFailure":                             typed[*smithy.GenericAPIError],
	} {
		_, err := client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: aws.String("fail-" + code)})
		failure, ok := errors.AsType[smithy.APIError](err)
		if !ok || !is(err) || failure.ErrorCode() != code || failure.ErrorMessage() != "The text of "+code+"." {
			t.Errorf("%s: %T: %v", code, failure, err)
		}
	}
}

func typed[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func TestGoSDKv1(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	address := listen(t, &fakeQueues{}, nil)
	shared, err := session.NewSession(&awsv1.Config{
		Region: awsv1.String("us-east-1"), Endpoint: awsv1.String("http://" + address), MaxRetries: awsv1.Int(0),
		Credentials: credentialsv1.NewStaticCredentials("AKIDEXAMPLE", "secret", ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	client := sqsv1.New(shared)
	created, err := client.CreateQueueWithContext(ctx, &sqsv1.CreateQueueInput{QueueName: awsv1.String("orders")})
	if err != nil {
		t.Fatal(err)
	}
	attributes := map[string]*sqsv1.MessageAttributeValue{
		"text":  {DataType: awsv1.String("String"), StringValue: awsv1.String(difficultBody)},
		"bytes": {DataType: awsv1.String("Binary"), BinaryValue: []byte{0, 1, 0xfe, 0xff}},
	}
	if _, err := client.SendMessageWithContext(ctx, &sqsv1.SendMessageInput{
		QueueUrl: created.QueueUrl, MessageBody: awsv1.String(difficultBody), MessageAttributes: attributes,
	}); err != nil {
		t.Fatal(err)
	}
	received, err := client.ReceiveMessageWithContext(ctx, &sqsv1.ReceiveMessageInput{
		QueueUrl: created.QueueUrl, AttributeNames: awsv1.StringSlice([]string{"All"}), MessageAttributeNames: awsv1.StringSlice([]string{"All"}),
	})
	if err != nil || len(received.Messages) != 1 || awsv1.StringValue(received.Messages[0].Body) != difficultBody || len(received.Messages[0].MessageAttributes) != 2 {
		t.Fatalf("received %v, error %v", received, err)
	}
	batch, err := client.SendMessageBatchWithContext(ctx, &sqsv1.SendMessageBatchInput{QueueUrl: created.QueueUrl, Entries: []*sqsv1.SendMessageBatchRequestEntry{
		{Id: awsv1.String("1"), MessageBody: awsv1.String(difficultBody), MessageAttributes: attributes},
		{Id: awsv1.String("2"), MessageBody: awsv1.String("refuse")},
	}})
	if err != nil || len(batch.Successful) != 1 || len(batch.Failed) != 1 {
		t.Errorf("batch %v, error %v", batch, err)
	}
	_, err = client.PurgeQueueWithContext(ctx, &sqsv1.PurgeQueueInput{QueueUrl: awsv1.String("fail-AWS.SimpleQueueService.NonExistentQueue")})
	if failure, ok := errors.AsType[awserr.RequestFailure](err); !ok || failure.Code() != sqsv1.ErrCodeQueueDoesNotExist || failure.StatusCode() != 400 || failure.RequestID() == "" {
		t.Errorf("error %v", err)
	}
}
