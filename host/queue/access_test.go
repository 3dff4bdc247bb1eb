package queue_test

import (
	"context"
	"testing"

	"github.com/queuelet/queuelet/host/queue"
)

// everyOperation returns a call of every operation on one queue, by the caller given.
func everyOperation(s *queue.Service, who queue.Caller, key queue.Key) map[string]func(context.Context) error {
	in := message("x")
	entry := batchMessage("1", "x")
	return map[string]func(context.Context) error{
		"SendMessage": func(ctx context.Context) error {
			_, err := s.SendMessage(ctx, who, key, &in)
			return err
		},
		"SendMessageBatch": func(ctx context.Context) error {
			_, err := s.SendMessageBatch(ctx, who, key, []queue.SendMessageInput{entry})
			return err
		},
		"ReceiveMessage": func(ctx context.Context) error {
			_, err := s.ReceiveMessage(ctx, who, key, &queue.ReceiveMessageInput{})
			return err
		},
		"DeleteMessage": func(ctx context.Context) error { return s.DeleteMessage(ctx, who, key, "h") },
		"DeleteMessageBatch": func(ctx context.Context) error {
			_, err := s.DeleteMessageBatch(ctx, who, key, []queue.DeleteMessageInput{{ID: "1", ReceiptHandle: "h"}})
			return err
		},
		"ChangeMessageVisibility": func(ctx context.Context) error {
			return s.ChangeMessageVisibility(ctx, who, key,
				queue.ChangeVisibilityInput{ReceiptHandle: "h", VisibilityTimeout: some(1)})
		},
		"ChangeMessageVisibilityBatch": func(ctx context.Context) error {
			_, err := s.ChangeMessageVisibilityBatch(ctx, who, key,
				[]queue.ChangeVisibilityInput{{ID: "1", ReceiptHandle: "h", VisibilityTimeout: some(1)}})
			return err
		},
		"GetQueueUrl": func(ctx context.Context) error {
			_, err := s.GetQueueURL(ctx, who, key.Name, key.Account)
			return err
		},
		"GetQueueAttributes": func(ctx context.Context) error {
			_, err := s.GetQueueAttributes(ctx, who, key, []string{"All"})
			return err
		},
		"ListDeadLetterSourceQueues": func(ctx context.Context) error {
			_, err := s.ListDeadLetterSourceQueues(ctx, who, key, queue.ListQueuesInput{})
			return err
		},
		"PurgeQueue": func(ctx context.Context) error { return s.PurgeQueue(ctx, who, key) },
		"SetQueueAttributes": func(ctx context.Context) error {
			return s.SetQueueAttributes(ctx, who, key, map[string]string{"DelaySeconds": "1"})
		},
		"TagQueue":   func(ctx context.Context) error { return s.TagQueue(ctx, who, key, map[string]string{"a": "b"}) },
		"UntagQueue": func(ctx context.Context) error { return s.UntagQueue(ctx, who, key, []string{"a"}) },
		"ListQueueTags": func(ctx context.Context) error {
			_, err := s.ListQueueTags(ctx, who, key)
			return err
		},
		"AddPermission": func(ctx context.Context) error {
			return s.AddPermission(ctx, who, key,
				queue.AddPermissionInput{Label: "l", AccountIDs: []string{otherAccount}, Actions: []string{"SendMessage"}})
		},
		"RemovePermission": func(ctx context.Context) error { return s.RemovePermission(ctx, who, key, "l") },
		"PeekMessages": func(ctx context.Context) error {
			_, err := s.PeekMessages(ctx, who, key, queue.PeekRequest{})
			return err
		},
		"DeleteQueue": func(ctx context.Context) error { return s.DeleteQueue(ctx, who, key) },
	}
}

const (
	noQueue = "The specified queue does not exist."
	denied  = "Access to the resource https://sqs.us-east-1.amazonaws.com/ is denied."
)

