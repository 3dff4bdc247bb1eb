package host

import (
	"context"

	"github.com/queuelet/queuelet/host/queue"
)

// withoutMoveTasks is a queue service that refuses message move tasks, which are not
// part of it yet.
type withoutMoveTasks struct{ *queue.Service }

func noMoveTasks() error {
	return &queue.Error{
		Code:    queue.CodeUnsupportedOperation,
		Message: "Message move tasks are not supported yet: receive from the dead-letter queue and send to its source.",
	}
}

func (withoutMoveTasks) StartMessageMoveTask(context.Context, queue.Caller, queue.StartMoveTaskInput) (string, error) {
	return "", noMoveTasks()
}

func (withoutMoveTasks) CancelMessageMoveTask(context.Context, queue.Caller, string) (int, error) {
	return 0, noMoveTasks()
}

func (withoutMoveTasks) ListMessageMoveTasks(context.Context, queue.Caller, string, queue.OptionalInt) ([]queue.MoveTask, error) {
	return nil, noMoveTasks()
}
