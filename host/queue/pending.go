package queue

import "context"

var errPending = &Error{Code: CodeUnsupportedOperation}

func (s *Service) CreateQueue(ctx context.Context, caller Caller, in CreateQueueInput) (Key, error) {
	return Key{}, errPending
}
func (s *Service) GetQueueURL(ctx context.Context, caller Caller, name, ownerAccount string) (Key, error) {
	return Key{}, errPending
}
func (s *Service) ListQueues(ctx context.Context, caller Caller, in ListQueuesInput) (QueuePage, error) {
	return QueuePage{}, errPending
}
func (s *Service) ListDeadLetterSourceQueues(ctx context.Context, caller Caller, key Key, in ListQueuesInput) (QueuePage, error) {
	return QueuePage{}, errPending
}
func (s *Service) DeleteQueue(ctx context.Context, caller Caller, key Key) error { return errPending }
func (s *Service) PurgeQueue(ctx context.Context, caller Caller, key Key) error  { return errPending }
func (s *Service) GetQueueAttributes(ctx context.Context, caller Caller, key Key, names []string) (map[string]string, error) {
	return nil, errPending
}
func (s *Service) SetQueueAttributes(ctx context.Context, caller Caller, key Key, attributes map[string]string) error {
	return errPending
}
func (s *Service) TagQueue(ctx context.Context, caller Caller, key Key, tags map[string]string) error {
	return errPending
}
func (s *Service) UntagQueue(ctx context.Context, caller Caller, key Key, keys []string) error {
	return errPending
}
func (s *Service) ListQueueTags(ctx context.Context, caller Caller, key Key) (map[string]string, error) {
	return nil, errPending
}
func (s *Service) SendMessage(ctx context.Context, caller Caller, key Key, in *SendMessageInput) (SendMessageResult, error) {
	return SendMessageResult{}, errPending
}
func (s *Service) SendMessageBatch(ctx context.Context, caller Caller, key Key, entries []SendMessageInput) (SendMessageBatchResult, error) {
	return SendMessageBatchResult{}, errPending
}
func (s *Service) ReceiveMessage(ctx context.Context, caller Caller, key Key, in *ReceiveMessageInput) ([]ReceivedMessage, error) {
	return nil, errPending
}
func (s *Service) DeleteMessage(ctx context.Context, caller Caller, key Key, receiptHandle string) error {
	return errPending
}
func (s *Service) DeleteMessageBatch(ctx context.Context, caller Caller, key Key, entries []DeleteMessageInput) (BatchResult, error) {
	return BatchResult{}, errPending
}
func (s *Service) ChangeMessageVisibility(ctx context.Context, caller Caller, key Key, in ChangeVisibilityInput) error {
	return errPending
}
func (s *Service) ChangeMessageVisibilityBatch(ctx context.Context, caller Caller, key Key, entries []ChangeVisibilityInput) (BatchResult, error) {
	return BatchResult{}, errPending
}
func (s *Service) AddPermission(ctx context.Context, caller Caller, key Key, in AddPermissionInput) error {
	return errPending
}
func (s *Service) RemovePermission(ctx context.Context, caller Caller, key Key, label string) error {
	return errPending
}
func (s *Service) PeekMessages(ctx context.Context, caller Caller, key Key, req PeekRequest) ([]Peeked, error) {
	return nil, errPending
}
