package dispatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/abi"
)

// envelope is an invocation record as its reader sees it.
type envelope struct {
	Version        string `json:"version"`
	Timestamp      string `json:"timestamp"`
	RequestContext struct {
		RequestID              string `json:"requestId"`
		FunctionARN            string `json:"functionArn"`
		Condition              string `json:"condition"`
		ApproximateInvokeCount int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	RequestPayload  abi.Event `json:"requestPayload"`
	ResponseContext struct {
		StatusCode      int    `json:"statusCode"`
		ExecutedVersion string `json:"executedVersion"`
		FunctionError   string `json:"functionError"`
	} `json:"responseContext"`
	ResponsePayload json.RawMessage `json:"responsePayload"`
}

// about is the body of the record and what became of it.
func (e *envelope) about() string {
	return e.RequestPayload.Records[0].Body + " " + e.RequestContext.Condition
}

// told receives and deletes what a destination was told.
func (s *stage) told(name string) (all []envelope) {
	s.t.Helper()
	for messages := s.receive(name); len(messages) > 0; messages = s.receive(name) {
		for i := range messages {
			all = append(all, parseEnvelope(s.t, messages[i].Body))
			if err := s.DeleteMessage(s.t.Context(), owner, key(name), messages[i].ReceiptHandle); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	return all
}

func parseEnvelope(t testing.TB, text []byte) envelope {
	t.Helper()
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if len(e.RequestPayload.Records) != 1 {
		t.Fatalf("an invocation record is about one record: %s", text)
	}
	return e
}

func about(all []envelope) (texts []string) {
	for i := range all {
		texts = append(texts, all[i].about())
	}
	return texts
}

func (s *stage) wantTold(name string, want ...string) {
	s.t.Helper()
	if d := cmp.Diff(want, about(s.told(name))); d != "" {
		s.t.Errorf("%s was told (-want +got):\n%s", name, d)
	}
}

func to(name string) dispatch.Destination { return dispatch.Destination{Queue: key(name)} }

// sequence replies with what was planned for each invocation in turn, and with success afterwards.
func sequence(planned ...dispatch.Result) func(context.Context, *call) dispatch.Result {
	next := atomic.Int64{}
	return func(context.Context, *call) dispatch.Result {
		if n := int(next.Add(1)) - 1; n < len(planned) {
			return planned[n]
		}
		return dispatch.Result{}
	}
}

func TestOnSuccessIsTold(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q", "VisibilityTimeout", "30")
		s.create("done")
		s.sendMessage("q", queue.SendMessageInput{Body: []byte(`<a & "b">`), BodySet: true, Attributes: []queue.AttributeInput{
			{Name: "n", DataType: "String", StringValue: []byte("v"), StringSet: true},
		}})
		s.send("q", "fails", "passes")
		s.function.play(func(_ context.Context, c *call) dispatch.Result {
			for i := range c.event.Records {
				if c.bodies[i] == "fails" && c.Attempt == 1 {
					reply := `{"batchItemFailures":[{"itemIdentifier":"` + c.MessageIDs[i] + `"}],"note":1}`
					return dispatch.Result{Response: []byte(reply)}
				}
			}
			return dispatch.Result{Response: []byte(` {"note":2} `)}
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", OnSuccess: to("done")})
		settle()
		first := s.function.calls[0]
		got := s.told("done")
		if d := cmp.Diff([]string{`<a & "b"> Success`, "passes Success"}, about(got)); d != "" {
			t.Fatalf("told (-want +got):\n%s", d)
		}
		want := envelope{Version: "1.0", Timestamp: first.at.UTC().Format("2006-01-02T15:04:05.000Z"), ResponsePayload: got[0].ResponsePayload}
		want.RequestContext.RequestID = first.RequestID
		want.RequestContext.FunctionARN = "arn:aws:lambda:eu-central-1:000000000000:function:f:$LATEST"
		want.RequestContext.Condition = "Success"
		want.RequestContext.ApproximateInvokeCount = 1
		want.RequestPayload.Records = first.event.Records[:1]
		want.ResponseContext.StatusCode = 200
		want.ResponseContext.ExecutedVersion = "$LATEST"
		if d := cmp.Diff(want, got[0]); d != "" {
			t.Errorf("envelope (-want +got):\n%s", d)
		}
		if !strings.HasSuffix(string(got[0].ResponsePayload), `"note":1}`) {
			t.Errorf("response %s", got[0].ResponsePayload)
		}
		s.wantCounts("q", 0, 1)

		after(30 * time.Second)
		got = s.told("done")
		if len(got) != 1 || got[0].about() != "fails Success" || got[0].RequestContext.ApproximateInvokeCount != 2 ||
			string(got[0].ResponsePayload) != `{"note":2}` {
			t.Errorf("told of the second attempt: %+v", got)
		}
		if got := s.status(); got.Told != 3 || got.Untold != 0 {
			t.Errorf("status %+v", got)
		}
	})
}

// TestOnFailureIsToldOnceARecordIsGivenUp, and not before.
func TestOnFailureIsToldOnceARecordIsGivenUp(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("dlq")
		s.create("failed")
		attribute, value := redrive("dlq", 2)
		s.create("q", "VisibilityTimeout", "30", attribute, value)
		s.send("q", "fails", "passes", "hopeless", "late")
		zero := 0
		s.function.play(replying(func(body string) *abi.BatchItemFailure {
			switch body {
			case "fails":
				return &abi.BatchItemFailure{}
			case "late":
				return &abi.BatchItemFailure{DelaySeconds: &zero}
			case "hopeless":
				return &abi.BatchItemFailure{DeadLetter: true}
			}
			return nil
		}))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", OnFailure: to("failed")})
		settle()
		got := s.told("failed")
		if d := cmp.Diff([]string{"hopeless DeadLetter", "late RetriesExhausted"}, about(got)); d != "" {
			t.Errorf("told (-want +got):\n%s", d)
		}
		if e := got[0]; e.ResponseContext.FunctionError != "" || !strings.Contains(string(e.ResponsePayload), `"deadLetter":true`) {
			t.Errorf("envelope %+v", e)
		}
		s.function.play(func(context.Context, *call) dispatch.Result {
			return dispatch.Result{Failure: dispatch.FailureHandler, Err: errors.New("out of luck")}
		})
		after(30 * time.Second)
		got = s.told("failed")
		if d := cmp.Diff([]string{"fails RetriesExhausted"}, about(got)); d != "" {
			t.Errorf("told (-want +got):\n%s", d)
		}
		if e := got[0]; e.ResponseContext.FunctionError != "Unhandled" || e.RequestContext.ApproximateInvokeCount != 2 ||
			string(e.ResponsePayload) != `{"errorType":"handler_error","errorMessage":"out of luck"}` {
			t.Errorf("envelope %+v", e)
		}
		after(time.Minute)
		s.wantTold("failed")
		s.wantCounts("q", 0, 0)
		s.wantCounts("dlq", 3, 0)
	})
}

// TestGivenUpWithoutADeadLetterQueue: the destination is where such messages are kept.
func TestGivenUpWithoutADeadLetterQueue(t *testing.T) {
	virtual(t, func(_ *testing.T, s *stage) {
		s.create("failed")
		s.create("q", "VisibilityTimeout", "30")
		s.send("q", "hopeless")
		s.function.play(replying(func(string) *abi.BatchItemFailure { return &abi.BatchItemFailure{DeadLetter: true} }))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", OnFailure: to("failed")})
		settle()
		s.wantTold("failed", "hopeless DeadLetter")
		s.wantCounts("q", 0, 0)
	})
}

// TestMissingDestination must not cost the messages their receives.
func TestMissingDestination(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.send("q", "a")
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", OnSuccess: to("done")})
		after(time.Hour)
		s.wantCounts("q", 1, 0)
		if got := s.status(); got.State != dispatch.StateWaiting || !strings.HasPrefix(got.Reason, "destination done cannot be sent to: ") {
			t.Errorf("status %+v", got)
		}
		s.create("done")
		after(5 * time.Second)
		s.wantTold("done", "a Success")
		if got := s.status(); got.State != dispatch.StateRunning || s.function.calls[0].Attempt != 1 {
			t.Errorf("status %+v", got)
		}
	})
}

