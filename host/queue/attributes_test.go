package queue_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

func TestAttributesOfANewQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		now := strconv.FormatInt(time.Now().Unix(), 10)
		standard := map[string]string{
			"ApproximateNumberOfMessages":           "0",
			"ApproximateNumberOfMessagesDelayed":    "0",
			"ApproximateNumberOfMessagesNotVisible": "0",
			"CreatedTimestamp":                      now,
			"DelaySeconds":                          "0",
			"LastModifiedTimestamp":                 now,
			"MaximumMessageSize":                    "1048576",
			"MessageRetentionPeriod":                "345600",
			"QueueArn":                              "arn:aws:sqs:us-east-1:111122223333:q",
			"ReceiveMessageWaitTimeSeconds":         "0",
			"SqsManagedSseEnabled":                  "true",
			"VisibilityTimeout":                     "30",
		}
		wantEqual(t, getAttributes(t, s, createQueue(t, s, "q"), "All"), standard)

		fifo := map[string]string{
			"ContentBasedDeduplication": "false",
			"DeduplicationScope":        "queue",
			"FifoQueue":                 "true",
			"FifoThroughputLimit":       "perQueue",
		}
		maps.Copy(fifo, standard)
		fifo["QueueArn"] += ".fifo"
		wantEqual(t, getAttributes(t, s, createFIFO(t, s, "q.fifo"), "QueueArn", "All"), fifo)
	})
}

func TestGetQueueAttributesNames(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	wantEqual(t, getAttributes(t, s, key), map[string]string{})
	wantEqual(t, getAttributes(t, s, key, "Policy", "FifoQueue", "RedrivePolicy"), map[string]string{})
	wantEqual(t, getAttributes(t, s, key, "DelaySeconds", "Policy"), map[string]string{"DelaySeconds": "0"})
	for _, name := range []string{"Foobar", "", "delayseconds", "SenderId"} {
		_, err := s.GetQueueAttributes(t.Context(), caller(), key, []string{"QueueArn", name})
		wantError(t, err, queue.CodeInvalidAttributeName, "Unknown Attribute "+name+".")
	}
}

func TestCountsAreReadOnlyIfAskedFor(t *testing.T) {
	t.Parallel()
	store := newNaiveStore()
	s := newService(t, store)
	key := createQueue(t, s, "q")
	for _, delay := range []int{0, 0, 0, 60, 60} {
		in := message("x")
		in.DelaySeconds = some(delay)
		send(t, s, key, in)
	}
	receiveOne(t, s, key)
	wantEqual(t, getAttributes(t, s, key, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
		"ApproximateNumberOfMessagesDelayed"), map[string]string{
		"ApproximateNumberOfMessages":           "2",
		"ApproximateNumberOfMessagesNotVisible": "1",
		"ApproximateNumberOfMessagesDelayed":    "2",
	})
	store.hookErr = func(operation string) error {
		t.Errorf("the store was asked for %s", operation)
		return nil
	}
	getAttributes(t, s, key, "QueueArn", "DelaySeconds")
}

func TestAttributeRanges(t *testing.T) {
	t.Parallel()
	ranges := []struct {
		name        string
		least, most int
	}{
		{"DelaySeconds", 0, 900},
		{"MaximumMessageSize", 1024, 1048576},
		{"MessageRetentionPeriod", 60, 1209600},
		{"ReceiveMessageWaitTimeSeconds", 0, 20},
		{"VisibilityTimeout", 0, 43200},
		{"KmsDataKeyReusePeriodSeconds", 60, 86400},
	}
	for _, r := range ranges {
		for _, good := range []int{r.least, r.most} {
			s := newService(t, newNaiveStore())
			key := createQueue(t, s, "q", r.name, strconv.Itoa(good), "KmsMasterKeyId", "alias/key")
			wantEqual(t, getAttributes(t, s, key, r.name), map[string]string{r.name: strconv.Itoa(good)})
			setAttributes(t, s, key, r.name, strconv.Itoa(good))
		}
		for _, bad := range []string{
			strconv.Itoa(r.least - 1), strconv.Itoa(r.most + 1), "", " 6", "544.43", "x", "99999999999999999999",
		} {
			t.Run(fmt.Sprintf("%s=%q", r.name, bad), func(t *testing.T) {
				t.Parallel()
				wantAttributeError(t, "q", r.name, bad,
					queue.CodeInvalidAttributeValue, "Invalid value for the parameter "+r.name+".")
			})
		}
	}
}

