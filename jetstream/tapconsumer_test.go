package jetstream

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// pushing are the fields of a consumer that pushes, as JetStream reads them. JSON field names
// match whatever their case.
type pushing struct {
	Config struct {
		DeliverSubject    string        `json:"deliver_subject"`
		DeliverGroup      string        `json:"deliver_group"`
		Heartbeat         time.Duration `json:"idle_heartbeat"`
		FlowControl       bool          `json:"flow_control"`
		MaxRequestExpires time.Duration `json:"max_expires"`
		MaxAckPending     int           `json:"max_ack_pending"`
		MaxWaiting        int           `json:"max_waiting"`
	} `json:"config"`
}

// FuzzConsumerRequest looks for a request that passes the check and asks JetStream for more
// than it may.
func FuzzConsumerRequest(f *testing.F) {
	for _, seed := range []string{
		`{"stream_name":"TAP_orders","config":{"durable_name":"c","ack_policy":"explicit","filter_subject":"sqs.tap.orders"},"action":"create"}`,
		`{"stream_name":"TAP_orders","config":{"name":"c","deliver_policy":"by_start_time","opt_start_time":"2026-01-01T00:00:00Z","max_ack_pending":-1}}`,
		`{"config":{"deliver_subject":"sqs.tap.other"}}`,
		`{"config":{"Deliver_Subject":"sqs.tap.other"}}`,
		`{"config":{"DELIVER_ſUBJECT":"sqs.tap.other"}}`,
		`{"config":{"deliver_subject":""},"Config":{"deliver_subject":"x"}}`,
		`{"config":{"max_expires":86400000000000,"max_waiting":1000000}}`,
		`{"config":null}`, `[]`, `{`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := consumerRequest(data)
		if err != nil {
			if len(err.Error()) > 1000 {
				t.Errorf("the refusal has %d bytes", len(err.Error()))
			}
			return
		}
		var p pushing
		if err := json.Unmarshal(out, &p); err != nil {
			t.Fatalf("%q became %q: %v", data, out, err)
		}
		c := p.Config
		if c.DeliverSubject != "" || c.DeliverGroup != "" || c.Heartbeat != 0 || c.FlowControl {
			t.Errorf("%q asks for a push consumer: %q", data, out)
		}
		if c.MaxRequestExpires <= 0 || c.MaxRequestExpires > time.Minute || c.MaxAckPending > tapMaxAckPending || c.MaxAckPending < 0 ||
			c.MaxWaiting > maxConsumerWaiting {
			t.Errorf("%q asks for too much: %q", data, out)
		}
	})
}

// TestConsumerRequestKeepsWhatIsAllowed passes a configuration with everything that a pull
// consumer can have.
func TestConsumerRequestKeepsWhatIsAllowed(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	in := createConsumer{Stream: "TAP_orders", Action: "create", Config: jetstream.ConsumerConfig{
		Name: "c", Durable: "c", Description: "d", DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &start,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Minute, MaxDeliver: 3, BackOff: []time.Duration{time.Second, time.Minute},
		FilterSubjects: []string{"sqs.tap.orders"}, ReplayPolicy: jetstream.ReplayOriginalPolicy, MaxWaiting: 10, MaxAckPending: 5,
		HeadersOnly: true, MaxRequestBatch: 7, MaxRequestExpires: time.Second, MaxRequestMaxBytes: 9, InactiveThreshold: time.Hour,
		MemoryStorage: true, Metadata: map[string]string{"a": "b"},
	}}
	text, err := json.Marshal(&in)
	if err != nil {
		t.Fatal(err)
	}
	out, err := consumerRequest(text)
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != string(text) {
		t.Errorf("the request became\n%s, was\n%s", out, text)
	}
	if _, err := consumerRequest([]byte(strings.Repeat(" ", maxConsumerRequest+1))); err == nil {
		t.Error("a request may be of any length")
	}
}
