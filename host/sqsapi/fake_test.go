package sqsapi_test

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/host/sqsapi"
	"github.com/queuelet/queuelet/sigauth"
)

const testAccount = "000000000000"

// anyone lets every request through as the same caller.
type anyone struct{}

func (anyone) Verify(*http.Request, []byte) (sigauth.Identity, error) {
	return sigauth.Identity{AccessKeyID: "AKIDEXAMPLE", AccountID: testAccount, Principal: "AIDAEXAMPLE"}, nil
}

// fakeQueues is a domain without rules. It records its calls, answers each from fixed
// values, and remembers the last messages that were sent for the next receive. A queue
// whose name begins with "fail-" answers every call with the error code that follows.
type fakeQueues struct {
	mu       sync.Mutex
	calls    []string
	stored   []queue.Message
	received []queue.ReceivedMessage // answers receives instead of stored, when not nil
	block    chan struct{}           // when not nil, a receive waits for it or its context
	waiting  chan struct{}           // receives a value when a receive waits
	panics   bool
}

var _ sqsapi.Queues = (*fakeQueues)(nil)

// newServer returns the echo handler of an API over the fake.
func newServer(t testing.TB, queues sqsapi.Queues, options sqsapi.Options) *echo.Echo {
	t.Helper()
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	api, err := sqsapi.New(queues, anyone{}, options)
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	api.Register(e)
	return e
}

func (f *fakeQueues) record(key queue.Key, call string, arguments ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.panics {
		panic("the fake was told to")
	}
	var line strings.Builder
	line.WriteString(call)
	if key.Name != "" {
		line.WriteString(" " + key.Account + "/" + key.Name)
	}
	for _, argument := range arguments {
		text, err := json.Marshal(argument)
		if err != nil {
			return err
		}
		line.WriteString(" " + string(text))
	}
	f.calls = append(f.calls, line.String())
	if code, ok := strings.CutPrefix(key.Name, "fail-"); ok {
		if code == "other" {
			return errors.New("disk on fire at sector 7")
		}
		return &queue.Error{Code: queue.Code(code), Message: "The text of " + code + "."}
	}
	return nil
}

// takeCalls returns the calls since the last time, one a line.
func (f *fakeQueues) takeCalls() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := strings.Join(f.calls, "\n")
	f.calls = nil
	return calls
}

func (f *fakeQueues) ResolveURL(_ queue.Caller, queueURL string) queue.Key {
	parts := strings.Split(queueURL, "/")
	key := queue.Key{Account: testAccount, Name: parts[len(parts)-1]}
	if len(parts) > 1 && parts[len(parts)-2] == "123456789012" {
		key.Account = "123456789012"
	}
	return key
}

func (f *fakeQueues) CreateQueue(_ context.Context, caller queue.Caller, in queue.CreateQueueInput) (queue.Key, error) {
	key := queue.Key{Account: caller.Account, Name: in.Name}
	return key, f.record(key, "CreateQueue", in)
}

func (f *fakeQueues) GetQueueURL(_ context.Context, caller queue.Caller, name, owner string) (queue.Key, error) {
	key := queue.Key{Account: caller.Account, Name: name}
	return key, f.record(key, "GetQueueUrl", owner)
}

func (f *fakeQueues) ListQueues(_ context.Context, caller queue.Caller, in queue.ListQueuesInput) (queue.QueuePage, error) {
	if err := f.record(queue.Key{}, "ListQueues", in); err != nil {
		return queue.QueuePage{}, err
	}
	return f.page(caller, in), nil
}

func (f *fakeQueues) page(caller queue.Caller, in queue.ListQueuesInput) queue.QueuePage {
	switch {
	case in.Prefix == "none":
		return queue.QueuePage{}
	case in.MaxResults.Set:
		return queue.QueuePage{Queues: []queue.Key{{Account: caller.Account, Name: "first"}}, NextToken: "next+/="}
	default:
		return queue.QueuePage{Queues: []queue.Key{{Account: caller.Account, Name: "first"}, {Account: caller.Account, Name: "second.fifo"}}}
	}
}

func (f *fakeQueues) ListDeadLetterSourceQueues(_ context.Context, caller queue.Caller, key queue.Key, in queue.ListQueuesInput) (queue.QueuePage, error) {
	if err := f.record(key, "ListDeadLetterSourceQueues", in); err != nil {
		return queue.QueuePage{}, err
	}
	if key.Name == "empty" {
		return queue.QueuePage{}, nil
	}
	return f.page(caller, in), nil
}

