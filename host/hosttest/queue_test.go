package hosttest_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCreateQueue(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		ctx := t.Context()
		url, err := c.createQueue(ctx, prefix+"orders", map[string]string{"VisibilityTimeout": "45"}, map[string]string{"team": "billing"})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(url, "/000000000000/"+prefix+"orders") {
			t.Errorf("QueueUrl = %q", url)
		}
		again, err := c.createQueue(ctx, prefix+"orders", map[string]string{"VisibilityTimeout": "45"}, nil)
		if err != nil || again != url {
			t.Errorf("the same again = %q, %v", again, err)
		}
		_, err = c.createQueue(ctx, prefix+"orders", map[string]string{"VisibilityTimeout": "46"}, nil)
		expectCode(t, c, err, "QueueAlreadyExists")
		_, err = c.createQueue(ctx, "not a name", nil, nil)
		expectCode(t, c, err, "InvalidParameterValue")

		found, err := c.getQueueURL(ctx, prefix+"orders")
		if err != nil || found != url {
			t.Errorf("GetQueueUrl = %q, %v, want %q", found, err, url)
		}
		_, err = c.getQueueURL(ctx, prefix+"absent")
		expectCode(t, c, err, "AWS.SimpleQueueService.NonExistentQueue")
		tags, err := c.tags(ctx, url)
		if diff := cmp.Diff(map[string]string{"team": "billing"}, tags); err != nil || diff != "" {
			t.Errorf("ListQueueTags: %v (-want +got):\n%s", err, diff)
		}
	})
}

func TestListQueues(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		var want []string
		for i := range 5 {
			want = append(want, newQueue(t, c, fmt.Sprintf("%slist-%d", prefix, i), nil))
		}
		newQueue(t, c, prefix+"other", nil)
		var got []string
		pages := 0
		for token := ""; ; {
			urls, next, err := c.listQueues(t.Context(), prefix+"list-", 2, token)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, urls...)
			pages++
			if token = next; token == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
			t.Errorf("%d pages (-want +got):\n%s", pages, diff)
		}
		none, _, err := c.listQueues(t.Context(), prefix+"nothing", 0, "")
		if err != nil || len(none) > 0 {
			t.Errorf("ListQueues of an unknown prefix = %v, %v", none, err)
		}
	})
}

func TestDeleteQueue(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		ctx := t.Context()
		url := newQueue(t, c, prefix+"gone", nil)
		if _, err := c.send(ctx, url, message{Body: "lost"}); err != nil {
			t.Fatal(err)
		}
		if err := c.deleteQueue(ctx, url); err != nil {
			t.Fatal(err)
		}
		_, err := c.receive(ctx, url, receive{Most: 1})
		expectCode(t, c, err, "AWS.SimpleQueueService.NonExistentQueue")
		_, err = c.send(ctx, url, message{Body: "x"})
		expectCode(t, c, err, "AWS.SimpleQueueService.NonExistentQueue")
		expectCode(t, c, c.deleteQueue(ctx, url), "AWS.SimpleQueueService.NonExistentQueue")

		// The guard is off: the name can be used again, and the messages are gone.
		mustBeEmpty(t, c, newQueue(t, c, prefix+"gone", nil))
	})
}

func TestPurgeQueue(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		ctx := t.Context()
		url := newQueue(t, c, prefix+"full", nil)
		for i := range 3 {
			if _, err := c.send(ctx, url, message{Body: strconv.Itoa(i), Delay: i * 100}); err != nil {
				t.Fatal(err)
			}
		}
		held := mustReceive(t, c, url, 1, receive{})
		if err := c.purgeQueue(ctx, url); err != nil {
			t.Fatal(err)
		}
		counts := []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"}
		got, err := c.getAttributes(ctx, url, counts...)
		want := map[string]string{counts[0]: "0", counts[1]: "0", counts[2]: "0"}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("counts: %v (-want +got):\n%s", err, diff)
		}
		if err := c.deleteMessage(ctx, url, held[0].Receipt); err != nil {
			t.Errorf("DeleteMessage of a purged message: %v", err)
		}
	})
}