// moody is a sender that fails while it is told to, or for single messages.
type moody struct {
	*queue.Service

	fail   atomic.Bool
	refuse atomic.Pointer[string] // part of a body; nil for none
}

func (m *moody) SendMessageBatch(
	ctx context.Context, caller queue.Caller, key queue.Key, messages []queue.SendMessageInput,
) (queue.SendMessageBatchResult, error) {
	if m.fail.Load() {
		return queue.SendMessageBatchResult{}, queue.ErrUnavailable
	}
	var refused []queue.BatchFailure
	part := m.refuse.Load()
	taken := slices.DeleteFunc(slices.Clone(messages), func(in queue.SendMessageInput) bool {
		refuse := part != nil && strings.Contains(string(in.Body), *part)
		if refuse {
			refused = append(refused, queue.BatchFailure{ID: in.ID, Code: queue.CodeInvalidParameterValue, Message: "too long"})
		}
		return refuse
	})
	if len(taken) == 0 {
		return queue.SendMessageBatchResult{Failed: refused}, nil
	}
	result, err := m.Service.SendMessageBatch(ctx, caller, key, taken)
	result.Failed = append(result.Failed, refused...)
	return result, err
}

// TestDestinationThatTakesNothing keeps the records in their queue, and the mapping from burning their receives.
func TestDestinationThatTakesNothing(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		sender := &moody{Service: s.Service}
		sender.fail.Store(true)
		s.create("done")
		s.create("q", "VisibilityTimeout", "0")
		s.send("q", numbered(40)...)
		s.serve(dispatch.Options{Sender: sender}, dispatch.Mapping{Queue: key("q"), Function: "f", MaxConcurrency: 1, OnSuccess: to("done")})
		settle()
		got := s.status()
		if got.State != dispatch.StateWaiting || !strings.HasPrefix(got.Reason, "destination done takes nothing: ") || got.Untold != 10 {
			t.Errorf("status %+v", got)
		}
		after(time.Minute)
		if n := s.function.count(); n != 6 { // after 0, 1, 3, 7, 15 and 31 seconds
			t.Errorf("%d invocations", n)
		}
		if got := s.status().Records; got.Deleted != 0 {
			t.Errorf("records %+v", got)
		}
		sender.fail.Store(false)
		after(time.Minute)
		s.wantCounts("q", 0, 0)
		told := about(s.told("done"))
		slices.Sort(told)
		var want []string
		for _, body := range numbered(40) {
			want = append(want, body+" Success")
		}
		slices.Sort(want)
		if d := cmp.Diff(want, told); d != "" {
			t.Errorf("told (-want +got):\n%s", d)
		}
		if got := s.status(); got.State != dispatch.StateRunning {
			t.Errorf("status %+v", got)
		}
	})
}

