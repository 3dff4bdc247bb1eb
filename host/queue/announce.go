package queue

import "github.com/queuelet/queuelet/host/activity"

// announce tells the activity feed, if there is one, what happened to messages of a
// queue. first is the id of the first one, where it is known.
func (s *Service) announce(kind activity.Kind, key Key, messages, failed int, first *MessageID) {
	if s.activity == nil {
		return
	}
	event := activity.Event{Kind: kind, Account: key.Account, Queue: key.Name, Messages: messages, Failed: failed}
	if first != nil {
		event.MessageID = first.String()
	}
	s.activity.Publish(event)
}

// announceBatch announces what became of a batch.
func (s *Service) announceBatch(kind activity.Kind, key Key, result *BatchResult) {
	s.announce(kind, key, len(result.Successful)+len(result.Failed), len(result.Failed), nil)
}
