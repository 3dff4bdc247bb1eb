package hosttest_test

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/service/sqs"
)

// v1 is version 1 of the AWS SDK for Go.
type v1 struct{ *sqs.SQS }

func (c v1) createQueue(ctx context.Context, name string, attributes, tags map[string]string) (string, error) {
	out, err := c.CreateQueueWithContext(ctx, &sqs.CreateQueueInput{
		QueueName: &name, Attributes: aws.StringMap(attributes), Tags: aws.StringMap(tags),
	})
	if err != nil {
		return "", err
	}
	return *out.QueueUrl, nil
}

func (c v1) getQueueURL(ctx context.Context, name string) (string, error) {
	out, err := c.GetQueueUrlWithContext(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return "", err
	}
	return *out.QueueUrl, nil
}

func (c v1) listQueues(ctx context.Context, prefix string, most int, token string) ([]string, string, error) {
	in := &sqs.ListQueuesInput{QueueNamePrefix: &prefix}
	if most > 0 {
		in.SetMaxResults(int64(most))
	}
	if token != "" {
		in.NextToken = &token
	}
	out, err := c.ListQueuesWithContext(ctx, in)
	if err != nil {
		return nil, "", err
	}
	return aws.StringValueSlice(out.QueueUrls), aws.StringValue(out.NextToken), nil
}

func (c v1) listSources(ctx context.Context, url string) ([]string, error) {
	out, err := c.ListDeadLetterSourceQueuesWithContext(ctx, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &url})
	if err != nil {
		return nil, err
	}
	return aws.StringValueSlice(out.QueueUrls), nil
}

func (c v1) deleteQueue(ctx context.Context, url string) error {
	_, err := c.DeleteQueueWithContext(ctx, &sqs.DeleteQueueInput{QueueUrl: &url})
	return err
}

func (c v1) purgeQueue(ctx context.Context, url string) error {
	_, err := c.PurgeQueueWithContext(ctx, &sqs.PurgeQueueInput{QueueUrl: &url})
	return err
}

func (c v1) getAttributes(ctx context.Context, url string, names ...string) (map[string]string, error) {
	out, err := c.GetQueueAttributesWithContext(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: aws.StringSlice(names)})
	if err != nil {
		return nil, err
	}
	return aws.StringValueMap(out.Attributes), nil
}

func (c v1) setAttributes(ctx context.Context, url string, attributes map[string]string) error {
	_, err := c.SetQueueAttributesWithContext(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: aws.StringMap(attributes)})
	return err
}

func (c v1) tag(ctx context.Context, url string, tags map[string]string) error {
	_, err := c.TagQueueWithContext(ctx, &sqs.TagQueueInput{QueueUrl: &url, Tags: aws.StringMap(tags)})
	return err
}

func (c v1) untag(ctx context.Context, url string, keys ...string) error {
	_, err := c.UntagQueueWithContext(ctx, &sqs.UntagQueueInput{QueueUrl: &url, TagKeys: aws.StringSlice(keys)})
	return err
}

func (c v1) tags(ctx context.Context, url string) (map[string]string, error) {
	out, err := c.ListQueueTagsWithContext(ctx, &sqs.ListQueueTagsInput{QueueUrl: &url})
	if err != nil {
		return nil, err
	}
	return aws.StringValueMap(out.Tags), nil
}

func (m *message) v1Attributes() map[string]*sqs.MessageAttributeValue {
	values := make(map[string]*sqs.MessageAttributeValue)
	for name, value := range m.Text {
		values[name] = &sqs.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
	}
	for name, value := range m.Number {
		values[name] = &sqs.MessageAttributeValue{DataType: aws.String("Number"), StringValue: &value}
	}
	for name, value := range m.Binary {
		values[name] = &sqs.MessageAttributeValue{DataType: aws.String("Binary"), BinaryValue: value}
	}
	return values
}

func (m *message) v1System() map[string]*sqs.MessageSystemAttributeValue {
	if m.Trace == "" {
		return nil
	}
	return map[string]*sqs.MessageSystemAttributeValue{
		"AWSTraceHeader": {DataType: aws.String("String"), StringValue: &m.Trace},
	}
}

func (m *message) v1Delay() *int64 {
	if m.Delay == 0 {
		return nil
	}
	return aws.Int64(int64(m.Delay))
}