func TestQueueAttributes(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		ctx := t.Context()
		url := newQueue(t, c, prefix+"attributes", map[string]string{"DelaySeconds": "7"})
		all, err := c.getAttributes(ctx, url, "All")
		if err != nil {
			t.Fatal(err)
		}
		defaults := map[string]string{
			"QueueArn":                              "arn:aws:sqs:us-east-1:000000000000:" + prefix + "attributes",
			"ApproximateNumberOfMessages":           "0",
			"ApproximateNumberOfMessagesNotVisible": "0",
			"ApproximateNumberOfMessagesDelayed":    "0",
			"DelaySeconds":                          "7",
			"MaximumMessageSize":                    "1048576",
			"MessageRetentionPeriod":                "345600",
			"ReceiveMessageWaitTimeSeconds":         "0",
			"SqsManagedSseEnabled":                  "true",
			"VisibilityTimeout":                     "30",
		}
		for _, name := range []string{"CreatedTimestamp", "LastModifiedTimestamp"} {
			if len(all[name]) != 10 {
				t.Errorf("%s = %q, want seconds since 1970", name, all[name])
			}
			delete(all, name)
		}
		if diff := cmp.Diff(defaults, all); diff != "" {
			t.Errorf("attributes (-want +got):\n%s", diff)
		}

		if err := c.setAttributes(ctx, url, map[string]string{"VisibilityTimeout": "0", "MaximumMessageSize": "1024"}); err != nil {
			t.Fatal(err)
		}
		some, err := c.getAttributes(ctx, url, "VisibilityTimeout", "MaximumMessageSize")
		if diff := cmp.Diff(map[string]string{"VisibilityTimeout": "0", "MaximumMessageSize": "1024"}, some); err != nil || diff != "" {
			t.Errorf("after SetQueueAttributes: %v (-want +got):\n%s", err, diff)
		}

		// All or nothing.
		err = c.setAttributes(ctx, url, map[string]string{"VisibilityTimeout": "9", "DelaySeconds": "901"})
		expectCode(t, c, err, "InvalidAttributeValue")
		some, err = c.getAttributes(ctx, url, "VisibilityTimeout")
		if err != nil || some["VisibilityTimeout"] != "0" {
			t.Errorf("after a refused SetQueueAttributes: %v, %v", some, err)
		}
		_, err = c.getAttributes(ctx, url, "Nonsense")
		expectCode(t, c, err, "InvalidAttributeName")
	})
}

func TestTags(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		ctx := t.Context()
		url := newQueue(t, c, prefix+"tags", nil)
		if err := c.tag(ctx, url, map[string]string{"team": "billing", "stage": "test"}); err != nil {
			t.Fatal(err)
		}
		if err := c.tag(ctx, url, map[string]string{"team": "shipping"}); err != nil {
			t.Fatal(err)
		}
		if err := c.untag(ctx, url, "stage", "absent"); err != nil {
			t.Fatal(err)
		}
		tags, err := c.tags(ctx, url)
		if diff := cmp.Diff(map[string]string{"team": "shipping"}, tags); err != nil || diff != "" {
			t.Errorf("ListQueueTags: %v (-want +got):\n%s", err, diff)
		}
	})
}

func TestListDeadLetterSourceQueues(t *testing.T) {
	eachSDK(t, func(t *testing.T, c client, prefix string) {
		dead := newQueue(t, c, prefix+"dlq", nil)
		policy := fmt.Sprintf(`{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:%sdlq","maxReceiveCount":2}`, prefix)
		want := []string{
			newQueue(t, c, prefix+"source-1", map[string]string{"RedrivePolicy": policy}),
			newQueue(t, c, prefix+"source-2", map[string]string{"RedrivePolicy": policy}),
		}
		got, err := c.listSources(t.Context(), dead)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("ListDeadLetterSourceQueues: %v (-want +got):\n%s", err, diff)
		}
		none, err := c.listSources(t.Context(), want[0])
		if err != nil || len(none) > 0 {
			t.Errorf("ListDeadLetterSourceQueues of a source = %v, %v", none, err)
		}
	})
}

// sorted returns the keys of a set in order.
func sorted[V any](set map[string]V) []string { return slices.Sorted(maps.Keys(set)) }
