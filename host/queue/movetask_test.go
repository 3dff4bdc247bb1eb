package queue_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

const (
	moveNotDLQ      = "Source queue must be configured as a Dead Letter Queue."
	moveFormat      = ": arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
	moveBadSource   = "You must use this format to specify the SourceArn" + moveFormat
	moveBadTarget   = "You must use this format to specify the DestinationArn" + moveFormat
	moveNoSource    = "The resource that you specified for the SourceArn parameter doesn't exist."
	moveNoTarget    = "The resource that you specified for the DestinationArn parameter doesn't exist."
	moveRate        = "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number that's between 1 and 500."
	moveMaxResults  = "Value for parameter MaxResults is invalid. Reason: You must enter a number that's between 1 and 10."
	moveBadHandle   = "Value for parameter TaskHandle is invalid."
	moveNoTask      = "Task does not exist."
	moveNotActive   = "Only active tasks can be cancelled."
	moveRunsAlready = "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
)

// redrives makes a dead-letter queue dead and sources of it.
func redrives(t testing.TB, s *queue.Service, sources ...string) queue.Key {
	t.Helper()
	create := createQueue
	if strings.HasSuffix(sources[0], ".fifo") {
		create = createFIFO
	}
	suffix := strings.TrimPrefix(sources[0], strings.TrimSuffix(sources[0], ".fifo"))
	dead := create(t, s, "dead"+suffix)
	for _, name := range sources {
		create(t, s, name, "RedrivePolicy", `{"deadLetterTargetArn":"`+s.ARN(dead)+`","maxReceiveCount":1}`)
	}
	return dead
}

// kill sends messages to a queue and lets each fail once, so that they go to its
// dead-letter queue.
func kill(t testing.TB, s *queue.Service, source queue.Key, messages ...queue.SendMessageInput) {
	t.Helper()
	for _, m := range messages {
		send(t, s, source, m)
	}
	for range messages {
		receive(t, s, source, queue.ReceiveMessageInput{VisibilityTimeout: some(0)})
	}
	if left := receive(t, s, source, queue.ReceiveMessageInput{}); len(left) > 0 {
		t.Fatalf("%d messages did not go to the dead-letter queue", len(left))
	}
}

// killed lets n messages go from a queue to its dead-letter queue.
func killed(t testing.TB, s *queue.Service, source queue.Key, n int) {
	t.Helper()
	for i := range n {
		kill(t, s, source, message(strconv.Itoa(i)))
	}
}

func key(name string) queue.Key { return queue.Key{Account: testAccount, Name: name} }

// startMove starts a task; destination may be "".
func startMove(t testing.TB, s *queue.Service, source queue.Key, destination string, perSecond int) string {
	t.Helper()
	in := queue.StartMoveTaskInput{SourceARN: s.ARN(source)}
	if destination != "" {
		in.DestinationARN, in.DestinationSet = s.ARN(key(destination)), true
	}
	if perSecond > 0 {
		in.MaxPerSecond = some(perSecond)
	}
	handle, err := s.StartMessageMoveTask(t.Context(), caller(), in)
	if err != nil {
		t.Fatal(err)
	}
	return handle
}

func listMoves(t testing.TB, s *queue.Service, source queue.Key, limit int) []queue.MoveTask {
	t.Helper()
	tasks, err := s.ListMessageMoveTasks(t.Context(), caller(), s.ARN(source), some(limit))
	if err != nil {
		t.Fatal(err)
	}
	return tasks
}