func (c v1) send(ctx context.Context, url string, m message) (string, error) {
	out, err := c.SendMessageWithContext(ctx, &sqs.SendMessageInput{
		QueueUrl: &url, MessageBody: &m.Body, DelaySeconds: m.v1Delay(),
		MessageAttributes: m.v1Attributes(), MessageSystemAttributes: m.v1System(),
	})
	if err != nil {
		return "", err
	}
	return *out.MessageId, nil
}

func (c v1) sendBatch(ctx context.Context, url string, entries ...message) (sent, failed []string, err error) {
	in := &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: []*sqs.SendMessageBatchRequestEntry{}}
	for _, m := range entries {
		in.Entries = append(in.Entries, &sqs.SendMessageBatchRequestEntry{
			Id: &m.Entry, MessageBody: &m.Body, DelaySeconds: m.v1Delay(),
			MessageAttributes: m.v1Attributes(), MessageSystemAttributes: m.v1System(),
		})
	}
	out, err := c.SendMessageBatchWithContext(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range out.Successful {
		sent = append(sent, *entry.Id)
	}
	return sent, v1Failures(out.Failed), nil
}

func v1Failures(entries []*sqs.BatchResultErrorEntry) []string {
	var failed []string
	for _, entry := range entries {
		failed = append(failed, *entry.Id+" "+*entry.Code)
	}
	return failed
}

func (c v1) receive(ctx context.Context, url string, r receive) ([]message, error) {
	in := &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: aws.Int64(int64(r.Most)), WaitTimeSeconds: aws.Int64(int64(r.Wait)),
	}
	if r.Visibility > 0 {
		in.VisibilityTimeout = aws.Int64(int64(r.Visibility))
	}
	if r.All {
		in.MessageAttributeNames = aws.StringSlice([]string{"All"})
		in.MessageSystemAttributeNames = aws.StringSlice([]string{"All"})
	}
	out, err := c.ReceiveMessageWithContext(ctx, in)
	if err != nil {
		return nil, err
	}
	var messages []message
	for _, m := range out.Messages {
		got := message{ID: *m.MessageId, Body: *m.Body, Receipt: *m.ReceiptHandle, Attributes: aws.StringValueMap(m.Attributes)}
		for name, value := range m.MessageAttributes {
			got.add(name, *value.DataType, aws.StringValue(value.StringValue), value.BinaryValue)
		}
		messages = append(messages, got)
	}
	return messages, nil
}

func (c v1) deleteMessage(ctx context.Context, url, receipt string) error {
	_, err := c.DeleteMessageWithContext(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: &receipt})
	return err
}

func (c v1) deleteBatch(ctx context.Context, url string, receipts map[string]string) (done, failed []string, err error) {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &url}
	for _, id := range slices.Sorted(maps.Keys(receipts)) {
		in.Entries = append(in.Entries, &sqs.DeleteMessageBatchRequestEntry{Id: &id, ReceiptHandle: aws.String(receipts[id])})
	}
	out, err := c.DeleteMessageBatchWithContext(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range out.Successful {
		done = append(done, *entry.Id)
	}
	return done, v1Failures(out.Failed), nil
}

func (c v1) changeVisibility(ctx context.Context, url, receipt string, seconds int) error {
	_, err := c.ChangeMessageVisibilityWithContext(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &url, ReceiptHandle: &receipt, VisibilityTimeout: aws.Int64(int64(seconds)),
	})
	return err
}

func (c v1) changeVisibilityBatch(ctx context.Context, url string, receipts map[string]string, seconds int) (done, failed []string, err error) {
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url}
	for _, id := range slices.Sorted(maps.Keys(receipts)) {
		in.Entries = append(in.Entries, &sqs.ChangeMessageVisibilityBatchRequestEntry{
			Id: &id, ReceiptHandle: aws.String(receipts[id]), VisibilityTimeout: aws.Int64(int64(seconds)),
		})
	}
	out, err := c.ChangeMessageVisibilityBatchWithContext(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range out.Successful {
		done = append(done, *entry.Id)
	}
	return done, v1Failures(out.Failed), nil
}

func (v1) errorCode(err error) string {
	if e, ok := errors.AsType[awserr.Error](err); ok {
		return e.Code()
	}
	return ""
}
