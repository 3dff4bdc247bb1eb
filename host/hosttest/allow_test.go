package hosttest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/queuelet/queuelet/host/hosttest"
)

const producersOnly = `
sqs:
  auth:
    credentials:
      - access_key_id: producer
        secret_access_key: secret
        allow: [{actions: [SendMessage, GetQueueUrl], queues: ["orders*"]}]
queues: [{name: orders}, {name: audit}]
`

// TestAllowedKeyCanOnlySend also takes the list away by a reload.
func TestAllowedKeyCanOnlySend(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config(producersOnly))
	client, body := server.SQS(), "x"
	send := func(queue string) error {
		url := server.URL() + "/000000000000/" + queue
		_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
		return err
	}
	receive := func() error {
		url := server.URL() + "/000000000000/orders"
		_, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url})
		return err
	}
	if err := send("orders"); err != nil {
		t.Error("what is allowed:", err)
	}
	for name, err := range map[string]error{"another queue": send("audit"), "another action": receive()} {
		if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := server.Reload(strings.Replace(producersOnly, `        allow: [{actions: [SendMessage, GetQueueUrl], queues: ["orders*"]}]`, "", 1)); err != nil {
		t.Fatal(err)
	}
	if err := receive(); err != nil {
		t.Error("after the list was taken away:", err)
	}
	if err := server.Reload(strings.Replace(producersOnly, "SendMessage,", "SendMesage,", 1)); err == nil {
		t.Error("an action that does not exist was taken over")
	}
}