// wantAttributeError checks that both CreateQueue and SetQueueAttributes refuse a value.
func wantAttributeError(t *testing.T, queueName, attribute, value string, code queue.Code, text string) {
	t.Helper()
	s := newService(t, newNaiveStore())
	in := queue.CreateQueueInput{Name: queueName, Attributes: map[string]string{attribute: value}}
	var existing []string
	if strings.HasSuffix(queueName, ".fifo") {
		in.Attributes["FifoQueue"] = "true"
		existing = []string{"FifoQueue", "true"}
	}
	_, err := s.CreateQueue(t.Context(), caller(), in)
	wantError(t, err, code, text)
	key := createQueue(t, s, queueName, existing...)
	wantError(t, s.SetQueueAttributes(t.Context(), caller(), key, map[string]string{attribute: value}), code, text)
}

func TestAttributeErrors(t *testing.T) {
	t.Parallel()
	const standard, fifo = "q", "q.fifo"
	tests := []struct {
		queue, name, value string
		code               queue.Code
		text               string
	}{
		{standard, "Foobar", "1", queue.CodeInvalidAttributeName, "Unknown Attribute Foobar."},
		{standard, "", "1", queue.CodeInvalidAttributeName, "Unknown Attribute ."},
		{standard, "All", "1", queue.CodeInvalidAttributeName, "Unknown Attribute All."},
		{standard, "QueueArn", "1", queue.CodeInvalidAttributeName, "Unknown Attribute QueueArn."},
		{standard, "CreatedTimestamp", "1", queue.CodeInvalidAttributeName, "Unknown Attribute CreatedTimestamp."},
		{standard, "FifoQueue", "false", queue.CodeInvalidAttributeName, "Unknown Attribute FifoQueue."},
		{
			standard, "ContentBasedDeduplication", "true", queue.CodeInvalidAttributeName,
			"Unknown Attribute ContentBasedDeduplication.",
		},
		{
			standard, "DeduplicationScope", "queue", queue.CodeInvalidAttributeName,
			"You can specify the DeduplicationScope only when FifoQueue is set to true.",
		},
		{
			standard, "FifoThroughputLimit", "perQueue", queue.CodeInvalidAttributeName,
			"You can specify the FifoThroughputLimit only when FifoQueue is set to true.",
		},
		{
			standard, "KmsMasterKeyId", strings.Repeat("k", 2049), queue.CodeInvalidAttributeValue,
			"Invalid value for the parameter KmsMasterKeyId.",
		},
		{standard, "KmsMasterKeyId", "\xff", queue.CodeInvalidAttributeValue, "Invalid value for the parameter KmsMasterKeyId."},
		{
			standard, "SqsManagedSseEnabled", "yes", queue.CodeInvalidAttributeValue,
			"Invalid value for the parameter SqsManagedSseEnabled.",
		},
		{
			fifo, "ContentBasedDeduplication", "1", queue.CodeInvalidAttributeValue,
			"Invalid value for the parameter ContentBasedDeduplication.",
		},
		{
			fifo, "DeduplicationScope", "messagegroup", queue.CodeInvalidAttributeValue,
			"Invalid value for the parameter DeduplicationScope.",
		},
		{
			fifo, "FifoThroughputLimit", "x", queue.CodeInvalidAttributeValue,
			"Invalid value for the parameter FifoThroughputLimit.",
		},
		{
			fifo, "FifoThroughputLimit", "perMessageGroupId", queue.CodeInvalidAttributeValue,
			"Invalid value for the parameter FifoThroughputLimit.\n" +
				"Reason: To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup.",
		},
	}
	for _, test := range tests {
		t.Run(test.queue+" "+test.name, func(t *testing.T) {
			t.Parallel()
			wantAttributeError(t, test.queue, test.name, test.value, test.code, test.text)
		})
	}
}

