package operation_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/operation"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/abi"
)

func TestQueueSend(t *testing.T) {
	s := newStage(t, nil)
	orders := s.create("orders-eu")
	s.grant(operation.Grants{Queues: []string{"orders-*"}})
	ctx := s.invocation(operation.Invocation{Depth: 3})
	text := "x"
	request := abi.SendRequest{Queue: "orders-eu", SendOptions: abi.SendOptions{
		MessageAttributes: map[string]abi.MessageAttribute{
			"text": {DataType: "String", StringValue: &text}, "bytes": {DataType: "Binary.png", BinaryValue: []byte{0, 255}},
		},
		TraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793",
	}}
	var sent abi.SendResponse
	if _, err := s.call(ctx, abi.OpQueueSend, request, "body", &sent); err != nil || sent.Error != nil {
		t.Fatal(err, sent.Error)
	}
	got := s.receive(orders)
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	m := got[0]
	wantSent := abi.SendResult{
		MessageID: m.ID.String(), MD5OfMessageBody: "841a2d689ad86bd1611447453c22c6fc",
		MD5OfMessageAttributes: sent.MD5OfMessageAttributes, MD5OfMessageSystemAttributes: sent.MD5OfMessageSystemAttributes,
	}
	if d := cmp.Diff(wantSent, sent.SendResult); d != "" || len(sent.MD5OfMessageAttributes) != 32 || len(sent.MD5OfMessageSystemAttributes) != 32 {
		t.Error(d)
	}
	attributes := []queue.MessageAttribute{{Name: "bytes", DataType: "Binary.png", Value: []byte{0, 255}}, {Name: "text", DataType: "String", Value: []byte("x")}}
	if d := cmp.Diff(attributes, m.Selected); d != "" || string(m.Body) != "body" || m.TraceHeader != request.TraceHeader {
		t.Errorf("%+v: %s", m, d)
	}
	if m.Depth != 4 || m.SenderID != "function/f" {
		t.Errorf("depth %d, sender %q", m.Depth, m.SenderID)
	}
}

// TestQueuesOutOfReach tries queues that were not granted, in every way to name one.
func TestQueuesOutOfReach(t *testing.T) {
	s := newStage(t, nil)
	secret := s.create("secret")
	foreign, err := s.queues.CreateQueue(t.Context(), queue.Caller{Account: otherAccount}, queue.CreateQueueInput{Name: "orders-x"})
	if err != nil {
		t.Fatal(err)
	}
	s.grant(operation.Grants{Queues: []string{"orders-*"}})
	ctx := s.invocation(operation.Invocation{})
	for _, name := range []string{
		"secret", "http://localhost/" + account + "/secret", "http://localhost/" + otherAccount + "/orders-x", "orders-/secret", "secret?orders-x",
		"arn:aws:sqs:us-east-1:000000000000:secret", "*", "orders", strings.Repeat("x", 1000),
	} {
		_, err := s.call(ctx, abi.OpQueueSend, abi.SendRequest{Queue: name}, "body", nil)
		want(t, name, err, abi.Denied, "add it to grants.queues")
		_, err = s.call(ctx, abi.OpQueueSendBatch, abi.SendBatchRequest{Queue: name}, "", nil)
		want(t, name, err, abi.Denied, "add it to grants.queues")
	}
	_, err = s.call(ctx, abi.OpQueueSend, abi.SendRequest{}, "body", nil)
	want(t, "no queue", err, abi.Invalid, "names no queue")
	if n := len(s.receive(secret)) + len(s.receive(foreign)); n != 0 {
		t.Errorf("%d messages arrived", n)
	}
}

// TestQueueRefusals gets SQS's own errors.
func TestQueueRefusals(t *testing.T) {
	s := newStage(t, nil)
	s.create("q", "MaximumMessageSize", "1024")
	s.create("q.fifo", "FifoQueue", "true")
	s.grant(operation.Grants{Queues: []string{"*"}})
	ctx := s.invocation(operation.Invocation{})
	long := 901
	for name, test := range map[string]struct {
		request abi.SendRequest
		body    string
		code    queue.Code
	}{
		"empty":          {abi.SendRequest{Queue: "q"}, "", queue.CodeMissingParameter},
		"too long":       {abi.SendRequest{Queue: "q"}, strings.Repeat("x", 1025), queue.CodeInvalidParameterValue},
		"no such queue":  {abi.SendRequest{Queue: "none"}, "x", queue.CodeQueueDoesNotExist},
		"bad characters": {abi.SendRequest{Queue: "q"}, "\x00", queue.CodeInvalidMessageContents},
		"delay":          {abi.SendRequest{Queue: "q", SendOptions: abi.SendOptions{DelaySeconds: &long}}, "x", queue.CodeInvalidParameterValue},
		"no group":       {abi.SendRequest{Queue: "q.fifo"}, "x", queue.CodeMissingParameter},
		"lists": {abi.SendRequest{Queue: "q", SendOptions: abi.SendOptions{MessageAttributes: map[string]abi.MessageAttribute{
			"a": {DataType: "String", StringListValues: []string{"x"}},
		}}}, "x", queue.CodeUnsupportedOperation},
	} {
		var answer abi.SendResponse
		if _, err := s.call(ctx, abi.OpQueueSend, test.request, test.body, &answer); err != nil || answer.Error == nil || answer.Error.Code != string(test.code) || answer.Error.Message == "" {
			t.Errorf("%s: %+v, %v; want %s", name, answer.Error, err, test.code)
		}
	}
}

