package queue

import (
	"context"
	"errors"
	"strconv"

	"github.com/queuelet/queuelet/host/activity"
)

const (
	maxReceiveMessages   = 10
	maxReceiveWait       = 20    // seconds
	maxVisibilityTimeout = 43200 // seconds

	attemptParameter = "ReceiveRequestAttemptId"
)

// ReceiveMessage hands out up to ten messages and hides them from other receives. It
// waits for the first one as long as the request or else the queue says; a wait ends
// early, and empty, when the service drains.
func (s *Service) ReceiveMessage(ctx context.Context, caller Caller, key Key, in *ReceiveMessageInput) ([]ReceivedMessage, error) {
	def, err := s.open(caller, key, ActionReceiveMessage)
	if err != nil {
		return nil, err
	}
	req, err := receiveRequest(def, in)
	if err != nil {
		return nil, err
	}
	shown, err := parseSystemAttributes(in.SystemAttributeNames)
	if err != nil {
		return nil, err
	}
	req.DeadLetter = s.deadLetter(def)

	received, err := s.take(ctx, def, req)
	if err != nil {
		return nil, err
	}
	if len(received) == 0 {
		return nil, nil
	}
	if ctx.Err() != nil {
		return nil, s.giveBack(ctx, def, received)
	}
	s.announce(activity.Received, key, len(received), 0, &received[0].ID)
	return s.present(def, received, shown, in.MessageAttributeNames), nil
}

// receiveRequest checks the parameters of a receive and fills in the queue's own
// values where they were left out.
func receiveRequest(def *Definition, in *ReceiveMessageInput) (ReceiveRequest, error) {
	req := ReceiveRequest{Max: 1, Visibility: def.Attributes.VisibilityTimeout, Wait: def.Attributes.ReceiveWait}
	if n := in.MaxNumberOfMessages; n.Set {
		if n.Value < 1 || n.Value > maxReceiveMessages {
			return ReceiveRequest{}, invalidParameter("MaxNumberOfMessages", strconv.Itoa(n.Value),
				"Must be between 1 and 10, if provided.")
		}
		req.Max = n.Value
	}
	if n := in.WaitTimeSeconds; n.Set {
		if n.Value < 0 || n.Value > maxReceiveWait {
			return ReceiveRequest{}, invalidParameter("WaitTimeSeconds", strconv.Itoa(n.Value),
				"Must be >= 0 and <= 20, if provided.")
		}
		req.Wait = seconds(n.Value)
	}
	if n := in.VisibilityTimeout; n.Set {
		if n.Value < 0 || n.Value > maxVisibilityTimeout {
			return ReceiveRequest{}, invalidParameter(attributeVisibilityTimeout, strconv.Itoa(n.Value),
				"Must be >= 0 and <= 43200, if provided.")
		}
		req.Visibility = seconds(n.Value)
	}
	// Standard queues ignore the attempt id.
	if in.AttemptIDSet && def.Attributes.FIFO {
		if !validToken(in.AttemptID) {
			return ReceiveRequest{}, invalidToken(attemptParameter, in.AttemptID)
		}
		req.AttemptID = in.AttemptID
	}
	return req, nil
}

// take asks the store for messages and ends a long poll when the service drains.
func (s *Service) take(ctx context.Context, def *Definition, req ReceiveRequest) ([]Received, error) {
	if s.draining.Err() != nil {
		req.Wait = 0
	}
	waiting := ctx
	if req.Wait > 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.draining, cancel)() //nolint:contextcheck // the drain ends it besides the caller
	}
	received, err := s.store.Receive(waiting, def, req)
	switch {
	case err == nil || len(received) > 0:
		return received, nil
	case ctx.Err() == nil && waiting.Err() != nil:
		return nil, nil // drained
	case errors.Is(err, ErrAttemptLapsed):
		refusal := invalidParameter(attemptParameter, req.AttemptID,
			"The receiveRequestAttemptId is not valid anymore since the receive call is not retryable.")
		refusal.Err = err
		return nil, refusal
	case errors.Is(err, ErrOverLimit) && (def.Attributes.FIFO || req.Wait > 0):
		return nil, nil // only a short poll of a standard queue is told
	default:
		return nil, storeAnswer(err)
	}
}

// giveBack makes messages visible again whose receiver went away before it could be
// given them, and returns the reason why it went.
func (s *Service) giveBack(ctx context.Context, def *Definition, received []Received) error {
	changes := make([]VisibilityChange, len(received))
	for i := range received {
		changes[i].Handle = received[i].Handle
	}
	gone := context.Cause(ctx)
	// Should this fail, the messages come back when their visibility timeout ends.
	if _, err := s.store.ChangeVisibility(context.WithoutCancel(ctx), def, changes); err != nil {
		return errors.Join(gone, storeAnswer(err))
	}
	return gone
}

// present makes the answer to a receive.
func (s *Service) present(
	def *Definition, received []Received, shown SystemAttributes, attributeNames []string,
) []ReceivedMessage {
	messages := make([]ReceivedMessage, len(received))
	scratch := new(receiptScratch)
	for i := range received {
		message := &messages[i]
		message.Received = received[i]
		message.Shown = shown
		message.ReceiptHandle = s.receipts.seal(message.Handle, scratch)
		if def.Attributes.FIFO {
			message.Sequence = message.Handle.Sequence
		}
		message.Selected = selectAttributes(message.Attributes, attributeNames)
		if len(message.Selected) > 0 {
			message.AttributesMD5 = AttributesDigest(message.Selected)
		}
	}
	return messages
}

// deadLetter returns where messages go that were received too often. A message stays
// in its queue while the dead-letter queue does not exist.
func (s *Service) deadLetter(def *Definition) *DeadLetter {
	policy := def.Attributes.Redrive
	if policy == nil {
		return nil
	}
	target, ok := parseARN(policy.DeadLetterTargetARN)
	if !ok {
		return nil
	}
	if _, err := s.store.Queue(target.key()); err != nil {
		return nil
	}
	return &DeadLetter{Target: target.key(), MaxReceives: policy.MaxReceiveCount, SourceARN: s.ARN(def.Key)}
}
