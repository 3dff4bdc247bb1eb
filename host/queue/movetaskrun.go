package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// moveStep is how many messages move at a time at most. It bounds the memory that
	// their bodies take.
	moveStep = 50
	// moveStepsPerSecond is into how many steps a second's messages are divided.
	moveStepsPerSecond = 10
	// maxMoveTime is how long a task may run, as in AWS.
	maxMoveTime = 36 * time.Hour
	// moveProgressEvery is how often the number of messages moved is stored.
	moveProgressEvery = time.Second
	// moveRetry is how long to wait before what was in the way is tried again.
	moveRetry = time.Second
)

// Why a task failed, besides error codes. The first is AWS's (developer guide,
// "Troubleshooting dead-letter queue redrive").
const (
	moveUnknownOrigin = "CouldNotDetermineMessageSource"
	moveTimedOut      = "TaskTimedOut"
)

// RunMoveTasks runs message move tasks until ctx ends, those first that an earlier process
// left running. It returns when none moves messages any more; what is not done then goes
// on at the next call.
func (s *Service) RunMoveTasks(ctx context.Context) error {
	if err := s.moves.load(ctx); err != nil {
		return fmt.Errorf("read message move tasks: %w", err)
	}
	var running sync.WaitGroup
	defer running.Wait()
	for {
		for _, task := range s.moves.take() {
			running.Go(func() {
				defer s.moves.release(task)
				run := moveRun{service: s, task: task, saved: time.Now()}
				run.run(ctx)
			})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.moves.wake:
		}
	}
}

// moveRun is a task at work.
type moveRun struct {
	service *Service
	task    *moveTask
	source  *Definition // nil at first
	saved   time.Time   // when the number of messages moved was last stored

	// A pass goes through the queue from its oldest message to its newest, in steps. The
	// task ends after one in which nothing moved.
	after  uint64 // where the next step begins
	moving bool   // something has moved in this pass
	stayed string // why messages stayed in this pass, "" when none did
}

// moveOutcome is how a task goes on after a step, or ends.
type moveOutcome struct {
	status  string // in which the task ends, "" when it goes on
	failure string
	pause   time.Duration
}

func moveFailure(reason string) moveOutcome { return moveOutcome{status: moveFailed, failure: reason} }

func (r *moveRun) run(ctx context.Context) {
	if r.task.resumed {
		r.catchUp(ctx)
	}
	for ctx.Err() == nil {
		outcome := r.step(ctx)
		if outcome.status != "" {
			r.end(ctx, outcome)
			return
		}
		if time.Since(r.saved) >= moveProgressEvery {
			r.saveProgress(ctx)
		}
		pause(ctx, outcome.pause, r.task.cancelled)
	}
	r.saveProgress(context.WithoutCancel(ctx))
}

// catchUp counts what an earlier process moved and could not store the number of any more:
// what the queue lacks of the messages at the start. Those that a consumer deleted are
// among them; what is left is enough for all that are there.
func (r *moveRun) catchUp(ctx context.Context) {
	task := r.service.moves.record(r.task)
	source, err := r.service.store.Queue(task.Source)
	if err != nil {
		return // the first step says so
	}
	counts, err := r.service.store.Counts(ctx, source)
	if err != nil {
		return // the number is approximate
	}
	lacking := task.ToMove - counts.Visible - counts.InFlight - counts.Delayed
	r.service.moves.count(r.task, max(0, lacking-task.Moved))
}

// step moves some messages.
func (r *moveRun) step(ctx context.Context) moveOutcome {
	began := time.Now()
	task := r.service.moves.record(r.task)
	left := task.ToMove - task.Moved
	switch {
	case task.Status == moveCancelling:
		return moveOutcome{status: moveCancelled}
	case left <= 0:
		return moveOutcome{status: moveCompleted}
	case began.Sub(task.Started) > maxMoveTime:
		return moveFailure(moveTimedOut)
	case !r.findQueues(&task):
		return moveFailure(string(CodeQueueDoesNotExist))
	}
	// A step that has begun is completed, so that what it moved is counted.
	moved, err := r.service.store.Move(context.WithoutCancel(ctx), r.source, MoveRequest{
		Max: min(left, stepSize(task.MaxPerSecond)), After: r.after,
		Place: func(m *Message) (Key, bool) { return r.place(m, task.Destination) },
	})
	r.service.moves.count(r.task, moved.Messages)
	switch {
	case err == nil:
		outcome := r.goOn(ctx, moved)
		outcome.pause = max(outcome.pause, stepTime(moved.Messages, task.MaxPerSecond)-time.Since(began))
		return outcome
	case errors.Is(err, ErrQueueNotFound), errors.Is(err, ErrUnavailable), errors.Is(err, ErrStorageFull):
		return moveOutcome{pause: moveRetry} // which queue is gone is found out then
	default:
		return moveFailure(string(CodeInternalFailure))
	}
}