func counted(t testing.TB, s *queue.Service, key queue.Key) int {
	t.Helper()
	n, err := strconv.Atoi(getAttributes(t, s, key, "ApproximateNumberOfMessages")["ApproximateNumberOfMessages"])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStartMoveTaskErrors(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	redrives(t, s, "source")
	createQueue(t, s, "other")
	createFIFO(t, s, "other.fifo")
	const arn = "arn:aws:sqs:us-east-1:111122223333:"
	to := func(text string) queue.StartMoveTaskInput {
		return queue.StartMoveTaskInput{SourceARN: arn + "dead", DestinationARN: text, DestinationSet: true}
	}
	both := func(source, destination string) queue.StartMoveTaskInput {
		return queue.StartMoveTaskInput{SourceARN: arn + source, DestinationARN: arn + destination, DestinationSet: true}
	}
	atRate := func(n int) queue.StartMoveTaskInput {
		return queue.StartMoveTaskInput{SourceARN: arn + "dead", MaxPerSecond: some(n)}
	}
	tests := []struct {
		label string
		in    queue.StartMoveTaskInput
		code  queue.Code
		text  string
	}{
		{"no source", queue.StartMoveTaskInput{}, queue.CodeInvalidParameterValue, moveBadSource},
		{"name", queue.StartMoveTaskInput{SourceARN: "dead"}, queue.CodeInvalidParameterValue, moveBadSource},
		{"no such source", queue.StartMoveTaskInput{SourceARN: arn + "none"}, queue.CodeResourceNotFound, moveNoSource},
		{"source elsewhere", queue.StartMoveTaskInput{SourceARN: "arn:aws:sqs:eu-west-1:111122223333:dead"}, queue.CodeResourceNotFound, moveNoSource},
		{"source of another service", queue.StartMoveTaskInput{SourceARN: "arn:aws:sns:us-east-1:111122223333:dead"}, queue.CodeResourceNotFound, moveNoSource},
		{"nobody's dead-letter queue", queue.StartMoveTaskInput{SourceARN: arn + "other"}, queue.CodeInvalidParameterValue, moveNotDLQ},
		{"empty destination", to(""), queue.CodeInvalidParameterValue, moveBadTarget},
		{"destination's name", to("source"), queue.CodeInvalidParameterValue, moveBadTarget},
		{"no such destination", to(arn + "none"), queue.CodeResourceNotFound, moveNoTarget},
		{"back into itself", to(arn + "dead"), queue.CodeInvalidParameterValue, "Source queue arn and destination queue arn cannot be the same."},
		{"other type", to(arn + "other.fifo"), queue.CodeInvalidParameterValue, "The source queue and destination queue must be of the same queue type."},
		{"rate 0", atRate(0), queue.CodeInvalidParameterValue, moveRate},
		{"rate -1", atRate(-1), queue.CodeInvalidParameterValue, moveRate},
		{"rate 501", atRate(501), queue.CodeInvalidParameterValue, moveRate},
		{"format before rate", queue.StartMoveTaskInput{SourceARN: "dead", MaxPerSecond: some(0)}, queue.CodeInvalidParameterValue, moveBadSource},
		{"source before destination", both("none", "gone"), queue.CodeResourceNotFound, moveNoSource},
		{"dead-letter queue before destination", both("other", "gone"), queue.CodeInvalidParameterValue, moveNotDLQ},
	}
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			t.Parallel()
			_, err := s.StartMessageMoveTask(t.Context(), caller(), test.in)
			wantError(t, err, test.code, test.text)
		})
	}
}

func TestOneMoveTaskAtATime(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	dead := redrives(t, s, "source")
	first := startMove(t, s, dead, "", 0)
	in := queue.StartMoveTaskInput{SourceARN: s.ARN(dead)}
	_, err := s.StartMessageMoveTask(t.Context(), caller(), in)
	wantError(t, err, queue.CodeInvalidParameterValue, moveRunsAlready)
	if _, err := s.CancelMessageMoveTask(t.Context(), caller(), first); err != nil {
		t.Fatal(err)
	}
	_, err = s.StartMessageMoveTask(t.Context(), caller(), in) // it still runs
	wantError(t, err, queue.CodeInvalidParameterValue, moveRunsAlready)
}