func TestQueueTypeCannotChange(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createFIFO(t, s, "q.fifo")
	setAttributes(t, s, key, "FifoQueue", "True")
	set := func(value string) error {
		return s.SetQueueAttributes(t.Context(), caller(), key, map[string]string{"FifoQueue": value})
	}
	wantError(t, set("false"), queue.CodeInvalidAttributeValue,
		"Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
	wantError(t, set("maybe"), queue.CodeInvalidAttributeValue, "Invalid value for the parameter FifoQueue.")
	standard := createQueue(t, s, "q")
	for _, value := range []string{"true", "false"} {
		err := s.SetQueueAttributes(t.Context(), caller(), standard, map[string]string{"FifoQueue": value})
		wantError(t, err, queue.CodeInvalidAttributeName, "Unknown Attribute FifoQueue.")
	}
}

func TestHighThroughputNeedsScopeOfGroup(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createFIFO(t, s, "q.fifo", "FifoThroughputLimit", "perMessageGroupId", "DeduplicationScope", "messageGroup")
	err := s.SetQueueAttributes(t.Context(), caller(), key, map[string]string{"DeduplicationScope": "queue"})
	if err == nil {
		t.Error("the scope was taken away from under the throughput limit")
	}
	setAttributes(t, s, key, "DeduplicationScope", "queue", "FifoThroughputLimit", "perQueue")
	wantEqual(t, getAttributes(t, s, key, "DeduplicationScope", "FifoThroughputLimit"),
		map[string]string{"DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"})
}

func TestSetQueueAttributesIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	before := getAttributes(t, s, key, "All")
	err := s.SetQueueAttributes(t.Context(), caller(), key,
		map[string]string{"DelaySeconds": "5", "ReceiveMessageWaitTimeSeconds": "21", "VisibilityTimeout": "7"})
	wantError(t, err, queue.CodeInvalidAttributeValue, "Invalid value for the parameter ReceiveMessageWaitTimeSeconds.")
	wantEqual(t, getAttributes(t, s, key, "All"), before)
	wantError(t, s.SetQueueAttributes(t.Context(), caller(), key, nil),
		queue.CodeMissingParameter, "The request must contain the parameter Attributes.")
}

func TestSetQueueAttributesMovesTheTimestamp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		key := createQueue(t, s, "q")
		created := getAttributes(t, s, key, "CreatedTimestamp")["CreatedTimestamp"]
		time.Sleep(time.Minute)
		setAttributes(t, s, key, "DelaySeconds", "0")
		wantEqual(t, getAttributes(t, s, key, "CreatedTimestamp", "LastModifiedTimestamp"), map[string]string{
			"CreatedTimestamp":      created,
			"LastModifiedTimestamp": strconv.FormatInt(time.Now().Unix(), 10),
		})
	})
}

func TestEncryptionAttributes(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	names := []string{"KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"}
	steps := []struct {
		set, want []string
	}{
		{[]string{"KmsMasterKeyId", "alias/key"}, []string{"KmsMasterKeyId", "alias/key", "SqsManagedSseEnabled", "false"}},
		{
			[]string{"KmsDataKeyReusePeriodSeconds", "600"},
			[]string{"KmsMasterKeyId", "alias/key", "KmsDataKeyReusePeriodSeconds", "600", "SqsManagedSseEnabled", "false"},
		},
		{
			[]string{"KmsDataKeyReusePeriodSeconds", "300"},
			[]string{"KmsMasterKeyId", "alias/key", "SqsManagedSseEnabled", "false"},
		},
		{[]string{"KmsMasterKeyId", ""}, []string{"SqsManagedSseEnabled", "false"}},
		{[]string{"SqsManagedSseEnabled", "True"}, []string{"SqsManagedSseEnabled", "true"}},
		{[]string{"KmsMasterKeyId", "k"}, []string{"KmsMasterKeyId", "k", "SqsManagedSseEnabled", "false"}},
		{[]string{"SqsManagedSseEnabled", "true"}, []string{"SqsManagedSseEnabled", "true"}},
	}
	for _, step := range steps {
		setAttributes(t, s, key, step.set...)
		wantEqual(t, getAttributes(t, s, key, names...), pairs(step.want))
	}
	err := s.SetQueueAttributes(t.Context(), caller(), key,
		map[string]string{"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "true"})
	wantError(t, err, queue.CodeInvalidAttributeName, "You can use one type of server-side encryption (SSE) at one time. "+
		"You can either enable KMS SSE or SQS SSE.")
}

func TestPolicyAttribute(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	const statement = `{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}`
	policy := "{ \"Version\" : \"2012-10-17\",\n\"Statement\" : [" + statement + "] }"
	key := createQueue(t, s, "q", "Policy", policy)
	wantEqual(t, getAttributes(t, s, key, "Policy"), map[string]string{"Policy": policy})
	setAttributes(t, s, key, "Policy", "")
	wantEqual(t, getAttributes(t, s, key, "Policy"), map[string]string{})

	many := func(n int) string {
		return `{"Statement":[` + strings.Join(slices.Repeat([]string{statement}, n), ",") + `]}`
	}
	setAttributes(t, s, key, "Policy", many(20))
	wantAttributeError(t, "p", "Policy", policy+strings.Repeat(" ", 8192), queue.CodeInvalidAttributeValue,
		"Invalid value for the parameter Policy.")
	wantAttributeError(t, "p", "Policy", many(22), queue.CodeOverLimit,
		"22 statements were found in the submitted policy, max allowed is 20")
}
