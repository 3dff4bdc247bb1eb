package queue

import (
	"context"
	"crypto/md5"
	"errors"
	"time"

	"github.com/queuelet/queuelet/host/activity"
)

// EnsureCopyQueue makes a queue for copies of another one's messages, unless it exists. It gets the attributes that the
// other one has now, its redrive policy included, but not its policy: it is the account's own.
func (s *Service) EnsureCopyQueue(ctx context.Context, of, key Key) error {
	original, err := s.open(owner(of), of, ActionGetQueueAttributes)
	if err != nil {
		return err
	}
	if _, err := s.store.Queue(key); err == nil {
		return nil
	}
	if err := checkQueueName(key.Name, original.Attributes.FIFO); err != nil {
		return err
	}
	def := Definition{Key: key, Attributes: original.Attributes}
	def.Attributes.Policy, def.Attributes.RedriveAllow, def.Attributes.Delay = "", nil, 0
	def.Created = time.Now().Truncate(time.Second)
	def.Modified = def.Created
	if _, err := s.store.CreateQueue(ctx, def); err != nil && !errors.Is(err, ErrQueueExists) {
		return storeAnswer(err)
	}
	s.announce(activity.QueueCreated, key, 0, 0, nil)
	return nil
}

// SendCopies stores copies of another queue's messages, with their ids, attributes and times. A FIFO queue takes each only
// once within five minutes.
func (s *Service) SendCopies(ctx context.Context, key Key, messages []Message) error {
	def, err := s.open(owner(key), key, ActionSendMessage)
	if err != nil {
		return err
	}
	entries := make([]Entry, len(messages))
	for i := range messages {
		entries[i].Message = messages[i]
		entries[i].BodyMD5 = md5.Sum(messages[i].Body)
		if def.Attributes.FIFO {
			entries[i].Dedup = messages[i].ID.String()
		}
	}
	if _, err := s.store.Send(ctx, def, entries); err != nil {
		return storeAnswer(err)
	}
	s.announce(activity.Sent, key, len(entries), 0, &entries[0].ID)
	return nil
}
