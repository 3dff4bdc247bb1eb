package queue_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/queue"
)

func names(page queue.QueuePage) string {
	var all []string
	for _, key := range page.Queues {
		all = append(all, key.Name)
	}
	return strings.Join(all, " ")
}

func TestListQueuesInPages(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	for _, name := range []string{"b", "a2", "c", "a1", "A", "a3"} {
		createQueue(t, s, name)
	}
	if _, err := s.CreateQueue(t.Context(), stranger(), queue.CreateQueueInput{Name: "a-strangers"}); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		prefix string
		max    int
		pages  []string
	}{
		{"", 0, []string{"A a1 a2 a3 b c"}},
		{"", 1000, []string{"A a1 a2 a3 b c"}},
		{"", 6, []string{"A a1 a2 a3 b c"}},
		{"", 4, []string{"A a1 a2 a3", "b c"}},
		{"", 1, []string{"A", "a1", "a2", "a3", "b", "c"}},
		{"a", 0, []string{"a1 a2 a3"}},
		{"a", 2, []string{"a1 a2", "a3"}},
		{"a-", 2, []string{""}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%q by %d", test.prefix, test.max), func(t *testing.T) {
			t.Parallel()
			in := queue.ListQueuesInput{Prefix: test.prefix, MaxResults: queue.OptionalInt{Value: test.max, Set: test.max > 0}}
			var pages []string
			for {
				page, err := s.ListQueues(t.Context(), caller(), in)
				if err != nil {
					t.Fatal(err)
				}
				pages = append(pages, names(page))
				if page.NextToken == "" {
					break
				}
				in.NextToken = page.NextToken
			}
			wantEqual(t, pages, test.pages)
		})
	}
}

func TestListQueuesGoesOnAfterADeletedQueue(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	for _, name := range []string{"a", "b", "c"} {
		createQueue(t, s, name)
	}
	page, err := s.ListQueues(t.Context(), caller(), queue.ListQueuesInput{MaxResults: some(1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteQueue(t.Context(), caller(), queue.Key{Account: testAccount, Name: "a"}); err != nil {
		t.Fatal(err)
	}
	page, err = s.ListQueues(t.Context(), caller(), queue.ListQueuesInput{MaxResults: some(1), NextToken: page.NextToken})
	if err != nil || names(page) != "b" {
		t.Errorf("second page is %q, %v", names(page), err)
	}
}

func TestListQueuesWithoutMaxResultsEndsAtAThousand(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	for i := range 1001 {
		createQueue(t, s, fmt.Sprintf("q%04d", i))
	}
	page, err := s.ListQueues(t.Context(), caller(), queue.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Queues) != 1000 || page.NextToken != "" {
		t.Errorf("%d queues and token %q, want 1000 and none", len(page.Queues), page.NextToken)
	}
}

func TestListDeadLetterSourceQueues(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	dead := createQueue(t, s, "dead")
	other := createQueue(t, s, "other")
	policy := func(target queue.Key) string {
		return `{"deadLetterTargetArn":"` + s.ARN(target) + `","maxReceiveCount":3}`
	}
	createQueue(t, s, "b", "RedrivePolicy", policy(dead))
	createQueue(t, s, "a", "RedrivePolicy", policy(dead))
	createQueue(t, s, "c", "RedrivePolicy", policy(other))
	list := func(key queue.Key, in queue.ListQueuesInput) queue.QueuePage {
		t.Helper()
		page, err := s.ListDeadLetterSourceQueues(t.Context(), caller(), key, in)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	wantEqual(t, names(list(dead, queue.ListQueuesInput{})), "a b")
	wantEqual(t, names(list(queue.Key{Account: testAccount, Name: "a"}, queue.ListQueuesInput{})), "")
	page := list(dead, queue.ListQueuesInput{MaxResults: some(1)})
	wantEqual(t, names(page), "a")
	wantEqual(t, names(list(dead, queue.ListQueuesInput{MaxResults: some(1), NextToken: page.NextToken})), "b")

	_, err := s.ListDeadLetterSourceQueues(t.Context(), caller(), other,
		queue.ListQueuesInput{MaxResults: some(1), NextToken: page.NextToken})
	wantError(t, err, queue.CodeInvalidParameterValue, changedToken)
}

const (
	invalidToken = "Invalid or expired next token."
	changedToken = "Invalid NextToken value. If you are passing in NextToken, you must not change the other request parameters."
)

func TestListErrors(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "a")
	createQueue(t, s, "b")
	page, err := s.ListQueues(t.Context(), caller(), queue.ListQueuesInput{MaxResults: some(1)})
	if err != nil {
		t.Fatal(err)
	}
	const (
		results   = "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000."
		mandatory = "MaxResults is a mandatory parameter when you provide a value for NextToken."
	)
	tests := []struct {
		label string
		in    queue.ListQueuesInput
		text  string
	}{
		{"none", queue.ListQueuesInput{MaxResults: some(0)}, results},
		{"negative", queue.ListQueuesInput{MaxResults: some(-1)}, results},
		{"too many", queue.ListQueuesInput{MaxResults: some(1001)}, results},
		{"token alone", queue.ListQueuesInput{NextToken: page.NextToken}, mandatory},
		{"no token", queue.ListQueuesInput{NextToken: "!", MaxResults: some(1)}, invalidToken},
		{"token of nothing", queue.ListQueuesInput{NextToken: "AAAA", MaxResults: some(1)}, invalidToken},
	}
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			_, err := s.ListQueues(t.Context(), caller(), test.in)
			wantError(t, err, queue.CodeInvalidParameterValue, test.text)
			_, err = s.ListDeadLetterSourceQueues(t.Context(), caller(), key, test.in)
			wantError(t, err, queue.CodeInvalidParameterValue, test.text)
		})
	}
	_, err = s.ListQueues(t.Context(), caller(),
		queue.ListQueuesInput{Prefix: "b", NextToken: page.NextToken, MaxResults: some(1)})
	wantError(t, err, queue.CodeInvalidParameterValue, changedToken)
	_, err = s.ListDeadLetterSourceQueues(t.Context(), caller(), key,
		queue.ListQueuesInput{NextToken: page.NextToken, MaxResults: some(1)})
	wantError(t, err, queue.CodeInvalidParameterValue, invalidToken)
}
