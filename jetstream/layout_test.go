package jetstream

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/queue"
)

// The names and the stored JSON are the data directory's format: a change of them makes
// existing directories unreadable.
func TestLayoutIsPinned(t *testing.T) {
	key := queue.Key{Account: "000000000000", Name: "orders.fifo"}
	task := queue.MoveTaskRecord{ID: "1b4e28ba", Source: key}
	got := []string{
		metadataBucket, journalStream, journalSubject, logStream(255), logSubject(255),
		queueKey(key), secretKey("receipt"), taskKey(task),
		TapSubject(key), TapStream("orders"), TapStream("orders.fifo"),
		functionBucket(key.Account, "thumb-nails"), tapPositionKey(255, "reader"),
	}
	want := []string{
		"queuelet", "J_0", "ql.j.0", "Q_00000000000000ff", "ql.q.00000000000000ff",
		"queue.000000000000.orders.fifo", "secret.receipt", "task.000000000000.orders.fifo.1b4e28ba",
		"sqs.tap.000000000000.orders.fifo", "TAP_orders", "TAPFIFO_orders",
		"FN_000000000000_thumb-nails", "tap.00000000000000ff.reader",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if id, ok := logID("Q_00000000000000ff"); !ok || id != 255 {
		t.Errorf("id %d, %t", id, ok)
	}
	for _, other := range []string{"J_0", "Q_", "Q_ff", "Q_zzzzzzzzzzzzzzzz", "TAP_Q_0"} {
		if _, ok := logID(other); ok {
			t.Errorf("%s is taken for a log", other)
		}
	}
}

func TestDefinitionFormatIsPinned(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	def := queue.Definition{
		Key: queue.Key{Account: "000000000000", Name: "orders.fifo"}, ID: 7, Created: at, Modified: at,
		Tags: map[string]string{"team": "shop"}, Tap: queue.TapStream,
		Attributes: queue.Attributes{
			FIFO: true, Delay: time.Second, VisibilityTimeout: 2 * time.Second, ReceiveWait: 3 * time.Second, Retention: time.Hour,
			MaxMessageSize: 1024, Policy: "{}", Redrive: &queue.RedrivePolicy{DeadLetterTargetARN: "arn", MaxReceiveCount: 3},
			RedriveAllow:   &queue.RedriveAllowPolicy{Permission: "byQueue", SourceARNs: []string{"arn"}},
			KMSMasterKeyID: "alias/aws/sqs", KMSDataKeyReuse: time.Minute, ManagedSSE: true, ContentBasedDedup: true,
			DeduplicationScope: "messageGroup", FifoThroughputLimit: "perMessageGroupId", EffectiveDedupPerGroup: true,
		},
	}
	got, err := json.MarshalIndent(def, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "account": "000000000000",
 "name": "orders.fifo",
 "id": 7,
 "created": "2026-01-02T03:04:05Z",
 "modified": "2026-01-02T03:04:05Z",
 "attributes": {
  "fifo": true,
  "delay": 1000000000,
  "visibility_timeout": 2000000000,
  "receive_wait": 3000000000,
  "retention": 3600000000000,
  "max_message_size": 1024,
  "policy": "{}",
  "redrive": {
   "dead_letter_target_arn": "arn",
   "max_receive_count": 3
  },
  "redrive_allow": {
   "permission": "byQueue",
   "source_arns": [
    "arn"
   ]
  },
  "kms_master_key_id": "alias/aws/sqs",
  "kms_data_key_reuse": 60000000000,
  "managed_sse": true,
  "content_based_dedup": true,
  "deduplication_scope": "messageGroup",
  "fifo_throughput_limit": "perMessageGroupId",
  "effective_dedup_per_group": true
 },
 "tags": {
  "team": "shop"
 },
 "tap": "stream"
}`
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(got), "\n")); d != "" {
		t.Error(d)
	}
	var back queue.Definition
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(def, back); d != "" {
		t.Error(d)
	}
}