// stepSize is how many messages to move at a time.
func stepSize(perSecond int) int {
	if perSecond == 0 {
		return moveStep
	}
	return min(moveStep, max(1, perSecond/moveStepsPerSecond))
}

// stepTime is how long the step takes that moves so many messages.
func stepTime(moved, perSecond int) time.Duration {
	if perSecond == 0 {
		return 0
	}
	return time.Duration(moved) * time.Second / time.Duration(perSecond)
}

// findQueues tells whether the queues of the task are there, and are those with which it
// began.
func (r *moveRun) findQueues(task *MoveTaskRecord) bool {
	source, err := r.service.store.Queue(task.Source)
	if err != nil || r.source != nil && r.source.ID != source.ID {
		return false
	}
	r.source = source
	if task.Destination == (Key{}) {
		return true
	}
	_, err = r.service.store.Queue(task.Destination)
	return err == nil
}

// place says where a message goes. It arrives there as a new one (AWS developer guide,
// "Configuring a dead-letter queue redrive"), and keeps its group and deduplication id. As
// somebody wants it tried again, its way through functions begins anew too.
func (r *moveRun) place(m *Message, destination Key) (Key, bool) {
	if destination == (Key{}) {
		if m.DeadLetterSource == "" {
			r.stayed = moveUnknownOrigin
			return Key{}, false
		}
		origin, ok := r.service.queueOfARN(m.DeadLetterSource)
		if !ok {
			r.stayed = string(CodeQueueDoesNotExist)
			return Key{}, false
		}
		destination = origin.Key
	}
	m.ID, m.Sent, m.Depth = r.service.ids.next(), time.Now(), 0
	return destination, true
}

// goOn decides what is next after a step.
func (r *moveRun) goOn(ctx context.Context, moved Moved) moveOutcome {
	stuck := moved.Messages == 0 && moved.Next == r.after
	r.after, r.moving = moved.Next, r.moving || moved.Messages > 0
	switch {
	case r.after > 0 && stuck: // too many messages are in flight to hold even one
		return moveOutcome{pause: moveRetry}
	case r.after > 0:
		return moveOutcome{}
	}
	defer func() { r.moving, r.stayed = false, "" }()
	if r.moving {
		return moveOutcome{}
	}
	return r.nothingMoved(ctx)
}

// nothingMoved decides what is next after a pass in which no message could be moved. Messages
// that are visible and were not even looked at wait for earlier ones of their group, or came
// just now.
func (r *moveRun) nothingMoved(ctx context.Context) moveOutcome {
	if r.stayed != "" {
		return moveFailure(r.stayed)
	}
	counts, err := r.service.store.Counts(ctx, r.source)
	if err != nil || counts.Visible > 0 {
		return moveOutcome{pause: moveRetry}
	}
	return moveOutcome{status: moveCompleted}
}

// saveProgress stores the number of messages moved. It is approximate: when it cannot be
// stored, the next time will do.
func (r *moveRun) saveProgress(ctx context.Context) {
	_ = r.service.moves.save(ctx, r.task)
	r.saved = time.Now()
}

// end ends the task. While its end cannot be stored it would run again after a restart,
// which moves nothing twice.
func (r *moveRun) end(ctx context.Context, outcome moveOutcome) {
	r.service.moves.end(r.task, outcome.status, outcome.failure)
	for r.service.moves.save(context.WithoutCancel(ctx), r.task) != nil && ctx.Err() == nil {
		pause(ctx, moveRetry, nil)
	}
}

// pause waits for some time, or until ctx ends or stop is closed.
func pause(ctx context.Context, d time.Duration, stop <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-stop:
	case <-ctx.Done():
	}
}
