package queue

import (
	"context"
	"time"

	"github.com/queuelet/queuelet/host/activity"
)

// DeleteQueue removes a queue with all its messages. Its name stays blocked for a
// while.
func (s *Service) DeleteQueue(ctx context.Context, caller Caller, key Key) error {
	if _, err := s.open(caller, key, ActionDeleteQueue); err != nil {
		return err
	}
	if err := s.store.DeleteQueue(ctx, key); err != nil {
		return storeAnswer(err)
	}
	s.deleted.start(key, time.Now())
	s.purged.cancel(key)
	s.moves.forget(ctx, key)
	s.announce(activity.QueueDeleted, key, 0, 0, nil)
	return nil
}

// PurgeQueue removes all messages of a queue, in whatever state.
func (s *Service) PurgeQueue(ctx context.Context, caller Caller, key Key) error {
	def, err := s.open(caller, key, ActionPurgeQueue)
	if err != nil {
		return err
	}
	if !s.purged.start(key, time.Now()) {
		return refuse(CodePurgeQueueInProgress,
			"Only one PurgeQueue operation on %s is allowed every 60 seconds.", key.Name)
	}
	if err := s.store.Purge(ctx, def); err != nil {
		s.purged.cancel(key)
		return storeAnswer(err)
	}
	s.announce(activity.Purged, key, 0, 0, nil)
	return nil
}
