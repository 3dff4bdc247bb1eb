package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/queue"
)

const (
	testRegion   = "us-east-1"
	testAccount  = "111122223333"
	otherAccount = "444455556666"
)

// caller holds a key of the account that owns the queues of most tests.
func caller() queue.Caller {
	return queue.Caller{Account: testAccount, AccessKeyID: "AKIDEXAMPLE", Principal: "AIDAEXAMPLE"}
}

// stranger holds a key of another account.
func stranger() queue.Caller {
	return queue.Caller{Account: otherAccount, AccessKeyID: "AKIDOTHER", Principal: "AIDAOTHER"}
}

func newService(t testing.TB, store queue.Store) *queue.Service {
	t.Helper()
	return newServiceWith(t, store, queue.Options{})
}

func newServiceWith(t testing.TB, store queue.Store, o queue.Options) *queue.Service {
	t.Helper()
	o.Region = testRegion
	o.KnownAccount = func(account string) bool { return account == testAccount || account == otherAccount }
	s, err := queue.New(t.Context(), store, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// createQueue makes a queue of the test account; attributes are pairs of name and value.
func createQueue(t testing.TB, s *queue.Service, name string, attributes ...string) queue.Key {
	t.Helper()
	key, err := s.CreateQueue(t.Context(), caller(), queue.CreateQueueInput{Name: name, Attributes: pairs(attributes)})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func createFIFO(t testing.TB, s *queue.Service, name string, attributes ...string) queue.Key {
	t.Helper()
	return createQueue(t, s, name, append(attributes, "FifoQueue", "true")...)
}

func pairs(texts []string) map[string]string {
	m := make(map[string]string, len(texts)/2)
	for i := 0; i < len(texts); i += 2 {
		m[texts[i]] = texts[i+1]
	}
	return m
}

func setAttributes(t testing.TB, s *queue.Service, key queue.Key, attributes ...string) {
	t.Helper()
	if err := s.SetQueueAttributes(t.Context(), caller(), key, pairs(attributes)); err != nil {
		t.Fatal(err)
	}
}

func getAttributes(t testing.TB, s *queue.Service, key queue.Key, names ...string) map[string]string {
	t.Helper()
	attributes, err := s.GetQueueAttributes(t.Context(), caller(), key, names)
	if err != nil {
		t.Fatal(err)
	}
	return attributes
}

func send(t testing.TB, s *queue.Service, key queue.Key, in queue.SendMessageInput) queue.SendMessageResult {
	t.Helper()
	result, err := s.SendMessage(t.Context(), caller(), key, &in)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func sendBody(t testing.TB, s *queue.Service, key queue.Key, body string) queue.SendMessageResult {
	t.Helper()
	return send(t, s, key, message(body))
}

func message(body string) queue.SendMessageInput {
	return queue.SendMessageInput{Body: []byte(body), BodySet: true}
}

func fifoMessage(body, group, dedup string) queue.SendMessageInput {
	in := message(body)
	in.GroupID, in.GroupIDSet = group, true
	in.DedupID, in.DedupIDSet = dedup, dedup != ""
	return in
}

func receive(t testing.TB, s *queue.Service, key queue.Key, in queue.ReceiveMessageInput) []queue.ReceivedMessage {
	t.Helper()
	messages, err := s.ReceiveMessage(t.Context(), caller(), key, &in)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func receiveOne(t testing.TB, s *queue.Service, key queue.Key) queue.ReceivedMessage {
	t.Helper()
	messages := receive(t, s, key, queue.ReceiveMessageInput{})
	if len(messages) != 1 {
		t.Fatalf("received %d messages, want 1", len(messages))
	}
	return messages[0]
}

func some(n int) queue.OptionalInt { return queue.OptionalInt{Value: n, Set: true} }

func bodies(messages []queue.ReceivedMessage) []string {
	var all []string
	for _, m := range messages {
		all = append(all, string(m.Body))
	}
	return all
}

// wantError checks that err is a *queue.Error of that code and text.
func wantError(t testing.TB, err error, code queue.Code, text string) {
	t.Helper()
	known, ok := errors.AsType[*queue.Error](err)
	if !ok {
		t.Fatalf("error is %v, want %s: %s", err, code, text)
	}
	if known.Code != code || known.Message != text {
		t.Errorf("error is\n%s: %s\nwant\n%s: %s", known.Code, known.Message, code, text)
	}
}

// errorCode returns the code of a *queue.Error, "" of anything else.
func errorCode(err error) queue.Code {
	if known, ok := errors.AsType[*queue.Error](err); ok {
		return known.Code
	}
	return ""
}

func wantEqual(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func TestNewNeedsStoreRegionAndKey(t *testing.T) {
	t.Parallel()
	if _, err := queue.New(t.Context(), nil, queue.Options{Region: testRegion}); err == nil {
		t.Error("no error without a store")
	}
	if _, err := queue.New(t.Context(), newNaiveStore(), queue.Options{}); err == nil {
		t.Error("no error without a region")
	}
	store := newNaiveStore()
	store.hookErr = func(string) error { return queue.ErrUnavailable }
	if _, err := queue.New(t.Context(), store, queue.Options{Region: testRegion}); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("error is %v, want the store's", err)
	}
}

func TestStoreErrorsBecomeSQSErrors(t *testing.T) {
	t.Parallel()
	strange := errors.New("strange")
	const (
		full        = "The storage is full, so nothing can be stored. Delete or purge messages or add disk space, then try again."
		unavailable = "The storage cannot answer at the moment. Try again."
		unknown     = "The request processing has failed because of an unknown error, exception or failure."
	)
	tests := []struct {
		err  error
		code queue.Code
		text string
	}{
		{queue.ErrQueueNotFound, queue.CodeQueueDoesNotExist, "The specified queue does not exist."},
		{queue.ErrStorageFull, queue.CodeServiceUnavailable, full},
		{queue.ErrUnavailable, queue.CodeServiceUnavailable, unavailable},
		{queue.ErrOverLimit, queue.CodeOverLimit, "The maximum number of in flight messages is reached"},
		{strange, queue.CodeInternalFailure, unknown},
	}
	for _, test := range tests {
		t.Run(test.err.Error(), func(t *testing.T) {
			t.Parallel()
			store := newNaiveStore()
			s := newService(t, store)
			key := createQueue(t, s, "q")
			sendBody(t, s, key, "x")
			handle := receiveOne(t, s, key).ReceiptHandle
			store.hookErr = func(string) error { return test.err }

			for operation, call := range everyStoreCall(s, key, handle) {
				err := call(t.Context())
				t.Run(operation, func(t *testing.T) { wantError(t, err, test.code, test.text) })
				if !errors.Is(err, test.err) {
					t.Errorf("%s: the cause is lost: %v", operation, err)
				}
			}
		})
	}
}

func TestContextErrorsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	store := newNaiveStore()
	s := newService(t, store)
	key := createQueue(t, s, "q")
	sendBody(t, s, key, "x")
	handle := receiveOne(t, s, key).ReceiptHandle
	store.hookErr = func(string) error { return context.Canceled }
	for operation, call := range everyStoreCall(s, key, handle) {
		if err := call(t.Context()); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error is %v, want the context's", operation, err)
		}
	}
}

// everyStoreCall returns a call of every operation that asks the store for more than a
// definition.
func everyStoreCall(s *queue.Service, key queue.Key, handle string) map[string]func(context.Context) error {
	in := message("x")
	entry := message("x")
	entry.ID = "1"
	remove := []queue.DeleteMessageInput{{ID: "1", ReceiptHandle: handle}}
	change := queue.ChangeVisibilityInput{ID: "1", ReceiptHandle: handle, VisibilityTimeout: some(1)}
	return map[string]func(context.Context) error{
		"CreateQueue": func(ctx context.Context) error {
			_, err := s.CreateQueue(ctx, caller(), queue.CreateQueueInput{Name: "new"})
			return err
		},
		"DeleteQueue": func(ctx context.Context) error { return s.DeleteQueue(ctx, caller(), key) },
		"PurgeQueue":  func(ctx context.Context) error { return s.PurgeQueue(ctx, caller(), key) },
		"GetQueueAttributes": func(ctx context.Context) error {
			_, err := s.GetQueueAttributes(ctx, caller(), key, []string{"All"})
			return err
		},
		"SetQueueAttributes": func(ctx context.Context) error {
			return s.SetQueueAttributes(ctx, caller(), key, map[string]string{"DelaySeconds": "1"})
		},
		"TagQueue": func(ctx context.Context) error {
			return s.TagQueue(ctx, caller(), key, map[string]string{"a": "b"})
		},
		"UntagQueue": func(ctx context.Context) error { return s.UntagQueue(ctx, caller(), key, []string{"a"}) },
		"SendMessage": func(ctx context.Context) error {
			_, err := s.SendMessage(ctx, caller(), key, &in)
			return err
		},
		"SendMessageBatch": func(ctx context.Context) error {
			_, err := s.SendMessageBatch(ctx, caller(), key, []queue.SendMessageInput{entry})
			return err
		},
		"ReceiveMessage": func(ctx context.Context) error {
			_, err := s.ReceiveMessage(ctx, caller(), key, &queue.ReceiveMessageInput{})
			return err
		},
		"DeleteMessage": func(ctx context.Context) error { return s.DeleteMessage(ctx, caller(), key, handle) },
		"DeleteMessageBatch": func(ctx context.Context) error {
			_, err := s.DeleteMessageBatch(ctx, caller(), key, remove)
			return err
		},
		"ChangeMessageVisibility": func(ctx context.Context) error {
			return s.ChangeMessageVisibility(ctx, caller(), key, change)
		},
		"ChangeMessageVisibilityBatch": func(ctx context.Context) error {
			_, err := s.ChangeMessageVisibilityBatch(ctx, caller(), key, []queue.ChangeVisibilityInput{change})
			return err
		},
		"AddPermission": func(ctx context.Context) error {
			return s.AddPermission(ctx, caller(), key, queue.AddPermissionInput{
				Label: "l", AccountIDs: []string{otherAccount}, Actions: []string{"SendMessage"},
			})
		},
		"RemovePermission": func(ctx context.Context) error { return s.RemovePermission(ctx, caller(), key, "l") },
		"PeekMessages": func(ctx context.Context) error {
			_, err := s.PeekMessages(ctx, caller(), key, queue.PeekRequest{})
			return err
		},
	}
}

// clock returns the virtual time that has passed since it was made.
func clock() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
