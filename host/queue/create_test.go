package queue_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

func TestCreateQueueNames(t *testing.T) {
	t.Parallel()
	const (
		standardText = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
		fifoText     = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, " +
			"must end with .fifo suffix and be 1 to 80 in length"
	)
	tests := []struct {
		label, name, fifo, text string
	}{
		{"shortest", "a", "", ""},
		{"longest", strings.Repeat("a", 80), "", ""},
		{"every kind of character", "aZ09-_", "", ""},
		{"too long", strings.Repeat("a", 81), "", standardText},
		{"blank", "a b", "", standardText},
		{"slash", "a/b", "", standardText},
		{"letter beyond ASCII", "ä", "", standardText},
		{"fifo suffix alone", "a.fifo", "", standardText},
		{"fifo suffix, not FIFO", "a.fifo", "false", standardText},
		{"fifo", "a.fifo", "true", ""},
		{"fifo, other case", "a.fifo", "True", ""},
		{"longest fifo", strings.Repeat("a", 75) + ".fifo", "true", ""},
		{"too long fifo", strings.Repeat("a", 76) + ".fifo", "true", fifoText},
		{"fifo without suffix", "a", "true", fifoText},
		{"nothing but suffix", ".fifo", "true", fifoText},
		{"bad fifo", "a b.fifo", "true", fifoText},
		{"empty", "", "", "Value for parameter QueueName is invalid. Reason: Must specify a queue name."},
	}
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			in := queue.CreateQueueInput{Name: test.name, Attributes: map[string]string{}}
			if test.fifo != "" {
				in.Attributes["FifoQueue"] = test.fifo
			}
			key, err := newService(t, newNaiveStore()).CreateQueue(t.Context(), caller(), in)
			if test.text != "" {
				wantError(t, err, queue.CodeInvalidParameterValue, test.text)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, key, queue.Key{Account: testAccount, Name: test.name})
		})
	}
}

