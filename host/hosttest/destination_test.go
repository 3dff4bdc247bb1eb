package hosttest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/hosttest"
)

// invocationRecord is what a test looks at of what a destination is told.
type invocationRecord struct {
	RequestContext struct {
		Condition string `json:"condition"`
	} `json:"requestContext"`
	RequestPayload struct {
		Records []struct {
			Body string `json:"body"`
		} `json:"Records"`
	} `json:"requestPayload"`
}

// tellingConfig has all that a mapping can have which shows from outside.
func tellingConfig(module, filter string) string {
	return fmt.Sprintf(`
queues:
  - {name: work, attributes: {VisibilityTimeout: 1}, dead_letter: {queue: dead, max_receives: 1}}
  - name: done
  - name: failed
nats: {listen: 127.0.0.1:0}
functions: [{name: handler, path: %q}]
mappings:
  - queue: work
    function: handler
    filters: [{body: [{prefix: %q}, fail]}]
    bisect_batch_on_function_error: true
    on_success: done
    on_failure: arn:aws:sqs:us-east-1:000000000000:failed
  - {queue: done, function: handler, enabled: %t, on_success: nats:shop.told}
`, module, filter, filter == "c")
}

// TestMappingTellsDestinations filters, tells of what is done and of what is given up, and takes another filter over.
func TestMappingTellsDestinations(t *testing.T) {
	module := buildHandler(t)
	server := hosttest.Start(t, hosttest.Config(tellingConfig(module, "a")))
	c := v2{server.SQS()}
	url := func(name string) string {
		t.Helper()
		found, err := c.getQueueURL(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	expect := func(queue, want string) {
		t.Helper()
		eventually(t, queue+" is told", func() bool {
			visible, _ := counts(t, c, url(queue))
			return visible == "1"
		})
		got := mustReceive(t, c, url(queue), 1, receive{})[0]
		var record invocationRecord
		if err := json.Unmarshal([]byte(got.Body), &record); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, record.RequestContext.Condition+" "+record.RequestPayload.Records[0].Body); diff != "" {
			t.Errorf("%s (-want +got):\n%s", queue, diff)
		}
	}
	send := func(bodies ...string) {
		t.Helper()
		for _, body := range bodies {
			if _, err := c.send(t.Context(), url("work"), message{Body: body}); err != nil {
				t.Fatal(err)
			}
		}
	}
	send("bee", "ant", "fail")
	expect("done", "Success ant")
	expect("failed", "RetriesExhausted fail")

	if err := server.Reload(tellingConfig(module, "b")); err != nil {
		t.Fatal(err)
	}
	send("bee", "ant")
	expect("done", "Success bee")
	eventually(t, "the queue is empty", func() bool {
		visible, inFlight := counts(t, c, url("work"))
		return visible == "0" && inFlight == "0"
	})
	mustBeEmpty(t, c, url("failed"))

	// And on to native clients.
	if err := server.Reload(tellingConfig(module, "c")); err != nil {
		t.Fatal(err)
	}
	connection, err := nats.Connect(server.Host.Endpoints().NATS, nats.UserInfo("queuelet", "queuelet"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	told, err := connection.SubscribeSync("shop.told")
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.Flush(); err != nil {
		t.Fatal(err)
	}
	send("cow")
	for {
		m, err := told.NextMsg(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		var record, before invocationRecord // the second one is what this one is about
		if err := json.Unmarshal(m.Data, &record); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(record.RequestPayload.Records[0].Body), &before); err != nil {
			t.Fatal(err)
		}
		if before.RequestPayload.Records[0].Body == "cow" {
			break
		}
	}
}