func TestStrangersSeeNothing(t *testing.T) {
	t.Parallel()
	const nobody = `{"Statement":{"Effect":"Allow","Principal":{"AWS":"777788889999"},"Action":"sqs:*","Resource":"*"}}`
	for _, policy := range []string{"", nobody} {
		s := newService(t, newNaiveStore())
		key := createQueue(t, s, "q", "Policy", policy)
		for operation, call := range everyOperation(s, stranger(), key) {
			t.Run(operation, func(t *testing.T) {
				t.Parallel()
				wantError(t, call(t.Context()), queue.CodeQueueDoesNotExist, noQueue)
			})
		}
		page, err := s.ListQueues(t.Context(), stranger(), queue.ListQueuesInput{})
		if err != nil || len(page.Queues) != 0 {
			t.Errorf("a stranger sees %v, %v", page.Queues, err)
		}
	}
}

// outcome says whether an operation was let in: what it answers then does not matter.
func outcome(t *testing.T, err error) string {
	t.Helper()
	if code := errorCode(err); code == queue.CodeAccessDenied || code == queue.CodeQueueDoesNotExist {
		return string(code)
	}
	return "let in"
}

func TestPolicyLetsStrangersIn(t *testing.T) {
	t.Parallel()
	shared := map[string]bool{
		"SendMessage": true, "SendMessageBatch": true, "ReceiveMessage": true, "DeleteMessage": true,
		"DeleteMessageBatch": true, "ChangeMessageVisibility": true, "ChangeMessageVisibilityBatch": true,
		"GetQueueUrl": true, "GetQueueAttributes": true, "ListDeadLetterSourceQueues": true, "PurgeQueue": true,
	}
	tests := []struct {
		action string
		opened map[string]bool
	}{
		{"sqs:*", shared},
		{"sqs:SendMessage", map[string]bool{"SendMessage": true, "SendMessageBatch": true}},
		{"sqs:DeleteMessage", map[string]bool{"DeleteMessage": true, "DeleteMessageBatch": true}},
		{"sqs:SetQueueAttributes", nil}, // the owner's alone, whatever a policy says
	}
	for _, test := range tests {
		s := newService(t, newNaiveStore())
		policy := `{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + otherAccount + `"},"Action":"` + test.action +
			`","Resource":"arn:aws:sqs:us-east-1:111122223333:q"}}`
		key := createQueue(t, s, "q", "Policy", policy)
		for operation, call := range everyOperation(s, stranger(), key) {
			t.Run(test.action+" "+operation, func(t *testing.T) {
				t.Parallel()
				err := call(t.Context())
				if test.opened[operation] {
					wantEqual(t, outcome(t, err), "let in")
					return
				}
				wantError(t, err, queue.CodeAccessDenied, denied)
			})
		}
	}
}