func TestAccountHasAHundredMoveTasks(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	var last queue.Key
	for i := range 101 {
		last = createQueue(t, s, "dead"+strconv.Itoa(i))
		createQueue(t, s, "source"+strconv.Itoa(i), "RedrivePolicy", `{"deadLetterTargetArn":"`+s.ARN(last)+`","maxReceiveCount":1}`)
		if i < 100 {
			startMove(t, s, last, "", 0)
		}
	}
	_, err := s.StartMessageMoveTask(t.Context(), caller(), queue.StartMoveTaskInput{SourceARN: s.ARN(last)})
	wantError(t, err, queue.CodeRequestThrottled,
		"Only 100 message move tasks of an account can run at a time. Wait until one has ended, or cancel one.")
}

// handleOf makes a task handle as AWS does.
func handleOf(t testing.TB, fields any) string {
	t.Helper()
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(text)
}

func TestMoveTaskHandle(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	dead := redrives(t, s, "source")
	createQueue(t, s, "other")
	handle := startMove(t, s, dead, "", 0)

	text, err := base64.StdEncoding.DecodeString(handle)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]string
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	if len(fields["taskId"]) != 36 || fields["sourceArn"] != s.ARN(dead) || len(fields) != 2 {
		t.Errorf("the handle says %s", text)
	}
	with := func(name, value string) string {
		return handleOf(t, map[string]string{"taskId": fields["taskId"], "sourceArn": fields["sourceArn"], name: value})
	}
	tests := []struct {
		label, handle string
		code          queue.Code
		text          string
	}{
		{"empty", "", queue.CodeInvalidParameterValue, moveBadHandle},
		{"not base64", "?", queue.CodeInvalidParameterValue, moveBadHandle},
		{"not JSON", base64.StdEncoding.EncodeToString([]byte("x")), queue.CodeInvalidParameterValue, moveBadHandle},
		{"a list", handleOf(t, []string{"taskId"}), queue.CodeInvalidParameterValue, moveBadHandle},
		{"null", handleOf(t, nil), queue.CodeInvalidParameterValue, moveBadHandle},
		{"a number", handleOf(t, map[string]any{"taskId": 1, "sourceArn": s.ARN(dead)}), queue.CodeInvalidParameterValue, moveBadHandle},
		{"no task", with("taskId", ""), queue.CodeInvalidParameterValue, moveBadHandle},
		{"unknown source", with("sourceArn", s.ARN(dead)+"-not"), queue.CodeResourceNotFound, moveNoSource},
		{"source is no ARN", with("sourceArn", "dead"), queue.CodeResourceNotFound, moveNoSource},
		{"unknown task", with("taskId", "00000000-0000-4000-8000-000000000000"), queue.CodeResourceNotFound, moveNoTask},
		{"task of another queue", with("sourceArn", s.ARN(key("other"))), queue.CodeResourceNotFound, moveNoTask},
	}
	for _, test := range tests {
		t.Run(test.label, func(t *testing.T) {
			_, err := s.CancelMessageMoveTask(t.Context(), caller(), test.handle)
			wantError(t, err, test.code, test.text)
		})
	}
	if moved, err := s.CancelMessageMoveTask(t.Context(), caller(), handle); err != nil || moved != 0 {
		t.Errorf("cancelled after %d messages, %v", moved, err)
	}
	_, err = s.CancelMessageMoveTask(t.Context(), caller(), handle)
	wantError(t, err, queue.CodeInvalidParameterValue, moveNotActive)
}

func TestListMoveTasksErrors(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	dead := redrives(t, s, "source")
	tests := []struct {
		label, source string
		limit         queue.OptionalInt
		code          queue.Code
		text          string
	}{
		{"no source", "", queue.OptionalInt{}, queue.CodeInvalidParameterValue, moveBadSource},
		{"unknown source", s.ARN(key("none")), queue.OptionalInt{}, queue.CodeResourceNotFound, moveNoSource},
		{"none wanted", s.ARN(dead), some(0), queue.CodeInvalidParameterValue, moveMaxResults},
		{"too many wanted", s.ARN(dead), some(11), queue.CodeInvalidParameterValue, moveMaxResults},
	}
	for _, test := range tests {
		_, err := s.ListMessageMoveTasks(t.Context(), caller(), test.source, test.limit)
		wantError(t, err, test.code, test.text)
	}
	wantEqual(t, len(listMoves(t, s, dead, 10)), 0)
}

func TestMoveTasksAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newNaiveStore()
		s := newService(t, store)
		dead := redrives(t, s, "source")
		createQueue(t, s, "to")
		stop := runMoves(t, s)
		start := time.Now()
		for range 12 { // two more than are remembered
			startMove(t, s, dead, "to", 0)
			time.Sleep(time.Minute)
		}
		stop()
		want := make([]queue.MoveTask, 10)
		for i := range want {
			want[i] = queue.MoveTask{
				Status: "COMPLETED", SourceARN: s.ARN(dead), DestinationARN: s.ARN(key("to")),
				Started: start.Add(time.Duration(11-i) * time.Minute),
			}
		}
		wantEqual(t, listMoves(t, s, dead, 10), want)
		wantEqual(t, listMoves(t, s, dead, 3), want[:3])
		newest, err := s.ListMessageMoveTasks(t.Context(), caller(), s.ARN(dead), queue.OptionalInt{})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, newest, want[:1])
		if len(store.tasks) != 10 {
			t.Errorf("%d tasks are stored", len(store.tasks))
		}
		again := newService(t, store)
		wantEqual(t, listMoves(t, again, dead, 10), want)
	})
}

func TestMoveTaskPermissions(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	dead := redrives(t, s, "source")
	createQueue(t, s, "to")
	handle := startMove(t, s, dead, "to", 0)
	calls := map[string]func(queue.Caller) error{
		"start": func(who queue.Caller) error {
			_, err := s.StartMessageMoveTask(t.Context(), who, queue.StartMoveTaskInput{SourceARN: s.ARN(dead)})
			return err
		},
		"start to": func(who queue.Caller) error {
			_, err := s.StartMessageMoveTask(t.Context(), who,
				queue.StartMoveTaskInput{SourceARN: s.ARN(dead), DestinationARN: s.ARN(key("to")), DestinationSet: true})
			return err
		},
		"cancel": func(who queue.Caller) error {
			_, err := s.CancelMessageMoveTask(t.Context(), who, handle)
			return err
		},
		"list": func(who queue.Caller) error {
			_, err := s.ListMessageMoveTasks(t.Context(), who, s.ARN(dead), queue.OptionalInt{})
			return err
		},
	}
	for label, call := range calls {
		wantError(t, call(stranger()), queue.CodeResourceNotFound, moveNoSource)
		if t.Failed() {
			t.Fatalf("%s by a stranger", label)
		}
	}

	move := []string{"*MessageMoveTask*", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}
	tests := []struct {
		label   string
		grants  []queue.Grant
		refused map[string]string // what is missing
	}{
		{
			"only the operations",
			[]queue.Grant{{Actions: []string{"*MessageMoveTask*"}, Queues: []string{"dead"}}},
			map[string]string{
				"start": "sqs:ReceiveMessage on resource: " + s.ARN(dead), "start to": "sqs:ReceiveMessage on resource: " + s.ARN(dead),
				"cancel": "sqs:ReceiveMessage on resource: " + s.ARN(dead), "list": "sqs:GetQueueAttributes on resource: " + s.ARN(dead),
			},
		},
		{
			"nowhere to send to",
			[]queue.Grant{{Actions: move, Queues: []string{"dead"}}},
			map[string]string{
				"start":    "sqs:SendMessage on resource: " + s.ARN(key("source")),
				"start to": "sqs:SendMessage on resource: " + s.ARN(key("to")),
			},
		},
		{
			"to its source only",
			[]queue.Grant{{Actions: move, Queues: []string{"dead"}}, {Actions: []string{"SendMessage"}, Queues: []string{"source"}}},
			map[string]string{"start to": "sqs:SendMessage on resource: " + s.ARN(key("to"))},
		},
	}
	for _, test := range tests {
		limited := caller()
		var err error
		if limited.Allow, err = queue.NewAllowList(test.grants); err != nil {
			t.Fatal(err)
		}
		for label, call := range calls {
			err := call(limited)
			if missing := test.refused[label]; missing != "" {
				wantError(t, err, queue.CodeAccessDenied,
					"User: arn:aws:iam::111122223333:user/AIDAEXAMPLE is not authorized to perform: "+missing)
			} else if errorCode(err) == queue.CodeAccessDenied {
				t.Errorf("%s: %s is refused: %v", test.label, label, err)
			}
		}
	}
}

