package sqsapi

import (
	"context"

	"github.com/queuelet/queuelet/host/queue"
)

// Queues is what the wire protocols need from the domain. All its errors that a
// client may see are [*queue.Error]; any other is answered as an internal failure.
type Queues interface {
	Definitions
	Messages
	Permissions
	MoveTasks
}

// Definitions are the operations on queues themselves.
type Definitions interface { //nolint:interfacebloat // one method an operation
	ResolveURL(caller queue.Caller, queueURL string) queue.Key
	CreateQueue(ctx context.Context, caller queue.Caller, in queue.CreateQueueInput) (queue.Key, error)
	GetQueueURL(ctx context.Context, caller queue.Caller, name, ownerAccount string) (queue.Key, error)
	ListQueues(ctx context.Context, caller queue.Caller, in queue.ListQueuesInput) (queue.QueuePage, error)
	ListDeadLetterSourceQueues(ctx context.Context, caller queue.Caller, key queue.Key, in queue.ListQueuesInput) (queue.QueuePage, error)
	DeleteQueue(ctx context.Context, caller queue.Caller, key queue.Key) error
	PurgeQueue(ctx context.Context, caller queue.Caller, key queue.Key) error
	GetQueueAttributes(ctx context.Context, caller queue.Caller, key queue.Key, names []string) (map[string]string, error)
	SetQueueAttributes(ctx context.Context, caller queue.Caller, key queue.Key, attributes map[string]string) error
	TagQueue(ctx context.Context, caller queue.Caller, key queue.Key, tags map[string]string) error
	UntagQueue(ctx context.Context, caller queue.Caller, key queue.Key, keys []string) error
	ListQueueTags(ctx context.Context, caller queue.Caller, key queue.Key) (map[string]string, error)
}

// Messages are the operations on the messages of a queue. The inputs, and the byte
// slices in them, belong to the adapter again once a call has returned.
type Messages interface {
	SendMessage(ctx context.Context, caller queue.Caller, key queue.Key, in *queue.SendMessageInput) (queue.SendMessageResult, error)
	SendMessageBatch(ctx context.Context, caller queue.Caller, key queue.Key, entries []queue.SendMessageInput) (queue.SendMessageBatchResult, error)
	ReceiveMessage(ctx context.Context, caller queue.Caller, key queue.Key, in *queue.ReceiveMessageInput) ([]queue.ReceivedMessage, error)
	DeleteMessage(ctx context.Context, caller queue.Caller, key queue.Key, receiptHandle string) error
	DeleteMessageBatch(ctx context.Context, caller queue.Caller, key queue.Key, entries []queue.DeleteMessageInput) (queue.BatchResult, error)
	ChangeMessageVisibility(ctx context.Context, caller queue.Caller, key queue.Key, in queue.ChangeVisibilityInput) error
	ChangeMessageVisibilityBatch(ctx context.Context, caller queue.Caller, key queue.Key, entries []queue.ChangeVisibilityInput) (queue.BatchResult, error)
	PeekMessages(ctx context.Context, caller queue.Caller, key queue.Key, in queue.PeekRequest) ([]queue.Peeked, error)
}

// Permissions are the operations that edit a queue's policy by labels.
type Permissions interface {
	AddPermission(ctx context.Context, caller queue.Caller, key queue.Key, in queue.AddPermissionInput) error
	RemovePermission(ctx context.Context, caller queue.Caller, key queue.Key, label string) error
}

// MoveTasks are the operations that move messages out of dead-letter queues.
type MoveTasks interface {
	StartMessageMoveTask(ctx context.Context, caller queue.Caller, in queue.StartMoveTaskInput) (taskHandle string, err error)
	CancelMessageMoveTask(ctx context.Context, caller queue.Caller, taskHandle string) (moved int, err error)
	ListMessageMoveTasks(ctx context.Context, caller queue.Caller, sourceARN string, maxResults queue.OptionalInt) ([]queue.MoveTask, error)
}
