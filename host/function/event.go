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

// The life of an event (AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous
// invocation").
const (
	eventAttempts = 3
	eventAge      = 6 * time.Hour

	eventBytes   = 64 << 20 // of all events that wait
	eventsAtOnce = 16       // in work
	eventsOpen   = 10_000   // in work, or waiting for another attempt
	eventHold    = 30 * time.Second
	eventFetch   = 5 * time.Second
)

// eventPause is how long to wait before the next attempt, by the number of those that failed.
func eventPause(failed int) time.Duration {
	if failed == 1 {
		return time.Minute
	}
	return 2 * time.Minute
}

// EventOptions configure Events.
type EventOptions struct {
	// Durable waits until what was stored before survives a power cut.
	Durable func() error
	// Run runs an event once. An error means that it has to be tried again.
	Run func(ctx context.Context, e Event) error
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
}

// OpenEvents opens the stream. ctx bounds the opening only.
func OpenEvents(ctx context.Context, nc *nats.Conn, options EventOptions) (*Events, error) {
	if options.Run == nil || options.Durable == nil {
		return nil, errors.New("open events: somebody to run them and a way to make them durable are required")
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
		MaxBytes: eventBytes, MaxAge: eventAge, Discard: jetstream.DiscardNew,
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
	return &Events{options: options, js: js, queue: queue}, nil
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

// handle takes an event through an attempt.
func (q *Events) handle(ctx context.Context, message jetstream.Msg) {
	var e Event
	about, err := message.Metadata()
	if err == nil {
		err = json.Unmarshal(message.Data(), &e)
	}
	if err != nil {
		q.answer(ctx, "drop an event that cannot be read", errors.Join(err, message.Term()))
		return
	}
	e.Attempt = int(about.NumDelivered)
	err = q.run(ctx, e, message)
	switch {
	case ctx.Err() != nil:
		q.answer(ctx, "give an event back", message.Nak())
	case err == nil:
		q.answer(ctx, "finish an event", message.Ack())
	case e.Attempt >= eventAttempts:
		q.options.Logger.ErrorContext(ctx, "asynchronous invocation is given up", "account", e.Account, "function", e.Function,
			"request_id", e.RequestID, "attempts", e.Attempt, "error", err)
		q.answer(ctx, "drop an event", message.Term())
	default:
		q.answer(ctx, "give an event back", message.NakWithDelay(q.options.Pause(e.Attempt)))
	}
}

// run runs an event and keeps the message while it does.
func (q *Events) run(ctx context.Context, e Event, message jetstream.Msg) error {
	done := make(chan struct{})
	var keeping sync.WaitGroup
	keeping.Go(func() {
		tick := time.NewTicker(eventHold / 3)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				q.answer(ctx, "keep an event", message.InProgress())
			case <-done:
				return
			}
		}
	})
	defer keeping.Wait()
	defer close(done)
	return q.options.Run(ctx, e)
}

func (q *Events) answer(ctx context.Context, what string, err error) {
	if err != nil {
		q.options.Logger.WarnContext(ctx, "an event may run again: could not "+what, "error", err)
	}
}
