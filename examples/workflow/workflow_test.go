package workflow_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/hosttest"
	"github.com/queuelet/queuelet/plugins/build"
)

// start runs the example's configuration with the functions as they are in the source, on a free port.
func start(t *testing.T) *hosttest.Server {
	t.Helper()
	text, err := os.ReadFile("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config := strings.Replace(string(text), "127.0.0.1:4222", "127.0.0.1:0", 1)
	for _, function := range []string{"check", "ship", "audit"} {
		module := filepath.Join(t.TempDir(), function+".wasm")
		if err := build.Go(t.Context(), function, module); err != nil {
			t.Fatal(err)
		}
		path := "./" + function + ".wasm"
		if !strings.Contains(config, path) {
			t.Fatalf("config.yaml does not name %s", path)
		}
		config = strings.Replace(config, path, module, 1)
	}
	return hosttest.Start(t, hosttest.Config(config))
}

// told is what the test looks at of an invocation record.
type told struct {
	RequestContext struct {
		FunctionARN string `json:"functionArn"`
		Condition   string `json:"condition"`
		InvokeCount int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	RequestPayload struct {
		Records []struct {
			Body string `json:"body"`
		} `json:"Records"`
	} `json:"requestPayload"`
	ResponsePayload struct {
		Order        int    `json:"order"`
		Total        int    `json:"total"`
		ErrorMessage string `json:"errorMessage"`
	} `json:"responsePayload"`
}

func parse(t *testing.T, text []byte) (record told) {
	t.Helper()
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if len(record.RequestPayload.Records) != 1 {
		t.Fatalf("an invocation record of %d records", len(record.RequestPayload.Records))
	}
	return record
}

// next returns the next invocation record on a subject.
func next(t *testing.T, s *nats.Subscription) told {
	t.Helper()
	m, err := s.NextMsg(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, m.Data)
}

// queueSize is how many messages a queue has, visible or in flight.
func queueSize(t *testing.T, client *sqs.Client, name string) string {
	t.Helper()
	url, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: url.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes["ApproximateNumberOfMessages"] + "+" + out.Attributes["ApproximateNumberOfMessagesNotVisible"]
}

// TestWorkflow sends orders through the whole of it: three that pass, one that is not approved, and one that cannot be
// checked.
func TestWorkflow(t *testing.T) {
	server := start(t)
	client := server.SQS()
	native, err := nats.Connect(server.Host.Endpoints().NATS, nats.UserInfo("queuelet", "queuelet"))
	if err != nil {
		t.Fatal(err)
	}
	defer native.Close()
	shipped, err := native.SubscribeSync("orders.shipped")
	if err != nil {
		t.Fatal(err)
	}
	rejected, err := native.SubscribeSync("orders.rejected")
	if err != nil {
		t.Fatal(err)
	}
	if err := native.Flush(); err != nil {
		t.Fatal(err)
	}
	var orders []string
	for n, quantity := range []int{1, 2, 500, -1, 5} {
		orders = append(orders, fmt.Sprintf(`{"order":%d,"quantity":%d}`, n+1, quantity))
		if _, err := native.Request("sqs.send.orders", []byte(orders[n]), time.Minute); err != nil {
			t.Fatal(err)
		}
	}

	var totals []int
	for range 3 {
		record := next(t, shipped)
		checked := parse(t, []byte(record.RequestPayload.Records[0].Body)) // what ship was given
		if got := record.RequestContext.Condition + " " + checked.RequestContext.FunctionARN; !strings.HasPrefix(got, "Success ") ||
			!strings.HasSuffix(got, ":function:check:$LATEST") {
			t.Errorf("shipped %s", got)
		}
		totals = append(totals, checked.ResponsePayload.Total)
	}
	slices.Sort(totals)
	if d := cmp.Diff([]int{3, 6, 15}, totals); d != "" {
		t.Errorf("totals of what is shipped (-want +got):\n%s", d)
	}

	record := next(t, rejected)
	if record.RequestContext.Condition != "RetriesExhausted" || record.RequestContext.InvokeCount != 3 ||
		record.RequestPayload.Records[0].Body != orders[3] ||
		!strings.Contains(record.ResponsePayload.ErrorMessage, "order 4: nobody can buy less than one") {
		t.Errorf("rejected %+v", record)
	}
	wantEnd(t, client, server)
	if pending, _, err := shipped.Pending(); err != nil || pending > 0 {
		t.Errorf("%d more are shipped, error %v", pending, err)
	}
}

// wantEnd waits until all orders are audited and the queues are empty, and the order that cannot be checked is a dead letter.
func wantEnd(t *testing.T, client *sqs.Client, server *hosttest.Server) {
	t.Helper()
	want := map[string]string{"orders": "0+0", "checked": "0+0", "orders-tap-audit": "0+0", "orders-dlq": "1+0", "audited": "5"}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		got := map[string]string{"audited": audited(server)} // their copies take a way of their own
		for _, name := range []string{"orders", "checked", "orders-tap-audit", "orders-dlq"} {
			got[name] = queueSize(t, client, name)
		}
		d := cmp.Diff(want, got)
		if d == "" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("queues (-want +got):\n%s", d)
		}
	}
}

// audited is how many orders are audited.
func audited(server *hosttest.Server) string {
	n := 0
	for _, e := range server.Host.Feed().Recent(activity.Query{Kinds: []activity.Kind{activity.Invoked}}) {
		if e.Function == "audit" {
			n += e.Messages
		}
	}
	return strconv.Itoa(n)
}
