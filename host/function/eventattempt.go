package function

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// attempt is an event that was delivered to be run.
type attempt struct {
	Event

	message  jetstream.Msg
	sequence uint64
	config   EventConfig
	left     time.Duration // until it is too old
}

// handle takes an event through an attempt.
func (q *Events) handle(ctx context.Context, message jetstream.Msg) {
	a, err := q.begin(message)
	if err != nil {
		q.answer(ctx, "drop an event that cannot be read", errors.Join(err, message.Term()))
		return
	}
	defer q.hold(ctx, message)()
	if a.left <= 0 {
		q.end(ctx, a, EventEnd{Condition: ConditionAge, Attempts: a.Attempt - 1})
		return
	}
	result, err := q.options.Run(ctx, a.Event)
	switch {
	case ctx.Err() != nil:
		q.answer(ctx, "give an event back", message.Nak())
	case errors.Is(err, &Error{Code: CodeNotFound}):
		q.options.Logger.WarnContext(ctx, "asynchronous invocation is dropped: its function is gone", "account", a.Account,
			"function", a.Function, "request_id", a.RequestID)
		q.drop(ctx, a)
	case errors.Is(err, ErrNoConcurrency):
		q.end(ctx, a, EventEnd{Condition: ConditionConcurrency, Attempts: a.Attempt - 1})
	case err != nil:
		q.wait(ctx, a, err)
	default:
		q.judge(ctx, a, result)
	}
}

// begin reads an event that was delivered.
func (q *Events) begin(message jetstream.Msg) (*attempt, error) {
	about, err := message.Metadata()
	if err != nil {
		return nil, err //nolint:wrapcheck // whoever calls says what it is about
	}
	a := &attempt{message: message, sequence: about.Sequence.Stream}
	if err := json.Unmarshal(message.Data(), &a.Event); err != nil {
		return nil, err //nolint:wrapcheck // whoever calls says what it is about
	}
	if c := q.options.Config(a.Reference()); c != nil {
		a.config = *c
	}
	q.mu.Lock()
	a.Attempt = max(1, int(about.NumDelivered)-q.waits[a.sequence])
	q.mu.Unlock()
	a.left = time.Until(about.Timestamp.Add(a.config.age()))
	return a, nil
}

// judge decides what becomes of an event that has run.
func (q *Events) judge(ctx context.Context, a *attempt, result EventResult) {
	end := EventEnd{EventResult: result, Attempts: a.Attempt}
	pause := q.options.Pause(a.Attempt)
	switch {
	case result.ErrorType == "":
		end.Condition = ConditionSuccess
	case a.Attempt >= a.config.attempts():
		end.Condition = ConditionExhausted
	case pause >= a.left:
		end.Condition = ConditionAge
	default:
		q.answer(ctx, "give an event back", a.message.NakWithDelay(pause))
		return
	}
	q.end(ctx, a, end)
}

// wait puts off an event that could not run, for no longer than until it is too old.
func (q *Events) wait(ctx context.Context, a *attempt, cause error) {
	q.mu.Lock()
	q.waits[a.sequence]++
	n := q.waits[a.sequence]
	q.mu.Unlock()
	q.options.Logger.DebugContext(ctx, "asynchronous invocation waits", "account", a.Account, "function", a.Function,
		"request_id", a.RequestID, "error", cause)
	q.answer(ctx, "put an event off", a.message.NakWithDelay(min(eventWait(n), a.left)))
}

// tellPauses are the waits between attempts to tell a destination.
var tellPauses = []time.Duration{time.Second, 5 * time.Second}

// end tells destinations what became of an event, and forgets it. When there is no way to tell, the log has it.
func (q *Events) end(ctx context.Context, a *attempt, end EventEnd) {
	if end.Condition == ConditionSuccess {
		end.Destination = a.config.OnSuccess
		q.report(ctx, a, end)
	} else {
		q.options.Logger.ErrorContext(ctx, "asynchronous invocation is given up", "account", a.Account, "function", a.Function,
			"request_id", a.RequestID, "condition", string(end.Condition), "attempts", end.Attempts,
			"error_type", end.ErrorType, "error", end.ErrorMessage)
		end.Destination = a.config.OnFailure
		q.report(ctx, a, end)
		end.Destination, end.DeadLetter = a.config.DeadLetter, true
		q.report(ctx, a, end)
	}
	if ctx.Err() != nil {
		q.answer(ctx, "give an event back", a.message.Nak())
		return
	}
	q.drop(ctx, a)
}

// report tells a destination, if there is one.
func (q *Events) report(ctx context.Context, a *attempt, end EventEnd) {
	if end.Destination == "" {
		return
	}
	if err := q.tell(ctx, a, end); err != nil && ctx.Err() == nil {
		q.options.Logger.ErrorContext(ctx, "destination is not told what became of an asynchronous invocation",
			"destination", end.Destination, "account", a.Account, "function", a.Function, "request_id", a.RequestID,
			"condition", string(end.Condition), "error", err)
	}
}

// tell tells a destination, in several attempts where that may help.
func (q *Events) tell(ctx context.Context, a *attempt, end EventEnd) error {
	for _, pause := range tellPauses {
		err := q.options.Tell(ctx, a.Event, end)
		if _, refused := errors.AsType[*Error](err); err == nil || refused {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
	return q.options.Tell(ctx, a.Event, end)
}

// drop forgets an event.
func (q *Events) drop(ctx context.Context, a *attempt) {
	q.mu.Lock()
	delete(q.waits, a.sequence)
	q.mu.Unlock()
	q.answer(ctx, "finish an event", a.message.Ack())
}

// hold keeps a message from being delivered again until it is released.
func (q *Events) hold(ctx context.Context, message jetstream.Msg) (release func()) {
	done := make(chan struct{})
	var keeping sync.WaitGroup
	keeping.Go(func() {
		tick := time.NewTicker(eventHold / 3)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if err := message.InProgress(); !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
					q.answer(ctx, "keep an event", err)
				}
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		keeping.Wait()
	}
}

func (q *Events) answer(ctx context.Context, what string, err error) {
	if err != nil {
		q.options.Logger.WarnContext(ctx, "an event may run again: could not "+what, "error", err)
	}
}
