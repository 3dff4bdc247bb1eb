package dispatch

import (
	"context"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/flow"
)

// Source is where messages come from: *queue.Service.
type Source interface {
	ARN(key queue.Key) string
	Consume(ctx context.Context, key queue.Key, req queue.ConsumeRequest) (queue.Consumed, error)
	DeleteConsumed(ctx context.Context, key queue.Key, handles []queue.Handle) ([]error, error)
	StartDeleteConsumed(key queue.Key, handles []queue.Handle) (wait func(context.Context) ([]error, error), err error)
	ChangeConsumedVisibility(ctx context.Context, key queue.Key, changes []queue.VisibilityChange) ([]error, error)
	DeadLetterConsumed(ctx context.Context, key queue.Key, messages []queue.ReceivedMessage) ([]error, error)
}

// Sender is where messages for destinations go: *queue.Service.
type Sender interface {
	Authorize(caller queue.Caller, key queue.Key, action queue.Action) error
	SendMessageBatch(
		ctx context.Context, caller queue.Caller, key queue.Key, messages []queue.SendMessageInput,
	) (queue.SendMessageBatchResult, error)
}

var (
	_ Source = (*queue.Service)(nil)
	_ Sender = (*queue.Service)(nil)
	_ Copier = (*queue.Service)(nil)
)

// Taps is where copies of messages come from: *jetstream.Store.
type Taps interface {
	// OpenTap opens the tap stream of a queue. follow hands take every message that is stored there, in order, until ctx ends,
	// beginning where the reader of that name has got to.
	OpenTap(ctx context.Context, key queue.Key, reader string) (
		follow func(ctx context.Context, take func(context.Context, []queue.Message) error) error, err error)
}

// Copier keeps the copies: *queue.Service.
type Copier interface {
	// EnsureCopyQueue makes the queue for copies of another one's messages, unless it exists.
	EnsureCopyQueue(ctx context.Context, of, key queue.Key) error
	SendCopies(ctx context.Context, key queue.Key, messages []queue.Message) error
}

// Publisher is where messages for NATS subjects go. They reach those who listen with a key of the account of queues.
type Publisher interface {
	Publish(ctx context.Context, account, subject string, message []byte) error
}

// Invoker runs functions.
type Invoker interface {
	// Timeout returns how long a function may run, and whether there is a function of that name.
	Timeout(function string) (timeout time.Duration, deployed bool)
	// Invoke runs a function once and returns when it is done, failed or out of time. It ends early when ctx does.
	Invoke(ctx context.Context, function string, inv Invocation) Result
}

// Invocation is one call of a function.
type Invocation struct {
	RequestID   string
	FunctionARN string
	Event       []byte    // JSON of an abi.Event, only valid until Invoke returns
	Deadline    time.Time // by which it has to be over, waiting for room included
	MessageIDs  []string
	Attempt     int       // highest receive count among the records
	Queue       queue.Key // where the records come from
	// Depth is that of the deepest record, see [queue.Message]: what the function sends is one deeper.
	Depth uint32
	// Extend lets the function change the visibility timeout of a message of the batch while it is in work. It calls
	// change to do so, and no renewal cuts the new timeout short afterwards. It returns false when the receipt handle is
	// not that of a message of the batch.
	Extend func(receiptHandle string, timeout time.Duration, change func() error) (found bool, err error)
	// Failed returns those of MessageIDs that are not done if the function replies with a response: those that it names, or
	// all when the response makes no sense.
	Failed func(response []byte) []string
	// Flow is the caller's, in which the function may run.
	Flow *flow.Flow
}

// Result is what came of an invocation.
type Result struct {
	Response []byte  // what the function replied, unless it failed
	Failure  Failure // "" when it replied
	Err      error   // says more about a failure
	Duration time.Duration
}

// Failure is why an invocation failed as a whole, in one word that fits a metric label.
type Failure string

// The ways in which an invocation can fail. An invoker may have others.
const (
	FailureThrottled Failure = "throttled"     // it found no room in time; nothing has run
	FailureTimeout   Failure = "timed_out"     // it took too long
	FailureCrash     Failure = "crashed"       // the guest trapped, exited or ran out of memory
	FailureHandler   Failure = "handler_error" // the handler said so
	FailureResponse  Failure = "bad_response"  // the reply makes no sense
	FailureCanceled  Failure = "canceled"      // dispatch gave it up
)

// unreliable says whether a failure is a reason to leave the function in peace for a while. A handler that returns an
// error, and dispatch that gives up, say nothing about the next batch.
func (f Failure) unreliable() bool {
	return f != "" && f != FailureHandler && f != FailureCanceled
}

// divisible says whether a part of the records may fare better than all of them.
func (f Failure) divisible() bool {
	return f == FailureTimeout || f == FailureCrash || f == FailureHandler || f == FailureResponse
}
