package sqsapi

import (
	"context"

	"github.com/queuelet/queuelet/host/queue"
)

func (a *API) startMessageMoveTask(ctx context.Context, x *exchange) error {
	in := &x.input
	if !in.sourceARN.set {
		return missingParameter("SourceArn")
	}
	handle, err := a.queues.StartMessageMoveTask(ctx, x.caller, queue.StartMoveTaskInput{
		SourceARN:      in.sourceARN.String(),
		DestinationARN: in.destinationARN.String(), DestinationSet: in.destinationARN.set,
		MaxPerSecond: in.maxPerSecond,
	})
	if err != nil {
		return err
	}
	x.writer.text("TaskHandle", handle)
	return nil
}

func (a *API) cancelMessageMoveTask(ctx context.Context, x *exchange) error {
	if !x.input.taskHandle.set {
		return missingParameter("TaskHandle")
	}
	moved, err := a.queues.CancelMessageMoveTask(ctx, x.caller, x.input.taskHandle.String())
	if err != nil {
		return err
	}
	x.writer.number("ApproximateNumberOfMessagesMoved", int64(moved))
	return nil
}

func (a *API) listMessageMoveTasks(ctx context.Context, x *exchange) error {
	if !x.input.sourceARN.set {
		return missingParameter("SourceArn")
	}
	tasks, err := a.queues.ListMessageMoveTasks(ctx, x.caller, x.input.sourceARN.String(), x.input.maxResults)
	if err != nil {
		return err
	}
	w := x.writer
	if w.list(moveTaskList, len(tasks)) {
		for i := range tasks {
			w.open(moveTaskList)
			x.writeMoveTask(&tasks[i])
			w.close(moveTaskList)
		}
		w.endList(moveTaskList)
	}
	return nil
}

func (x *exchange) writeMoveTask(task *queue.MoveTask) {
	w := x.writer
	w.text("TaskHandle", task.Handle)
	w.text("Status", task.Status)
	w.text("SourceArn", task.SourceARN)
	w.text("DestinationArn", task.DestinationARN)
	if task.MaxPerSecond > 0 {
		w.number("MaxNumberOfMessagesPerSecond", int64(task.MaxPerSecond))
	}
	w.number("ApproximateNumberOfMessagesMoved", int64(task.Moved))
	w.number("ApproximateNumberOfMessagesToMove", int64(task.ToMove))
	w.text("FailureReason", task.Failure)
	w.number("StartedTimestamp", task.Started.UnixMilli())
}
