package hosttest_test

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// v2 is version 2 of the AWS SDK for Go, which speaks AWS JSON.
type v2 struct{ *sqs.Client }

func (c v2) createQueue(ctx context.Context, name string, attributes, tags map[string]string) (string, error) {
	out, err := c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes, Tags: tags})
	if err != nil {
		return "", err
	}
	return *out.QueueUrl, nil
}

func (c v2) getQueueURL(ctx context.Context, name string) (string, error) {
	out, err := c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return "", err
	}
	return *out.QueueUrl, nil
}

func (c v2) listQueues(ctx context.Context, prefix string, most int, token string) ([]string, string, error) {
	in := &sqs.ListQueuesInput{QueueNamePrefix: &prefix}
	if most > 0 {
		in.MaxResults = aws.Int32(int32(most))
	}
	if token != "" {
		in.NextToken = &token
	}
	out, err := c.ListQueues(ctx, in)
	if err != nil {
		return nil, "", err
	}
	return out.QueueUrls, aws.ToString(out.NextToken), nil
}

func (c v2) listSources(ctx context.Context, url string) ([]string, error) {
	out, err := c.ListDeadLetterSourceQueues(ctx, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &url})
	if err != nil {
		return nil, err
	}
	return out.QueueUrls, nil
}

func (c v2) deleteQueue(ctx context.Context, url string) error {
	_, err := c.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &url})
	return err
}

func (c v2) purgeQueue(ctx context.Context, url string) error {
	_, err := c.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: &url})
	return err
}

func (c v2) getAttributes(ctx context.Context, url string, names ...string) (map[string]string, error) {
	in := &sqs.GetQueueAttributesInput{QueueUrl: &url}
	for _, name := range names {
		in.AttributeNames = append(in.AttributeNames, types.QueueAttributeName(name))
	}
	out, err := c.GetQueueAttributes(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

func (c v2) setAttributes(ctx context.Context, url string, attributes map[string]string) error {
	_, err := c.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: attributes})
	return err
}

func (c v2) tag(ctx context.Context, url string, tags map[string]string) error {
	_, err := c.TagQueue(ctx, &sqs.TagQueueInput{QueueUrl: &url, Tags: tags})
	return err
}

func (c v2) untag(ctx context.Context, url string, keys ...string) error {
	_, err := c.UntagQueue(ctx, &sqs.UntagQueueInput{QueueUrl: &url, TagKeys: keys})
	return err
}

func (c v2) tags(ctx context.Context, url string) (map[string]string, error) {
	out, err := c.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &url})
	if err != nil {
		return nil, err
	}
	return out.Tags, nil
}

func (m *message) v2Attributes() map[string]types.MessageAttributeValue {
	values := make(map[string]types.MessageAttributeValue)
	for name, value := range m.Text {
		values[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
	}
	for name, value := range m.Number {
		values[name] = types.MessageAttributeValue{DataType: aws.String("Number"), StringValue: &value}
	}
	for name, value := range m.Binary {
		values[name] = types.MessageAttributeValue{DataType: aws.String("Binary"), BinaryValue: value}
	}
	return values
}

func (m *message) v2System() map[string]types.MessageSystemAttributeValue {
	if m.Trace == "" {
		return nil
	}
	return map[string]types.MessageSystemAttributeValue{
		"AWSTraceHeader": {DataType: aws.String("String"), StringValue: &m.Trace},
	}
}

func (c v2) send(ctx context.Context, url string, m message) (string, error) {
	out, err := c.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &url, MessageBody: &m.Body, DelaySeconds: int32(m.Delay),
		MessageAttributes: m.v2Attributes(), MessageSystemAttributes: m.v2System(),
	})
	if err != nil {
		return "", err
	}
	return *out.MessageId, nil
}

func (c v2) sendBatch(ctx context.Context, url string, entries ...message) (sent, failed []string, err error) {
	in := &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{}}
	for _, m := range entries {
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{
			Id: &m.Entry, MessageBody: &m.Body, DelaySeconds: int32(m.Delay),
			MessageAttributes: m.v2Attributes(), MessageSystemAttributes: m.v2System(),
		})
	}
	out, err := c.SendMessageBatch(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range out.Successful {
		sent = append(sent, *entry.Id)
	}
	return sent, v2Failures(out.Failed), nil
}

func v2Failures(entries []types.BatchResultErrorEntry) []string {
	var failed []string
	for _, entry := range entries {
		failed = append(failed, *entry.Id+" "+*entry.Code)
	}
	return failed
}

func (c v2) receive(ctx context.Context, url string, r receive) ([]message, error) {
	in := &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: int32(r.Most), WaitTimeSeconds: int32(r.Wait), VisibilityTimeout: int32(r.Visibility),
	}
	if r.All {
		in.MessageAttributeNames = []string{"All"}
		in.MessageSystemAttributeNames = []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}
	}
	out, err := c.ReceiveMessage(ctx, in)
	if err != nil {
		return nil, err
	}
	var messages []message
	for _, m := range out.Messages {
		got := message{ID: *m.MessageId, Body: *m.Body, Receipt: *m.ReceiptHandle, Attributes: m.Attributes}
		for name, value := range m.MessageAttributes {
			got.add(name, *value.DataType, aws.ToString(value.StringValue), value.BinaryValue)
		}
		messages = append(messages, got)
	}
	return messages, nil
}

// add takes over a received message attribute.
func (m *message) add(name, kind, text string, binary []byte) {
	put := func(values *map[string]string) {
		if *values == nil {
			*values = make(map[string]string)
		}
		(*values)[name] = text
	}
	switch kind {
	case "String":
		put(&m.Text)
	case "Number":
		put(&m.Number)
	case "Binary":
		if m.Binary == nil {
			m.Binary = make(map[string][]byte)
		}
		m.Binary[name] = binary
	}
}

func (c v2) deleteMessage(ctx context.Context, url, receipt string) error {
	_, err := c.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: &receipt})
	return err
}

func (c v2) deleteBatch(ctx context.Context, url string, receipts map[string]string) (done, failed []string, err error) {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &url}
	for _, id := range slices.Sorted(maps.Keys(receipts)) {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: &id, ReceiptHandle: aws.String(receipts[id])})
	}
	out, err := c.DeleteMessageBatch(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range out.Successful {
		done = append(done, *entry.Id)
	}
	return done, v2Failures(out.Failed), nil
}

func (c v2) changeVisibility(ctx context.Context, url, receipt string, seconds int) error {
	_, err := c.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &url, ReceiptHandle: &receipt, VisibilityTimeout: int32(seconds),
	})
	return err
}

func (c v2) changeVisibilityBatch(ctx context.Context, url string, receipts map[string]string, seconds int) (done, failed []string, err error) {
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url}
	for _, id := range slices.Sorted(maps.Keys(receipts)) {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: &id, ReceiptHandle: aws.String(receipts[id]), VisibilityTimeout: int32(seconds),
		})
	}
	out, err := c.ChangeMessageVisibilityBatch(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range out.Successful {
		done = append(done, *entry.Id)
	}
	return done, v2Failures(out.Failed), nil
}

func (v2) errorCode(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}