func TestQueueSendBatch(t *testing.T) {
	s := newStage(t, nil)
	key := s.create("q.fifo", "FifoQueue", "true", "ContentBasedDeduplication", "true")
	s.grant(operation.Grants{Queues: []string{"*"}})
	ctx := s.invocation(operation.Invocation{Depth: 1})
	entry := func(id, group string, size int) abi.SendEntry {
		return abi.SendEntry{ID: id, Size: size, SendOptions: abi.SendOptions{MessageGroupID: group}}
	}
	request := abi.SendBatchRequest{Queue: "q.fifo", Entries: []abi.SendEntry{entry("a", "g", 3), entry("b", "g", 1), entry("c", "g", 4)}}
	var answer abi.SendBatchResponse
	if _, err := s.call(ctx, abi.OpQueueSendBatch, request, "one\x00four", &answer); err != nil || answer.Error != nil {
		t.Fatal(err, answer.Error)
	}
	if len(answer.Successful) != 2 || answer.Successful[1].ID != "c" || answer.Successful[1].SequenceNumber == "" {
		t.Errorf("successful %+v", answer.Successful)
	}
	if len(answer.Failed) != 1 || answer.Failed[0].ID != "b" || answer.Failed[0].Code != string(queue.CodeInvalidMessageContents) || !answer.Failed[0].SenderFault {
		t.Errorf("failed %+v", answer.Failed)
	}
	got := s.receive(key)
	if len(got) != 2 || string(got[0].Body)+string(got[1].Body) != "onefour" || got[0].Depth != 2 {
		t.Errorf("%+v", got)
	}
	for name, test := range map[string]struct {
		entries []abi.SendEntry
		body    string
	}{
		"past the end":  {[]abi.SendEntry{entry("a", "g", 3)}, "xx"},
		"all but one":   {[]abi.SendEntry{entry("a", "g", 3)}, "xxxx"},
		"negative":      {[]abi.SendEntry{entry("a", "g", -1)}, "xx"},
		"overflow":      {[]abi.SendEntry{entry("a", "g", 1<<62), entry("b", "g", 1<<62)}, "xx"},
		"body for none": {nil, "x"},
	} {
		_, err := s.call(ctx, abi.OpQueueSendBatch, abi.SendBatchRequest{Queue: "q.fifo", Entries: test.entries}, test.body, nil)
		want(t, name, err, abi.Invalid, "bod")
	}
	for name, test := range map[string]struct {
		n    int
		code queue.Code
	}{"none": {0, queue.CodeEmptyBatchRequest}, "too many": {11, queue.CodeTooManyEntriesInBatchRequest}, "very many": {10_000, queue.CodeTooManyEntriesInBatchRequest}} {
		request := abi.SendBatchRequest{Queue: "q.fifo"}
		for i := range test.n {
			request.Entries = append(request.Entries, entry(strconv.Itoa(i), "g", 1))
		}
		answer = abi.SendBatchResponse{}
		if _, err := s.call(ctx, abi.OpQueueSendBatch, request, strings.Repeat("x", test.n), &answer); err != nil || answer.Error == nil || answer.Error.Code != string(test.code) {
			t.Errorf("%s: %+v %v", name, answer.Error, err)
		}
	}
}

func TestQueueExtend(t *testing.T) {
	s := newStage(t, nil)
	key := s.create("q", "VisibilityTimeout", "30")
	if _, err := s.queues.SendMessage(t.Context(), queue.Caller{Account: account}, key, &queue.SendMessageInput{Body: []byte("x"), BodySet: true}); err != nil {
		t.Fatal(err)
	}
	handle := s.receive(key)[0].ReceiptHandle
	s.grant(operation.Grants{Extend: true})
	asked := time.Duration(-1)
	ctx := s.invocation(operation.Invocation{Queue: key, Extend: func(given string, timeout time.Duration, change func() error) (bool, error) {
		if asked = timeout; given != handle {
			return false, nil
		}
		return true, change()
	}})
	extend := func(header string) (abi.ExtendResponse, error) {
		var answer abi.ExtendResponse
		frame, err := s.Call(ctx, operation.Caller{Function: function}, abi.OpQueueExtend, abi.AppendFrame(nil, []byte(header), nil))
		if err == nil && len(frame) > 4 {
			_, err = s.callText(ctx, abi.OpQueueExtend, header, "", &answer)
		}
		return answer, err
	}
	if _, err := extend(`{"receiptHandle":"` + handle + `","visibilityTimeout":0}`); err != nil || asked != 0 {
		t.Errorf("asked for %v, %v", asked, err)
	}
	if got := s.receive(key); len(got) != 1 {
		t.Errorf("%d messages are visible", len(got))
	}
	if answer, err := extend(`{"receiptHandle":"` + handle + `","visibilityTimeout":43201}`); err != nil || answer.Error == nil || answer.Error.Code != string(queue.CodeInvalidParameterValue) {
		t.Errorf("%+v %v", answer.Error, err)
	}
	_, err := extend(`{"receiptHandle":"another","visibilityTimeout":5}`)
	want(t, "another's record", err, abi.NotFound, "not that of a record")
	_, err = extend(`{"receiptHandle":"` + handle + `"}`)
	want(t, "no timeout", err, abi.Invalid, "visibilityTimeout")
	ctx = s.invocation(operation.Invocation{})
	_, err = extend(`{"receiptHandle":"` + handle + `","visibilityTimeout":5}`)
	want(t, "no queue", err, abi.NotFound, "not of a queue")
}
