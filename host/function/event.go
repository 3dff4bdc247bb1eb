package function

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Event is an asynchronous invocation.
type Event struct {
	RequestID string          `json:"request_id"`
	Account   string          `json:"account"`
	Function  string          `json:"function"`
	Qualifier string          `json:"qualifier,omitempty"`
	Payload   json.RawMessage `json:"payload"`

	Attempt int `json:"-"` // 1 the first time
}

// Reference is the function that the event is for.
func (e *Event) Reference() Reference { return Reference{Key{e.Account, e.Function}, e.Qualifier} }

// EventResult is what a function has answered to an event.
type EventResult struct {
	Version                 string // that ran, $LATEST or a number; "" if none has
	Response                []byte // JSON, unless it failed
	ErrorType, ErrorMessage string // how it failed, as Lambda shows it; "" when it did not
}

// EventEnd is what became of an event.
type EventEnd struct {
	EventResult

	Condition   Condition
	Attempts    int    // how often its function was invoked
	Destination string // which is to be told
	DeadLetter  bool   // it is a dead-letter queue, which gets the event itself
}

// Condition is why an event is over, in Lambda's words.
type Condition string

// The conditions of invocation records.
const (
	ConditionSuccess     Condition = "Success"
	ConditionExhausted   Condition = "RetriesExhausted"
	ConditionAge         Condition = "EventAgeExceeded"
	ConditionConcurrency Condition = "ZeroReservedConcurrency"
)

// ErrNoConcurrency is why an event cannot run whose function has a reserved concurrency of zero.
var ErrNoConcurrency = errors.New("the function's reserved concurrency is zero")

const (
	eventBytes   = 64 << 20 // of all events that wait
	eventsAtOnce = 16       // in work
	eventsOpen   = 10_000   // in work, or waiting for another attempt
	eventHold    = 30 * time.Second
	eventFetch   = 5 * time.Second
)

// eventPause is how long to wait before the next attempt, by the number of those that failed (AWS Lambda developer guide,
// "How Lambda handles errors and retries with asynchronous invocation").
func eventPause(failed int) time.Duration {
	if failed == 1 {
		return time.Minute
	}
	return 2 * time.Minute
}

// eventWait is how long to wait, for the nth time, before a function is asked again that could not run.
func eventWait(n int) time.Duration {
	const most, doublings = 5 * time.Minute, 9
	return min(most, time.Second<<min(n-1, doublings))
}

// EventOptions configure Events.
type EventOptions struct {
	// Durable waits until what was stored before survives a power cut.
	Durable func() error
	// Config returns how the events of a function are treated now, nil for as Lambda does it without a configuration.
	Config func(r Reference) *EventConfig
	// Run runs an event once. An error means that it could not run: it waits until it is too old, or ends at once where the
	// error is ErrNoConcurrency.
	Run func(ctx context.Context, e Event) (EventResult, error)
	// Tell tells a destination what became of an event. Where its error is an [*Error] it is of no use to try again.
	Tell func(ctx context.Context, e Event, end EventEnd) error
	// Pause replaces the wait before the next attempt, for tests; nil means Lambda's.
	Pause  func(failed int) time.Duration
	Logger *slog.Logger
}

// Events are the asynchronous invocations that have not run yet. They are kept in a stream of JetStream, so each runs at
// least once, whatever happens to the process.
type Events struct {
	options EventOptions
	js      jetstream.JetStream
	queue   jetstream.Consumer

	mu    sync.Mutex
	waits map[uint64]int // how often events of those sequences were delivered and could not run
}

// OpenEvents opens the stream. ctx bounds the opening only.
func OpenEvents(ctx context.Context, nc *nats.Conn, options EventOptions) (*Events, error) {
	if options.Run == nil || options.Tell == nil || options.Config == nil || options.Durable == nil {
		return nil, errors.New("open events: every part of the options but the pause and the log is required")
	}
	options.Logger = cmp.Or(options.Logger, slog.Default())
	if options.Pause == nil {
		options.Pause = eventPause
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("open events: %w", err)
	}
	_, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: eventStream, Subjects: []string{eventSubject}, Retention: jetstream.WorkQueuePolicy,
		MaxBytes: eventBytes, Discard: jetstream.DiscardNew,
	})
	if err != nil {
		return nil, fmt.Errorf("open the stream of events: %w", err)
	}
	queue, err := js.CreateOrUpdateConsumer(ctx, eventStream, jetstream.ConsumerConfig{
		Durable: eventConsumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: eventHold, MaxAckPending: eventsOpen,
	})
	if err != nil {
		return nil, fmt.Errorf("open the queue of events: %w", err)
	}
	return &Events{options: options, js: js, queue: queue, waits: make(map[uint64]int)}, nil
}

// Put keeps an event until it has run.
func (q *Events) Put(ctx context.Context, e Event) error {
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("keep an event: %w", err)
	}
	if _, err := q.js.Publish(ctx, eventSubject, text); err != nil {
		if _, full := errors.AsType[*jetstream.APIError](err); full {
			return &Error{Code: CodeTooManyEvents, Message: "Too many asynchronous invocations wait. Try again later.", Err: err}
		}
		return unavailable("keep the invocation", err)
	}
	if err := q.options.Durable(); err != nil {
		return unavailable("keep the invocation", err)
	}
	return nil
}

// Run runs events until take ends. Those in work are finished, unless finish ends.
func (q *Events) Run(take, finish context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	places := make(chan struct{}, eventsAtOnce)
	for {
		select {
		case places <- struct{}{}:
		case <-take.Done():
			return nil
		}
		message, err := q.next(take)
		if take.Err() != nil {
			return nil
		}
		if err != nil {
			<-places
			continue
		}
		work.Go(func() {
			defer func() { <-places }()
			q.handle(finish, message)
		})
	}
}

// next waits for an event, for a while.
func (q *Events) next(ctx context.Context) (jetstream.Msg, error) {
	waiting, cancel := context.WithTimeout(ctx, eventFetch)
	defer cancel()
	batch, err := q.queue.Fetch(1, jetstream.FetchContext(waiting))
	if err != nil {
		<-waiting.Done() // so that a server that is gone is not asked all the time
		return nil, fmt.Errorf("fetch an event: %w", err)
	}
	for message := range batch.Messages() {
		return message, nil
	}
	if err := batch.Error(); err != nil {
		return nil, fmt.Errorf("fetch an event: %w", err)
	}
	return nil, errNoEvent
}

var errNoEvent = errors.New("there was no event")
