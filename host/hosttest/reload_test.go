package hosttest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host"
	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/host/hosttest"
)

const loaded = `
sqs: {auth: {credentials: [{access_key_id: one, secret_access_key: secret-one}]}}
queues:
  - {name: orders, attributes: {VisibilityTimeout: 45}, tags: {team: billing}, dead_letter: {queue: orders-dlq, max_receives: 3}}
  - {name: events.fifo, attributes: {ContentBasedDeduplication: true}}
`

func TestConfiguredQueues(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config(loaded))
	c := v2{server.SQS()}
	url, err := c.getQueueURL(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := c.getAttributes(t.Context(), url, "VisibilityTimeout", "RedrivePolicy")
	if err != nil {
		t.Fatal(err)
	}
	if got := attributes["VisibilityTimeout"]; got != "45" {
		t.Errorf("VisibilityTimeout = %q, want 45", got)
	}
	for _, want := range []string{`"arn:aws:sqs:us-east-1:000000000000:orders-dlq"`, `"maxReceiveCount":3`} {
		if got := attributes["RedrivePolicy"]; !strings.Contains(got, want) {
			t.Errorf("RedrivePolicy = %s, want %s in it", got, want)
		}
	}
	tags, err := c.tags(t.Context(), url)
	if diff := cmp.Diff(map[string]string{"team": "billing"}, tags); err != nil || diff != "" {
		t.Errorf("tags: %v (-want +got):\n%s", err, diff)
	}
	url, err = c.getQueueURL(t.Context(), "events.fifo")
	if err != nil {
		t.Fatal(err)
	}
	attributes, err = c.getAttributes(t.Context(), url, "FifoQueue", "ContentBasedDeduplication")
	want := map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"}
	if diff := cmp.Diff(want, attributes); err != nil || diff != "" {
		t.Errorf("attributes: %v (-want +got):\n%s", err, diff)
	}
}

// TestRestartSetsConfiguredQueues changes the file between two starts.
func TestRestartSetsConfiguredQueues(t *testing.T) {
	dir := t.TempDir()
	hosttest.Start(t, hosttest.Dir(dir), hosttest.Config(loaded)).Stop()
	server := hosttest.Start(t, hosttest.Dir(dir), hosttest.Config(strings.ReplaceAll(loaded, "45", "46")))
	c := v2{server.SQS()}
	url, err := c.getQueueURL(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := c.getAttributes(t.Context(), url, "VisibilityTimeout")
	if err != nil || attributes["VisibilityTimeout"] != "46" {
		t.Errorf("attributes = %v, %v, want the new file's", attributes, err)
	}
}

func TestReload(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config(loaded))
	before := v2{server.SQS()}
	err := server.Reload(`
sqs: {auth: {credentials: [{access_key_id: two, secret_access_key: secret-two}]}}
queues: [{name: orders, attributes: {VisibilityTimeout: 50}}, {name: new}]
`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = before.getQueueURL(t.Context(), "orders")
	expectCode(t, before, err, "InvalidClientTokenId")

	c := v2{server.SQS()}
	url, err := c.getQueueURL(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := c.getAttributes(t.Context(), url, "VisibilityTimeout")
	if err != nil || attributes["VisibilityTimeout"] != "50" {
		t.Errorf("attributes = %v, %v, want the new configuration's", attributes, err)
	}
	for _, name := range []string{"new", "events.fifo"} { // a queue that is not mentioned any more stays
		if _, err := c.getQueueURL(t.Context(), name); err != nil {
			t.Errorf("GetQueueUrl of %s: %v", name, err)
		}
	}
	if _, body := get(t, server.ConsoleURL()+"/metrics"); !strings.Contains(body, "queuelet_config_last_reload_success 1") {
		t.Error("the metrics do not show the reload")
	}
}

// TestRefusedReload tries configurations that cannot be taken over: all stays as it was.
func TestRefusedReload(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want string
	}{
		"needs a restart": {
			strings.Replace(loaded, "sqs: {", "nats: {listen: 127.0.0.1:0}\nsqs: {region: eu-west-1, ", 1),
			"the configuration needs a restart for sqs.region, nats.listen",
		},
		"bad attribute": {
			strings.Replace(loaded, "VisibilityTimeout: 45", "VisibilityTimeout: 43201", 1),
			`configure queue "orders": InvalidAttributeValue`,
		},
		"missing module": {
			strings.Replace(loaded, "45", "46", 1) + "functions: [{name: f, path: /nowhere/f.wasm}]\n",
			`deploy function "f"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := hosttest.Start(t, hosttest.Config(loaded))
			before := server.Host.Config()
			err := server.Reload(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Reload = %v, want %q", err, tt.want)
			}
			if refused, ok := errors.AsType[*host.RestartError](err); ok != (name == "needs a restart") {
				t.Errorf("RestartError = %v", refused)
			}
			if changes := config.Diff(before, server.Host.Config()); changes != nil {
				t.Errorf("the configuration changed: %v", changes)
			}
			c := v2{server.SQS()}
			url, err := c.getQueueURL(t.Context(), "orders")
			if err != nil {
				t.Fatal(err)
			}
			attributes, err := c.getAttributes(t.Context(), url, "VisibilityTimeout")
			if err != nil || attributes["VisibilityTimeout"] != "45" {
				t.Errorf("attributes = %v, %v, want those before", attributes, err)
			}
			if _, body := get(t, server.ConsoleURL()+"/metrics"); !strings.Contains(body, "queuelet_config_last_reload_success 0") {
				t.Error("the metrics do not show the refused reload")
			}
		})
	}
}