func (f *fakeQueues) DeleteQueue(_ context.Context, _ queue.Caller, key queue.Key) error {
	return f.record(key, "DeleteQueue")
}

func (f *fakeQueues) PurgeQueue(_ context.Context, _ queue.Caller, key queue.Key) error {
	return f.record(key, "PurgeQueue")
}

func (f *fakeQueues) GetQueueAttributes(_ context.Context, _ queue.Caller, key queue.Key, names []string) (map[string]string, error) {
	if err := f.record(key, "GetQueueAttributes", names); err != nil || key.Name == "empty" {
		return nil, err
	}
	return map[string]string{
		"VisibilityTimeout": "30",
		"QueueArn":          "arn:aws:sqs:us-east-1:000000000000:orders",
		"RedrivePolicy":     `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":3}`,
	}, nil
}

func (f *fakeQueues) SetQueueAttributes(_ context.Context, _ queue.Caller, key queue.Key, attributes map[string]string) error {
	return f.record(key, "SetQueueAttributes", attributes)
}

func (f *fakeQueues) TagQueue(_ context.Context, _ queue.Caller, key queue.Key, tags map[string]string) error {
	return f.record(key, "TagQueue", tags)
}

func (f *fakeQueues) UntagQueue(_ context.Context, _ queue.Caller, key queue.Key, keys []string) error {
	return f.record(key, "UntagQueue", keys)
}

func (f *fakeQueues) ListQueueTags(_ context.Context, _ queue.Caller, key queue.Key) (map[string]string, error) {
	if err := f.record(key, "ListQueueTags"); err != nil || key.Name == "empty" {
		return nil, err
	}
	return map[string]string{"owner": "a & b", "empty": ""}, nil
}

// sentMessage makes a readable line of a send for the record.
type sentMessage struct {
	ID, Body, Group, Dedup, Trace string   `json:",omitempty"`
	Delay                         *int     `json:",omitempty"`
	Attributes, System            []string `json:",omitempty"`
}

func readable(in *queue.SendMessageInput) sentMessage {
	m := sentMessage{ID: in.ID, Body: string(in.Body), Trace: in.TraceHeader}
	if !in.BodySet {
		m.Body = "(no body)"
	}
	if in.GroupIDSet {
		m.Group = in.GroupID + "."
	}
	if in.DedupIDSet {
		m.Dedup = in.DedupID + "."
	}
	if in.DelaySeconds.Set {
		m.Delay = &in.DelaySeconds.Value
	}
	m.Attributes, m.System = readableAttributes(in.Attributes), readableAttributes(in.SystemAttributes)
	return m
}

func readableAttributes(attributes []queue.AttributeInput) []string {
	var lines []string
	for _, a := range attributes {
		line := a.Name + " " + a.DataType
		if a.StringSet {
			line += fmt.Sprintf(" string %q", a.StringValue)
		}
		if a.BinarySet {
			line += fmt.Sprintf(" binary %x", a.BinaryValue)
		}
		if a.ListSet {
			line += " list"
		}
		lines = append(lines, line)
	}
	return lines
}

// store keeps a copy of what was sent and answers as SQS does.
func (f *fakeQueues) store(in *queue.SendMessageInput) queue.SendMessageResult {
	message := queue.Message{
		Body: slices.Clone(in.Body), BodyMD5: md5.Sum(in.Body), SenderID: "AIDAEXAMPLE",
		Sent: time.UnixMilli(1700000000123), Group: in.GroupID, DedupID: in.DedupID,
	}
	for _, a := range in.Attributes {
		value := slices.Clone(a.StringValue)
		if a.BinarySet {
			value = slices.Clone(a.BinaryValue)
		}
		message.Attributes = append(message.Attributes, queue.MessageAttribute{Name: a.Name, DataType: a.DataType, Value: value})
	}
	slices.SortFunc(message.Attributes, func(a, b queue.MessageAttribute) int { return strings.Compare(a.Name, b.Name) })
	f.stored = append(f.stored, message)
	result := queue.SendMessageResult{
		BodyMD5: message.BodyMD5, AttributesMD5: attributesMD5(message.Attributes), HasAttributes: len(message.Attributes) > 0,
	}
	if in.GroupIDSet {
		result.Sequence = 42
	}
	if len(in.SystemAttributes) > 0 {
		a := in.SystemAttributes[0]
		result.HasSystemAttributes = true
		result.SystemAttributesMD5 = attributesMD5([]queue.MessageAttribute{{Name: a.Name, DataType: a.DataType, Value: a.StringValue}})
	}
	return result
}

