package hosttest_test

import (
	"cmp"
	"context"
	"testing"

	"github.com/queuelet/queuelet/host/hosttest"
)

// client is what the tests need from an SDK. Its two implementations leave checking
// MD5 sums, signing and decoding to the SDK, which is what the tests are about.
type client interface {
	createQueue(ctx context.Context, name string, attributes, tags map[string]string) (url string, err error)
	getQueueURL(ctx context.Context, name string) (url string, err error)
	listQueues(ctx context.Context, prefix string, most int, token string) (urls []string, next string, err error)
	listSources(ctx context.Context, url string) (urls []string, err error)
	deleteQueue(ctx context.Context, url string) error
	purgeQueue(ctx context.Context, url string) error
	getAttributes(ctx context.Context, url string, names ...string) (map[string]string, error)
	setAttributes(ctx context.Context, url string, attributes map[string]string) error
	tag(ctx context.Context, url string, tags map[string]string) error
	untag(ctx context.Context, url string, keys ...string) error
	tags(ctx context.Context, url string) (map[string]string, error)

	send(ctx context.Context, url string, m message) (id string, err error)
	sendBatch(ctx context.Context, url string, entries ...message) (sent, failed []string, err error)
	receive(ctx context.Context, url string, r receive) ([]message, error)
	deleteMessage(ctx context.Context, url, receipt string) error
	deleteBatch(ctx context.Context, url string, receipts map[string]string) (done, failed []string, err error)
	changeVisibility(ctx context.Context, url, receipt string, seconds int) error
	changeVisibilityBatch(ctx context.Context, url string, receipts map[string]string, seconds int) (done, failed []string, err error)

	// errorCode is the code of an error as programs that use the SDK see it.
	errorCode(err error) string
}

// message is one sent or received. Entry is its id in a batch.
type message struct {
	Entry      string
	ID         string
	Body       string
	Delay      int
	Trace      string // system attribute AWSTraceHeader
	Text       map[string]string
	Number     map[string]string
	Binary     map[string][]byte
	Receipt    string
	Attributes map[string]string // system attributes
}

// receive says what to receive.
type receive struct {
	Most       int
	Wait       int  // seconds
	Visibility int  // seconds; 0 leaves it to the queue
	All        bool // system and message attributes
}

// eachSDK runs a test against one server with every SDK.
func eachSDK(t *testing.T, test func(t *testing.T, c client, prefix string)) {
	t.Helper()
	server := hosttest.Start(t)
	t.Run("v2", func(t *testing.T) { test(t, v2{server.SQS()}, "v2-") })
	t.Run("v1", func(t *testing.T) { test(t, v1{server.SQSv1(t)}, "v1-") })
}

// newQueue makes a queue for a test.
func newQueue(t *testing.T, c client, name string, attributes map[string]string) string {
	t.Helper()
	url, err := c.createQueue(t.Context(), name, attributes, nil)
	if err != nil {
		t.Fatalf("CreateQueue: %v", err)
	}
	return url
}

// mustReceive receives until it has as many messages as wanted. They stay hidden for an hour
// unless r says otherwise, so that they do not come again on a slow machine.
func mustReceive(t *testing.T, c client, url string, want int, r receive) []message {
	t.Helper()
	r.Most, r.Wait, r.Visibility = 10, 20, cmp.Or(r.Visibility, 3600)
	var all []message
	for len(all) < want {
		messages, err := c.receive(t.Context(), url, r)
		if err != nil {
			t.Fatalf("ReceiveMessage: %v", err)
		}
		if len(messages) == 0 {
			t.Fatalf("received %d messages, want %d", len(all), want)
		}
		all = append(all, messages...)
	}
	return all
}

// mustBeEmpty expects that a receive finds nothing.
func mustBeEmpty(t *testing.T, c client, url string) {
	t.Helper()
	messages, err := c.receive(t.Context(), url, receive{Most: 10})
	if err != nil {
		t.Fatalf("ReceiveMessage: %v", err)
	}
	if len(messages) > 0 {
		t.Fatalf("received %q, want nothing", messages[0].Body)
	}
}

func expectCode(t *testing.T, c client, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("succeeded, want %s", want)
	}
	if got := c.errorCode(err); got != want {
		t.Fatalf("failed with %q, want %q: %v", got, want, err)
	}
}