func TestPolicyDeniesMoves(t *testing.T) {
	t.Parallel()
	s := newService(t, newNaiveStore())
	dead := redrives(t, s, "source")
	setAttributes(t, s, dead, "Policy",
		`{"Statement":{"Effect":"Deny","Principal":"*","Action":"sqs:StartMessageMoveTask","Resource":"*"}}`)
	_, err := s.StartMessageMoveTask(t.Context(), caller(), queue.StartMoveTaskInput{SourceARN: s.ARN(dead)})
	wantError(t, err, queue.CodeAccessDenied, denied)
}

func TestDestinationOfAnotherAccountNeedsAGrant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, newNaiveStore())
		dead := redrives(t, s, "source")
		killed(t, s, key("source"), 1)
		theirs, err := s.CreateQueue(t.Context(), stranger(), queue.CreateQueueInput{Name: "theirs"})
		if err != nil {
			t.Fatal(err)
		}
		in := queue.StartMoveTaskInput{SourceARN: s.ARN(dead), DestinationARN: s.ARN(theirs), DestinationSet: true}
		_, err = s.StartMessageMoveTask(t.Context(), caller(), in)
		wantError(t, err, queue.CodeResourceNotFound, moveNoTarget)
		err = s.AddPermission(t.Context(), stranger(), theirs,
			queue.AddPermissionInput{Label: "l", AccountIDs: []string{testAccount}, Actions: []string{"SendMessage"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = s.StartMessageMoveTask(t.Context(), caller(), in); err != nil {
			t.Fatal(err)
		}
		defer runMoves(t, s)()
		synctest.Wait()
		got, err := s.ReceiveMessage(t.Context(), stranger(), theirs, &queue.ReceiveMessageInput{})
		if err != nil || len(got) != 1 {
			t.Errorf("received %d messages, %v", len(got), err)
		}
	})
}

func TestMoveTasksNeedTheStore(t *testing.T) {
	t.Parallel()
	store := newNaiveStore()
	s := newService(t, store)
	dead := redrives(t, s, "source")
	failing := func(operation string) {
		store.hookErr = func(op string) error {
			if op == operation {
				return queue.ErrUnavailable
			}
			return nil
		}
	}
	start := func() error {
		_, err := s.StartMessageMoveTask(t.Context(), caller(), queue.StartMoveTaskInput{SourceARN: s.ARN(dead)})
		return err
	}
	for _, operation := range []string{"Counts", "MoveTasks", "SaveMoveTask"} {
		failing(operation)
		if err := start(); !errors.Is(err, queue.ErrUnavailable) || errorCode(err) != queue.CodeServiceUnavailable {
			t.Errorf("%s fails: got %v", operation, err)
		}
	}
	store.hookErr = nil
	wantEqual(t, len(listMoves(t, s, dead, 10)), 0) // nothing was left behind
	if err := start(); err != nil {
		t.Error(err)
	}

	other := newService(t, store)
	failing("MoveTasks")
	if err := other.RunMoveTasks(t.Context()); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("RunMoveTasks: %v", err)
	}
	if _, err := other.ListMessageMoveTasks(t.Context(), caller(), other.ARN(dead), some(1)); errorCode(err) != queue.CodeServiceUnavailable {
		t.Errorf("ListMessageMoveTasks: %v", err)
	}
}
