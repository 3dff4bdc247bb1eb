package gov1

import (
	"crypto/rand"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sqs"
)

// newClient returns a client with a key that `run` names by the prefix of its variables.
// A request that must be tried again is a failure of the server here.
func newClient(t *testing.T, prefix string) *sqs.SQS {
	t.Helper()
	s, err := session.NewSession(&aws.Config{
		Endpoint: aws.String(os.Getenv("SQS_ENDPOINT")),
		Region:   aws.String("us-east-1"),
		Credentials: credentials.NewStaticCredentials(
			os.Getenv(prefix+"_ACCESS_KEY_ID"), os.Getenv(prefix+"_SECRET_ACCESS_KEY"), os.Getenv(prefix+"_TOKEN"),
		),
		MaxRetries: aws.Int(0),
	})
	if err != nil {
		t.Fatal(err)
	}
	return sqs.New(s)
}

// newQueue creates a queue that ends with the test.
func newQueue(t *testing.T, client *sqs.SQS, suffix string, attributes map[string]string) *string {
	t.Helper()
	created, err := client.CreateQueue(&sqs.CreateQueueInput{
		QueueName: aws.String("gov1-" + rand.Text() + suffix), Attributes: aws.StringMap(attributes),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteQueue(&sqs.DeleteQueueInput{QueueUrl: created.QueueUrl}); err != nil {
			t.Error(err)
		}
	})
	return created.QueueUrl
}

func attribute(t *testing.T, client *sqs.SQS, url *string, name string) string {
	t.Helper()
	got, err := client.GetQueueAttributes(&sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []*string{&name}})
	if err != nil {
		t.Fatal(err)
	}
	return aws.StringValue(got.Attributes[name])
}

// receive waits for up to ten messages with everything there is to them.
func receive(t *testing.T, client *sqs.SQS, url *string, wait int64) []*sqs.Message {
	t.Helper()
	got, err := client.ReceiveMessage(&sqs.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: aws.Int64(10), WaitTimeSeconds: &wait,
		AttributeNames: []*string{aws.String("All")}, MessageAttributeNames: []*string{aws.String("All")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return got.Messages
}