// attributesMD5 is the digest of message attributes as the SQS developer guide defines it.
func attributesMD5(attributes []queue.MessageAttribute) [16]byte {
	var text []byte
	part := func(s string) {
		text = binary.BigEndian.AppendUint32(text, uint32(len(s)))
		text = append(text, s...)
	}
	for _, a := range attributes {
		part(a.Name)
		part(a.DataType)
		if strings.HasPrefix(a.DataType, "Binary") {
			text = append(text, 2)
		} else {
			text = append(text, 1)
		}
		part(string(a.Value))
	}
	return md5.Sum(text)
}

func (f *fakeQueues) SendMessage(_ context.Context, _ queue.Caller, key queue.Key, in *queue.SendMessageInput) (queue.SendMessageResult, error) {
	if err := f.record(key, "SendMessage", readable(in)); err != nil {
		return queue.SendMessageResult{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stored = nil
	return f.store(in), nil
}

func (f *fakeQueues) SendMessageBatch(_ context.Context, _ queue.Caller, key queue.Key, entries []queue.SendMessageInput) (queue.SendMessageBatchResult, error) {
	var lines []any
	for i := range entries {
		lines = append(lines, readable(&entries[i]))
	}
	if err := f.record(key, "SendMessageBatch", lines...); err != nil {
		return queue.SendMessageBatchResult{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stored = nil
	var result queue.SendMessageBatchResult
	for i := range entries {
		if string(entries[i].Body) == "refuse" {
			result.Failed = append(result.Failed, queue.BatchFailure{
				ID: entries[i].ID, Code: queue.CodeInvalidParameterValue, Message: "One & \"two\".", SenderFault: true,
			})
			continue
		}
		result.Successful = append(result.Successful, queue.SendMessageBatchSuccess{ID: entries[i].ID, SendMessageResult: f.store(&entries[i])})
	}
	return result, nil
}

func (f *fakeQueues) ReceiveMessage(ctx context.Context, _ queue.Caller, key queue.Key, in *queue.ReceiveMessageInput) ([]queue.ReceivedMessage, error) {
	if err := f.record(key, "ReceiveMessage", in); err != nil {
		return nil, err
	}
	if f.block != nil {
		f.waiting <- struct{}{}
		select {
		case <-ctx.Done():
			f.waiting <- struct{}{}
			return nil, ctx.Err()
		case <-f.block:
		}
	}
	if key.Name == "empty" {
		return nil, nil
	}
	if key.Name == "full" {
		return fixtureMessages(), nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.received != nil {
		return f.received, nil
	}
	var messages []queue.ReceivedMessage
	for i, m := range f.stored {
		received := queue.ReceivedMessage{
			Received: queue.Received{
				Message: m, ReceiveCount: 1, FirstReceived: time.UnixMilli(1700000001456),
			},
			ReceiptHandle: fmt.Sprintf("handle-%d", i),
		}
		if slices.Contains(in.SystemAttributeNames, "All") {
			received.Shown = queue.ShowAll
		}
		if slices.Contains(in.MessageAttributeNames, "All") {
			received.Selected = m.Attributes
			received.AttributesMD5 = attributesMD5(m.Attributes)
		}
		messages = append(messages, received)
	}
	return messages, nil
}

// fixtureMessages are two messages with everything that a message can have, and a
// plain one.
func fixtureMessages() []queue.ReceivedMessage {
	body := []byte("line\r\n\ttab <b> & \"é😀\" \\ end")
	attributes := []queue.MessageAttribute{
		{Name: "a", DataType: "String.label", Value: []byte("x\r<")},
		{Name: "b", DataType: "Binary", Value: []byte{0, 1, 0xfe, 0xff}},
		{Name: "n", DataType: "Number", Value: []byte("1.50")},
	}
	full := queue.ReceivedMessage{
		Received: queue.Received{
			Message: queue.Message{
				ID: queue.MessageID{0xab, 15: 0xcd}, Body: body, BodyMD5: md5.Sum(body), Attributes: attributes,
				SenderID: "AIDAEXAMPLE", TraceHeader: "Root=1", Group: "g&1", DedupID: "d",
				Sent: time.UnixMilli(1700000000123), DeadLetterSource: "arn:aws:sqs:us-east-1:000000000000:from",
			},
			Handle: queue.Handle{ReceiveCount: 2}, ReceiveCount: 12, FirstReceived: time.UnixMilli(1700000001456),
		},
		ReceiptHandle: "AQEB+/=", Selected: attributes, AttributesMD5: attributesMD5(attributes),
		Sequence: 1884949646046769612, Shown: queue.ShowAll,
	}
	some := full
	some.Selected, some.Sequence = nil, 0
	some.Shown = queue.ShowReceiveCount | queue.ShowSequenceNumber
	plain := some
	plain.Shown = queue.ShowSequenceNumber
	return []queue.ReceivedMessage{full, some, plain}
}

func (f *fakeQueues) DeleteMessage(_ context.Context, _ queue.Caller, key queue.Key, receiptHandle string) error {
	return f.record(key, "DeleteMessage", receiptHandle)
}

// addToBatch lets the handle "bad" fail.
func addToBatch(result *queue.BatchResult, id, handle string) {
	if handle == "bad" {
		result.Failed = append(result.Failed, queue.BatchFailure{
			ID: id, Code: queue.CodeReceiptHandleIsInvalid, SenderFault: true,
			Message: `The input receipt handle "bad" is not a valid receipt handle.`,
		})
		return
	}
	result.Successful = append(result.Successful, id)
}

func (f *fakeQueues) DeleteMessageBatch(_ context.Context, _ queue.Caller, key queue.Key, entries []queue.DeleteMessageInput) (queue.BatchResult, error) {
	var result queue.BatchResult
	for _, entry := range entries {
		addToBatch(&result, entry.ID, entry.ReceiptHandle)
	}
	return result, f.record(key, "DeleteMessageBatch", entries)
}

func (f *fakeQueues) ChangeMessageVisibility(_ context.Context, _ queue.Caller, key queue.Key, in queue.ChangeVisibilityInput) error {
	return f.record(key, "ChangeMessageVisibility", in)
}

func (f *fakeQueues) ChangeMessageVisibilityBatch(_ context.Context, _ queue.Caller, key queue.Key, entries []queue.ChangeVisibilityInput) (queue.BatchResult, error) {
	var result queue.BatchResult
	for _, entry := range entries {
		addToBatch(&result, entry.ID, entry.ReceiptHandle)
	}
	return result, f.record(key, "ChangeMessageVisibilityBatch", entries)
}

func (f *fakeQueues) AddPermission(_ context.Context, _ queue.Caller, key queue.Key, in queue.AddPermissionInput) error {
	return f.record(key, "AddPermission", in)
}

func (f *fakeQueues) RemovePermission(_ context.Context, _ queue.Caller, key queue.Key, label string) error {
	return f.record(key, "RemovePermission", label)
}

func (f *fakeQueues) StartMessageMoveTask(_ context.Context, _ queue.Caller, in queue.StartMoveTaskInput) (string, error) {
	return "dGFzaw==", f.record(queue.Key{}, "StartMessageMoveTask", in)
}

func (f *fakeQueues) CancelMessageMoveTask(_ context.Context, _ queue.Caller, handle string) (int, error) {
	return 0, f.record(queue.Key{}, "CancelMessageMoveTask", handle)
}

func (f *fakeQueues) ListMessageMoveTasks(_ context.Context, _ queue.Caller, sourceARN string, maxResults queue.OptionalInt) ([]queue.MoveTask, error) {
	if err := f.record(queue.Key{}, "ListMessageMoveTasks", sourceARN, maxResults); err != nil {
		return nil, err
	}
	if strings.HasSuffix(sourceARN, ":empty") {
		return nil, nil
	}
	started := time.UnixMilli(1700000000123)
	return []queue.MoveTask{
		{Handle: "dGFzaw==", Status: "RUNNING", SourceARN: sourceARN, DestinationARN: "arn:aws:sqs:us-east-1:000000000000:to", MaxPerSecond: 5, Moved: 2, ToMove: 9, Started: started},
		{Status: "FAILED", SourceARN: sourceARN, ToMove: 9, Failure: "AWS.SimpleQueueService.NonExistentQueue", Started: started},
	}, nil
}

func (f *fakeQueues) PeekMessages(_ context.Context, _ queue.Caller, key queue.Key, in queue.PeekRequest) ([]queue.Peeked, error) {
	if err := f.record(key, "PeekMessages", in); err != nil {
		return nil, err
	}
	var found []queue.Peeked
	for i, m := range fixtureMessages() {
		peeked := queue.Peeked{Message: m.Message, Sequence: uint64(i) + 1, State: queue.State(i) + 1, Due: time.UnixMilli(1700000000123)}
		if peeked.State == queue.InFlight {
			peeked.ReceiveCount, peeked.FirstReceived = 12, m.FirstReceived
		} else {
			peeked.Attributes = nil
		}
		if slices.Contains(in.States, peeked.State) {
			found = append(found, peeked)
		}
	}
	return found, nil
}
