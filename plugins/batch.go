package plugins

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/flow"
)

// Invocation is one call of a function.
type Invocation struct {
	RequestID   string
	FunctionARN string
	// Event is the JSON of an abi.Event, at most abi.MaxEvent bytes. It is read until Invoke returns.
	Event []byte
	// Deadline, if not zero, cuts the function's timeout short.
	Deadline   time.Time
	MessageIDs []string // for the log
	Attempt    int      // for the guest; 1 the first time
	// Output, if not nil, gets each line that the guest logs, beside the log. It must not wait, and may be called after Invoke
	// has returned if the guest cannot be stopped.
	Output func(line string)
	// Within, if not nil, makes the context of what the guest asks the host for, out of one that ends when the invocation does.
	Within func(context.Context) context.Context
	// Flow, if not nil, is the caller's, which the guest then runs in; it goes on without a guest that cannot be stopped.
	Flow *flow.Flow
}

// Result is what came of an invocation that did not fail as a whole.
type Result struct {
	Response     []byte        // what the guest replied, unchecked: abi.ParseResponse judges it
	Duration     time.Duration // of the guest's work
	InitDuration time.Duration // of making the instance; 0 if there was one
	MemoryPeak   int64         // bytes of linear memory
}

// batch is an invocation on its way through an instance.
type batch struct {
	Invocation

	ctx      context.Context //nolint:containedctx // the caller's
	began    time.Time
	initial  time.Duration
	call     flow.Call // of the instance, which works on the batch
	outcome  outcome   // once the call is over
	finished bool      // the outcome is there
	late     error     // why the guest's time was over, if it was

	mu    sync.Mutex
	event []byte // nil once nobody may read it any more

	// What the guest has said so far. Only the instance's goroutine touches it.
	response []byte
	replied  bool
	failure  []byte
	failed   bool
}

type outcome struct {
	Result

	err error
}

func newBatch(ctx context.Context, inv Invocation, timeout time.Duration) *batch {
	b := &batch{Invocation: inv, ctx: ctx, began: time.Now(), event: inv.Event}
	b.Deadline = b.began.Add(timeout)
	if !inv.Deadline.IsZero() && inv.Deadline.Before(b.Deadline) {
		b.Deadline = inv.Deadline
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(b.Deadline) {
		b.Deadline = deadline
	}
	return b
}

// readEvent copies the event to dst and returns its whole length; a nil dst asks for the length only.
func (b *batch) readEvent(dst []byte) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	copy(dst, b.event)
	return len(b.event)
}

// readEventAt copies the event from an offset on to dst, and returns how much that was and the event's length.
func (b *batch) readEventAt(dst []byte, offset int) (n, size int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return copy(dst, b.event[min(offset, len(b.event)):]), len(b.event)
}

// release takes the event away from a guest that is still running.
func (b *batch) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.event = nil
}

// reply keeps a copy of the guest's response.
func (b *batch) reply(response []byte) abi.Errno {
	if len(response) > abi.MaxResponse {
		return abi.TooBig
	}
	b.response = append(make([]byte, 0, len(response)), response...)
	b.replied = true
	return abi.OK
}

// maxFailure is how much of a failure's text is kept.
const maxFailure = 4 << 10

func (b *batch) fail(text []byte) {
	b.failure = bytes.Clone(text[:min(len(text), maxFailure)])
	b.failed = true
}

// verdict is the error of a batch whose guest has come back by itself.
func (b *batch) verdict(function string) error {
	switch {
	case b.failed:
		return handlerError(function, b.failure)
	case !b.replied:
		return &ContractError{Function: function, Problem: "the guest finished the event without event_reply or event_fail"}
	default:
		return nil
	}
}

// handlerError reads what a guest gave to event_fail: text, or Lambda's error object.
func handlerError(function string, text []byte) *HandlerError {
	var object abi.ErrorObject
	if json.Unmarshal(text, &object) == nil && (object.ErrorMessage != "" || object.ErrorType != "") {
		return &HandlerError{Function: function, Type: object.ErrorType, Message: object.ErrorMessage}
	}
	return &HandlerError{Function: function, Message: strings.ToValidUTF8(string(text), "\uFFFD")}
}