// TestDestinationThatRefusesARecord lets the others through.
func TestDestinationThatRefusesARecord(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("dlq")
		s.create("done")
		attribute, value := redrive("dlq", 2)
		s.create("q", "VisibilityTimeout", "10", attribute, value)
		s.send("q", "a", strings.Repeat("large", 209_600), "b") // its record does not fit into a message
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", OnSuccess: to("done")})
		after(time.Minute)
		s.wantTold("done", "a Success", "b Success")
		s.wantCounts("dlq", 1, 0)
		got := s.status()
		if got.State != dispatch.StateRunning || got.Told != 2 || got.Untold != 2 || got.Records != (dispatch.Records{Deleted: 2, Failed: 2}) {
			t.Errorf("status %+v", got)
		}
	})
}

// TestFIFODestination keeps the order of groups, also when a record is refused.
func TestFIFODestination(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		sender := &moody{Service: s.Service}
		part := `"body":"a2"`
		sender.refuse.Store(&part)
		s.create("done.fifo")
		s.create("q.fifo", "VisibilityTimeout", "30")
		s.sendGroup("a1", "b1", "a2", "b2", "a3")
		s.serve(dispatch.Options{Sender: sender}, dispatch.Mapping{Queue: key("q.fifo"), Function: "f", OnSuccess: to("done.fifo")})
		settle()
		s.wantTold("done.fifo", "a1 Success", "b1 Success", "b2 Success")
		s.wantCounts("q.fifo", 0, 2)
		sender.refuse.Store(nil)
		after(30 * time.Second)
		s.wantCounts("q.fifo", 0, 0)
		messages := s.receive("done.fifo")
		var groups []string
		for i := range messages {
			e := parseEnvelope(t, messages[i].Body)
			groups = append(groups, messages[i].Group+" "+e.about())
		}
		if d := cmp.Diff([]string{"a a2 Success", "a a3 Success"}, groups); d != "" {
			t.Errorf("the rest (-want +got):\n%s", d)
		}
	})
}

// TestToldAgainAfterACrash: between the destination and the deletion nothing is lost. A FIFO queue keeps the second notice
// out.
func TestToldAgainAfterACrash(t *testing.T) {
	for name, want := range map[string]int{"done": 2, "done.fifo": 1} {
		virtual(t, func(t *testing.T, s *stage) {
			s.source = broken{s.Service} // does not delete
			s.create(name)
			s.create("q", "VisibilityTimeout", "30")
			s.send("q", "a")
			m := dispatch.Mapping{ID: "m", Queue: key("q"), Function: "f", OnSuccess: to(name)}
			s.serve(dispatch.Options{}, m)
			after(40 * time.Second)
			if got := about(s.told(name)); len(got) != want || got[0] != "a Success" {
				t.Errorf("%s was told %v", name, got)
			}
		})
	}
}

// press notes what is published.
type press struct {
	mu   sync.Mutex
	seen []string
}

