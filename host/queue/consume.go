package queue

import (
	"context"
	"errors"
	"time"

	"github.com/queuelet/queuelet/host/activity"
)

// ErrNoDeadLetterQueue says that a queue has no dead-letter queue to move messages to.
var ErrNoDeadLetterQueue = errors.New("queue has no dead-letter queue")

// ConsumeRequest says what a consumer inside this process wants.
type ConsumeRequest struct {
	Max  int           // messages; more than the ten of ReceiveMessage are possible
	Wait time.Duration // for the first one; may be longer than the 20 s of ReceiveMessage
	// MinVisibility hides messages at least so long, where the queue's visibility timeout is shorter.
	MinVisibility time.Duration
}

// Consumed is what Consume hands out.
type Consumed struct {
	Messages   []ReceivedMessage // with all their attributes
	Visibility time.Duration     // how long they are hidden
	// MaxReceives is after how many receives a message goes to the dead-letter queue, by the count in its handle; 0 for never.
	MaxReceives int
}

// Consume receives messages for a consumer inside this process, as the owner of the queue. It follows the rules of
// ReceiveMessage: the messages compete with those of other consumers, count as received and go to the dead-letter queue.
// [Service.Drain] does not end it, the end of ctx does.
func (s *Service) Consume(ctx context.Context, key Key, req ConsumeRequest) (Consumed, error) {
	def, err := s.open(owner(key), key, ActionReceiveMessage)
	if err != nil {
		return Consumed{}, err
	}
	visibility := max(def.Attributes.VisibilityTimeout, req.MinVisibility)
	deadLetter := s.deadLetter(def)
	received, err := s.store.Receive(ctx, def, ReceiveRequest{
		Max: req.Max, Visibility: visibility, Wait: req.Wait, DeadLetter: deadLetter,
	})
	switch {
	case err != nil:
		return Consumed{}, storeAnswer(err)
	case len(received) == 0:
		return Consumed{}, nil
	case ctx.Err() != nil:
		return Consumed{}, s.giveBack(ctx, def, received)
	default:
		s.announce(activity.Received, key, len(received), 0, &received[0].ID)
		got := Consumed{Messages: s.present(def, received, ShowAll, []string{attributeAll}), Visibility: visibility}
		if deadLetter != nil {
			got.MaxReceives = deadLetter.MaxReceives
		}
		return got, nil
	}
}

// DeleteConsumed removes messages for good. errs has one element per handle, nil unless the handle has expired, which
// happens in FIFO queues.
func (s *Service) DeleteConsumed(ctx context.Context, key Key, handles []Handle) (errs []error, err error) {
	wait, err := s.StartDeleteConsumed(key, handles)
	if err != nil {
		return nil, err
	}
	return wait(ctx)
}

// StartDeleteConsumed is DeleteConsumed for a consumer that has something else to do: wait waits until the messages are
// gone for good. It has to be called, once. The handles are the caller's again before that.
func (s *Service) StartDeleteConsumed(key Key, handles []Handle) (wait func(context.Context) (errs []error, err error), err error) {
	def, err := s.open(owner(key), key, ActionDeleteMessage)
	if err != nil {
		return nil, err
	}
	for i := range handles {
		if handles[i].Queue != def.ID {
			return nil, queueDoesNotExist() // another one has its name now
		}
	}
	errs, durable, err := s.store.StartDelete(def, handles)
	if err != nil {
		return nil, storeAnswer(err)
	}
	return func(ctx context.Context) ([]error, error) {
		if err := durable(ctx); err != nil {
			return nil, storeAnswer(err)
		}
		s.announce(activity.Deleted, key, len(errs), failures(errs), nil)
		return errs, nil
	}, nil
}

// ChangeConsumedVisibility moves the time at which messages become visible again, counted from now. It does not move it
// beyond 12 hours after the receive: a longer timeout is cut. errs has one element per change, nil unless the message is
// not in flight under its handle any more.
func (s *Service) ChangeConsumedVisibility(ctx context.Context, key Key, changes []VisibilityChange) (errs []error, err error) {
	def, err := s.open(owner(key), key, ActionChangeMessageVisibility)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		c := &changes[i]
		if c.Handle.Queue != def.ID {
			return nil, queueDoesNotExist()
		}
		left := seconds(maxVisibilityTimeout) - time.Since(c.Handle.ReceivedAt)
		c.Timeout = max(0, min(c.Timeout, left))
	}
	if errs, err = s.store.ChangeVisibility(ctx, def, changes); err != nil {
		return nil, storeAnswer(err)
	}
	s.announce(activity.VisibilityMove, key, len(errs), failures(errs), nil)
	return errs, nil
}

// DeadLetterConsumed moves messages to the queue's dead-letter queue, however often they were received. A message is
// never lost on the way and never in both queues. errs has one element per message, nil unless it is not in flight under
// its handle any more and stays. ErrNoDeadLetterQueue when there is none.
func (s *Service) DeadLetterConsumed(ctx context.Context, key Key, messages []ReceivedMessage) (errs []error, err error) {
	def, err := s.open(owner(key), key, ActionDeleteMessage)
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	handles := make([]Handle, len(messages))
	for i := range messages {
		handles[i] = messages[i].Handle
		if handles[i].Queue != def.ID {
			return nil, queueDoesNotExist() // another one has its name now
		}
	}
	to := s.deadLetter(def)
	if to == nil {
		return nil, ErrNoDeadLetterQueue
	}
	if errs, err = s.store.DeadLetter(ctx, def, handles, *to); err != nil {
		return nil, storeAnswer(err)
	}
	s.announce(activity.DeadLettered, key, len(errs), failures(errs), &messages[0].ID)
	return errs, nil
}

// failures counts the errors that are not nil.
func failures(errs []error) (n int) {
	for _, err := range errs {
		if err != nil {
			n++
		}
	}
	return n
}

// owner is the caller that a queue's own consumers act as.
func owner(key Key) Caller { return Caller{Account: key.Account, Secure: true} }
