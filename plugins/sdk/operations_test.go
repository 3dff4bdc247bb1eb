package queuelet_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/queuelet/queuelet/host/hosttest"
)

// askers are the folders of functions that ask the host for all that it can be asked.
var askers = map[string]string{
	"assemblyscript": "assemblyscript/testdata/asker",
	"c":              "c/testdata/asker",
	"go":             "testdata/asker",
	"rust":           "rust/testdata/asker",
}

// TestOperations has the SDK of every language ask for the same, and get the same answers.
func TestOperations(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds functions")
	}
	for language, dir := range askers {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			server := hosttest.Start(t, hosttest.Config(fmt.Sprintf(`
queues: [{name: orders}]
functions:
  - name: asker
    path: %q
    grants:
      extend: true
      nats: {publish: [events.>]}
      kv: {quota: 1MiB}
      config: {RATE: "5"}
      secrets: {TOKEN: secret}
      metrics: true
mappings: [{queue: orders, function: asker}]
`, buildExample(t, dir))))
			o := orders{t, server, server.SQS()}
			_, err := o.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: o.url("orders"), MessageBody: aws.String("x")})
			if err != nil {
				t.Fatal(err)
			}
			o.awaitLog("answers: created, changed by somebody else, v1, updated, changed by somebody else, a.b, v2, deleted, not found, " +
				"5, secret, counted, extended, published, asker 1, in time: true.")
		})
	}
}