func (p *press) Publish(_ context.Context, account, subject string, message []byte) error {
	var e envelope
	if err := json.Unmarshal(message, &e); err != nil {
		return fmt.Errorf("read what is published: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, account+" "+subject+" "+e.about())
	return nil
}

func TestSubjectAsDestination(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.send("q", "a", "b")
		publisher := &press{}
		m := dispatch.Mapping{Queue: key("q"), Function: "f", OnSuccess: dispatch.Destination{Subject: "orders.done"}}
		s.serve(dispatch.Options{Publisher: publisher}, m)
		settle()
		want := []string{account + " orders.done a Success", account + " orders.done b Success"}
		if d := cmp.Diff(want, publisher.seen); d != "" {
			t.Errorf("published (-want +got):\n%s", d)
		}
		s.wantCounts("q", 0, 0)
	})
}

// TestRepliesInInvocationRecords are left out where they would multiply.
func TestRepliesInInvocationRecords(t *testing.T) {
	long := `"` + strings.Repeat("x", abi.MaxEvent/2) + `"`
	for _, test := range []struct {
		name, reply string
		records     int
		want        string
	}{
		{"none", "", 1, "null"},
		{"JSON", `{"a":1}`, 2, `{"a":1}`},
		{"text", `it "went" well`, 1, `"it \"went\" well"`},
		{"too long for all", long, 3, "null"},
	} {
		t.Run(test.name, func(t *testing.T) {
			virtual(t, func(t *testing.T, s *stage) {
				s.create("done")
				s.create("q")
				s.send("q", numbered(test.records)...)
				s.function.play(sequence(dispatch.Result{Response: []byte(test.reply)}))
				s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", WholeBatch: true, OnSuccess: to("done")})
				settle()
				got := s.told("done")
				if len(got) != test.records || string(got[0].ResponsePayload) != test.want {
					t.Errorf("told %+v", got)
				}
			})
		})
	}
}

// TestDestinationsOfDeployedFunctions name the function as Lambda does, with its version or alias.
func TestDestinationsOfDeployedFunctions(t *testing.T) {
	for function, want := range map[string][2]string{
		"f":              {"f:$LATEST", "$LATEST"},
		account + "/f":   {"f:$LATEST", "$LATEST"},
		account + "/f:7": {"f:7", "7"},
	} {
		virtual(t, func(t *testing.T, s *stage) {
			s.create("done")
			s.create("q")
			s.send("q", "a")
			s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: function, OnSuccess: to("done")})
			settle()
			got := s.told("done")[0]
			arn := "arn:aws:lambda:eu-central-1:" + account + ":function:" + want[0]
			if got.RequestContext.FunctionARN != arn || got.ResponseContext.ExecutedVersion != want[1] {
				t.Errorf("%s is %s, version %s", function, got.RequestContext.FunctionARN, got.ResponseContext.ExecutedVersion)
			}
		})
	}
}

// TestBisectedRecordsAreTold of the invocation that decided.
func TestBisectedRecordsAreTold(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("done")
		s.create("q", "VisibilityTimeout", "30")
		s.send("q", "a", "bad", "c")
		s.function.play(func(_ context.Context, c *call) dispatch.Result {
			if slices.Contains(c.bodies, "bad") {
				return dispatch.Result{Failure: dispatch.FailureHandler}
			}
			return dispatch.Result{}
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", Bisect: true, OnSuccess: to("done")})
		settle()
		got := s.told("done")
		if d := cmp.Diff([]string{"a Success", "c Success"}, about(got)); d != "" {
			t.Fatalf("told (-want +got):\n%s", d)
		}
		for i := range got {
			c := s.function.calls[slices.IndexFunc(s.function.calls, func(c *call) bool { return c.RequestID == got[i].RequestContext.RequestID })]
			if c.bodies[len(c.bodies)-1] != got[i].RequestPayload.Records[0].Body {
				t.Errorf("%s is said to be decided in the invocation of %v", got[i].about(), c.bodies)
			}
		}
	})
}

// TestDestinationsInALoop are stopped like functions that feed each other.
func TestDestinationsInALoop(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("ping")
		s.create("pong")
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("ping"), Function: "a", OnSuccess: to("pong")},
			dispatch.Mapping{Queue: key("pong"), Function: "b", OnSuccess: to("ping")})
		// Invocation records inside of each other grow fast: sixteen of them do not fit into a message.
		s.sendMessage("ping", queue.SendMessageInput{Body: []byte("ball"), BodySet: true, Depth: 13})
		after(time.Minute)
		if n := s.function.count(); n != 3 {
			t.Errorf("the functions ran %d times", n)
		}
		s.wantCounts("ping", 0, 0)
		s.wantCounts("pong", 0, 0)
	})
}
