package dispatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/queuelet/queuelet/plugins/abi"
)

// conclusion is what came of an invocation, as far as destinations are told. It does not change once the invocation is
// judged.
type conclusion struct {
	requestID string
	records   int // in the event
	result    Result
}

// concludes notes for records in which invocation their fate is decided. It returns nil when no destination wants to know.
func (b *batch) concludes(part []int, requestID string) *conclusion {
	if b.plan.OnSuccess.IsZero() && b.plan.OnFailure.IsZero() {
		return nil
	}
	c := &conclusion{requestID: requestID, records: len(part)}
	for _, i := range part {
		b.fates[i].said = c
	}
	return c
}

func (c *conclusion) keep(result Result) {
	if c != nil {
		c.result = result
	}
}

// errNotInvoked is what a destination is told of a record that the function did not see in its last receive.
var errNotInvoked = errors.New("the message was given back before the function was invoked")

// The conditions of an invocation record. The first two are Lambda's.
const (
	conditionSuccess   = "Success"
	conditionExhausted = "RetriesExhausted" // the record failed at its last receive
	conditionCondemned = "DeadLetter"       // the function asked for it
)

// latestVersion is the one that a function runs without a qualifier.
const latestVersion = "$LATEST"

// envelope makes the invocation record of one record of a batch.
func (e *encoder) envelope(b *batch, i int, condition string) ([]byte, error) {
	event, _ := e.encode(b, []int{i})
	said := b.fates[i].said
	if said == nil {
		said = &conclusion{requestID: newRequestID(), records: 1, result: Result{Failure: FailureCanceled, Err: errNotInvoked}}
	}
	arn, version := b.plan.qualified()
	r := InvocationRecord{
		RequestContext: RequestContext{
			RequestID: said.requestID, FunctionARN: arn, Condition: condition,
			ApproximateInvokeCount: b.messages[i].ReceiveCount,
		},
		RequestPayload:  event,
		ResponseContext: &ResponseContext{StatusCode: StatusOK, ExecutedVersion: version},
	}
	if said.result.Failure != "" {
		r.ResponseContext.FunctionError = FunctionError
		r.ResponsePayload = said.failure()
	} else {
		r.ResponsePayload = said.response()
	}
	return r.Encode()
}

// qualified is the function's ARN with its version, or its alias, and that alone.
func (p *plan) qualified() (arn, version string) {
	if _, version, found := strings.Cut(p.Function, ":"); found {
		return p.functionARN, version
	}
	return p.functionARN + ":" + latestVersion, latestVersion
}

// failure is the response of an invocation that failed as a whole.
func (c *conclusion) failure() json.RawMessage {
	message := ""
	if c.result.Err != nil {
		message = c.result.Err.Error()
	}
	return slices.Concat([]byte(`{"errorType":`), text(string(c.result.Failure)), []byte(`,"errorMessage":`), text(message), []byte("}"))
}

// text is a string in JSON.
func text(s string) json.RawMessage {
	quoted, err := json.Marshal(s)
	if err != nil {
		return json.RawMessage(`""`) // cannot happen: every string can be written
	}
	return quoted
}

// response is the function's reply as JSON. One reply stands in the invocation records of all records of its event: what
// is so long that they would be more than an event may be is left out.
func (c *conclusion) response() json.RawMessage {
	reply := bytes.TrimSpace(c.result.Response)
	switch {
	case len(reply) == 0 || len(reply)*c.records > abi.MaxEvent:
		return json.RawMessage("null")
	case json.Valid(reply):
		return reply
	default: // only where replies are not looked at
		return text(string(reply))
	}
}