func TestCreateQueueComparesOnlyWhatWasPassed(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	dead := createQueue(t, s, "dead")
	redrive := `{"deadLetterTargetArn":"` + s.ARN(dead) + `","maxReceiveCount":3}`
	policy := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}}`
	createQueue(t, s, "q", "DelaySeconds", "5", "RedrivePolicy", redrive, "Policy", policy)
	setAttributes(t, s, queue.Key{Account: testAccount, Name: "q"}, "VisibilityTimeout", "99")

	tests := []struct {
		label, name, value string
		same               bool
	}{
		{"equal", "DelaySeconds", "5", true},
		{"other", "DelaySeconds", "6", false},
		{"the default is not what it has", "DelaySeconds", "0", false},
		{"never given, its default", "ReceiveMessageWaitTimeSeconds", "0", true},
		{"never given, another", "ReceiveMessageWaitTimeSeconds", "1", false},
		{"set since", "VisibilityTimeout", "99", true},
		{"set since, old value", "VisibilityTimeout", "30", false},
		{"policy as another text", "Policy", strings.ReplaceAll(policy, ",", " ,\n "), true},
		{"another policy", "Policy", strings.Replace(policy, "Allow", "Deny", 1), false},
		{"redrive policy as another text", "RedrivePolicy", strings.Replace(redrive, ":3}", `: "3" }`, 1), true},
		{"another redrive policy", "RedrivePolicy", strings.Replace(redrive, ":3}", ":4}", 1), false},
		{"hidden attribute", "KmsDataKeyReusePeriodSeconds", "300", true},
		{"hidden attribute, other value", "KmsDataKeyReusePeriodSeconds", "600", false},
		{"encryption", "SqsManagedSseEnabled", "TRUE", true},
		{"other encryption", "SqsManagedSseEnabled", "false", false},
	}
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			_, err := s.CreateQueue(t.Context(), caller(),
				queue.CreateQueueInput{Name: "q", Attributes: map[string]string{test.name: test.value}})
			if test.same {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, queue.CodeQueueNameExists,
				"A queue already exists with the same name and a different value for attribute "+test.name)
		})
	}
	if _, err := s.CreateQueue(t.Context(), caller(), queue.CreateQueueInput{Name: "q"}); err != nil {
		t.Errorf("without attributes: %v", err)
	}
}

// lateStore hides a queue from the first look, as if another request made it just then.
type lateStore struct {
	*naiveStore

	hidden bool
}

func (s *lateStore) Queue(key queue.Key) (*queue.Definition, error) {
	if s.hidden {
		return nil, queue.ErrQueueNotFound
	}
	return s.naiveStore.Queue(key)
}

func TestCreateQueueRace(t *testing.T) {
	t.Parallel()
	store := &lateStore{naiveStore: newNaiveStore()}
	s := newService(t, store)
	createQueue(t, s, "q", "DelaySeconds", "5")
	store.hidden = true
	createQueue(t, s, "q", "DelaySeconds", "5")
	_, err := s.CreateQueue(t.Context(), caller(),
		queue.CreateQueueInput{Name: "q", Attributes: map[string]string{"DelaySeconds": "6"}})
	wantError(t, err, queue.CodeQueueNameExists,
		"A queue already exists with the same name and a different value for attribute DelaySeconds")
}

func TestDeletedNameIsBlocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServiceWith(t, newNaiveStore(), queue.Options{DeleteCooldown: time.Minute})
		key := createQueue(t, s, "q")
		if err := s.DeleteQueue(t.Context(), caller(), key); err != nil {
			t.Fatal(err)
		}
		wantError(t, s.DeleteQueue(t.Context(), caller(), key),
			queue.CodeQueueDoesNotExist, "The specified queue does not exist.")
		createQueue(t, s, "other")

		time.Sleep(time.Minute - time.Millisecond)
		_, err := s.CreateQueue(t.Context(), caller(), queue.CreateQueueInput{Name: "q"})
		wantError(t, err, queue.CodeQueueDeletedRecently,
			"You must wait 60 seconds after deleting a queue before you can create another with the same name.")
		time.Sleep(time.Millisecond)
		createQueue(t, s, "q")
	})
}

func TestPurgeQueueIsLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newNaiveStore()
		s := newServiceWith(t, store, queue.Options{PurgeCooldown: time.Minute})
		key := createQueue(t, s, "q")
		purge := func() error { return s.PurgeQueue(t.Context(), caller(), key) }

		store.hookErr = func(string) error { return queue.ErrUnavailable }
		if err := purge(); err == nil {
			t.Fatal("no error of the store")
		}
		store.hookErr = nil
		sendBody(t, s, key, "x")
		if err := purge(); err != nil {
			t.Fatalf("after a purge that failed: %v", err)
		}
		if got := receive(t, s, key, queue.ReceiveMessageInput{}); len(got) != 0 {
			t.Errorf("received %q after the purge", bodies(got))
		}
		time.Sleep(time.Minute - time.Millisecond)
		wantError(t, purge(), queue.CodePurgeQueueInProgress,
			"Only one PurgeQueue operation on q is allowed every 60 seconds.")
		time.Sleep(time.Millisecond)
		if err := purge(); err != nil {
			t.Error(err)
		}
		// A new queue of that name was never purged.
		if err := s.DeleteQueue(t.Context(), caller(), key); err != nil {
			t.Fatal(err)
		}
		createQueue(t, s, "q")
		if err := purge(); err != nil {
			t.Error(err)
		}
	})
}

func TestGuardsCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	for range 3 {
		key := createQueue(t, s, "q")
		for range 2 {
			if err := s.PurgeQueue(t.Context(), caller(), key); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.DeleteQueue(t.Context(), caller(), key); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGetQueueURL(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	for _, owner := range []string{"", testAccount} {
		got, err := s.GetQueueURL(t.Context(), caller(), "q", owner)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, got, key)
	}
	_, err := s.GetQueueURL(t.Context(), caller(), "", "")
	wantError(t, err, queue.CodeMissingParameter, "The request must contain the parameter QueueName.")
	for _, missing := range [][2]string{{"p", ""}, {"Q", ""}, {"q", otherAccount}, {"q", "000000000000"}} {
		_, err := s.GetQueueURL(t.Context(), caller(), missing[0], missing[1])
		wantError(t, err, queue.CodeQueueDoesNotExist, "The specified queue does not exist.")
	}
}

func TestMissingQueue(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	for _, test := range []struct {
		key  queue.Key
		code queue.Code
		text string
	}{
		{queue.Key{Account: testAccount, Name: "none"}, queue.CodeQueueDoesNotExist, "The specified queue does not exist."},
		{queue.Key{Account: testAccount}, queue.CodeMissingParameter, "The request must contain the parameter QueueUrl."},
	} {
		calls := everyStoreCall(s, test.key, "handle")
		delete(calls, "CreateQueue")
		calls["ListQueueTags"] = func(ctx context.Context) error {
			_, err := s.ListQueueTags(ctx, caller(), test.key)
			return err
		}
		calls["ListDeadLetterSourceQueues"] = func(ctx context.Context) error {
			_, err := s.ListDeadLetterSourceQueues(ctx, caller(), test.key, queue.ListQueuesInput{})
			return err
		}
		for operation, call := range calls {
			t.Run(operation, func(t *testing.T) {
				t.Parallel()
				wantError(t, call(t.Context()), test.code, test.text)
			})
		}
	}
}