func TestAddPermissionLetsStrangersIn(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	in := message("x")
	send := func() error {
		_, err := s.SendMessage(t.Context(), stranger(), key, &in)
		return err
	}
	wantError(t, send(), queue.CodeQueueDoesNotExist, noQueue)
	err := s.AddPermission(t.Context(), caller(), key,
		queue.AddPermissionInput{Label: "l", AccountIDs: []string{otherAccount}, Actions: []string{"SendMessage"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(); err != nil {
		t.Error(err)
	}
	wantEqual(t, receiveOne(t, s, key).SenderID, stranger().Principal)
	if err := s.RemovePermission(t.Context(), caller(), key, "l"); err != nil {
		t.Fatal(err)
	}
	wantError(t, send(), queue.CodeQueueDoesNotExist, noQueue)
}

func TestDenialConcernsTheOwnerToo(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q", "Policy", `{"Statement":{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*",
		"Condition":{"Bool":{"aws:SecureTransport":"false"}}}}`)
	unlocks := map[string]bool{"GetQueueUrl": true, "GetQueueAttributes": true, "SetQueueAttributes": true}
	for operation, call := range everyOperation(s, caller(), key) {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			err := call(t.Context())
			if unlocks[operation] {
				wantEqual(t, outcome(t, err), "let in")
				return
			}
			wantError(t, err, queue.CodeAccessDenied, denied)
		})
	}
	secure := caller()
	secure.Secure = true
	in := message("x")
	if _, err := s.SendMessage(t.Context(), secure, key, &in); err != nil {
		t.Errorf("over TLS: %v", err)
	}
}

func TestAllowList(t *testing.T) {
	t.Parallel()
	tests := []struct {
		label  string
		grants []queue.Grant
		opened map[string]bool // on queue orders
		create bool
	}{
		{
			"producer",
			[]queue.Grant{{Actions: []string{"SendMessage"}, Queues: []string{"orders"}}},
			map[string]bool{"SendMessage": true, "SendMessageBatch": true},
			false,
		},
		{
			"consumer",
			[]queue.Grant{{Actions: []string{"sqs:ReceiveMessage", "deletemessage"}, Queues: []string{"ord*"}}},
			map[string]bool{"ReceiveMessage": true, "DeleteMessage": true, "DeleteMessageBatch": true},
			false,
		},
		{"of another queue", []queue.Grant{{Actions: []string{"*"}, Queues: []string{"invoices"}}}, nil, false},
		{"two grants", []queue.Grant{
			{Actions: []string{"*"}, Queues: []string{"invoices"}},
			{Actions: []string{"Get*"}, Queues: []string{"*"}},
		}, map[string]bool{"GetQueueUrl": true, "GetQueueAttributes": true}, false},
		{"creator", []queue.Grant{{Actions: []string{"CreateQueue"}, Queues: []string{"new?"}}}, nil, true},
		{"nothing", nil, nil, false},
	}
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			s := newService(t, newNaiveStore())
			key := createQueue(t, s, "orders")
			limited := caller()
			var err error
			if limited.Allow, err = queue.NewAllowList(test.grants); err != nil {
				t.Fatal(err)
			}
			for operation, call := range everyOperation(s, limited, key) {
				wanted := string(queue.CodeAccessDenied)
				if test.opened[operation] {
					wanted = "let in"
				}
				if got := outcome(t, call(t.Context())); got != wanted {
					t.Errorf("%s: %s, want %s", operation, got, wanted)
				}
			}
			_, err = s.CreateQueue(t.Context(), limited, queue.CreateQueueInput{Name: "new1"})
			if (err == nil) != test.create {
				t.Errorf("CreateQueue: %v", err)
			}
		})
	}
}

func TestAllowListTexts(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	key := createQueue(t, s, "q")
	limited := caller()
	limited.Allow, _ = queue.NewAllowList([]queue.Grant{{Actions: []string{"SendMessage"}, Queues: []string{"q"}}})
	const user = "User: arn:aws:iam::111122223333:user/AIDAEXAMPLE is not authorized to perform: sqs:"
	_, err := s.ReceiveMessage(t.Context(), limited, key, &queue.ReceiveMessageInput{})
	wantError(t, err, queue.CodeAccessDenied, user+"ReceiveMessage on resource: arn:aws:sqs:us-east-1:111122223333:q")
	_, err = s.CreateQueue(t.Context(), limited, queue.CreateQueueInput{Name: "new"})
	wantError(t, err, queue.CodeAccessDenied, user+"CreateQueue on resource: arn:aws:sqs:us-east-1:111122223333:new")
	_, err = s.ListQueues(t.Context(), limited, queue.ListQueuesInput{})
	wantError(t, err, queue.CodeAccessDenied, user+"ListQueues on resource: arn:aws:sqs:us-east-1:111122223333:")
}

func TestAllowListLimitsListQueues(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	for _, name := range []string{"orders", "orders-dlq", "invoices"} {
		createQueue(t, s, name)
	}
	limited := caller()
	limited.Allow, _ = queue.NewAllowList([]queue.Grant{{Actions: []string{"List*"}, Queues: []string{"orders*"}}})
	page, err := s.ListQueues(t.Context(), limited, queue.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, names(page), "orders orders-dlq")
	page, err = s.ListQueues(t.Context(), caller(), queue.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, names(page), "invoices orders orders-dlq")
}

func TestAllowListMustMakeSense(t *testing.T) {
	t.Parallel()
	for _, grant := range []queue.Grant{
		{},
		{Actions: []string{"SendMessage"}},
		{Queues: []string{"*"}},
		{Actions: []string{"SendMesage"}, Queues: []string{"*"}},
		{Actions: []string{"SendMessage", ""}, Queues: []string{"*"}},
		{Actions: []string{"s3:*"}, Queues: []string{"*"}},
	} {
		if _, err := queue.NewAllowList([]queue.Grant{grant}); err == nil {
			t.Errorf("%+v is accepted", grant)
		}
	}
}
