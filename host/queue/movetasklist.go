package queue

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

const (
	// moveTasksKept is how many tasks of a queue are remembered, as in AWS.
	moveTasksKept = 10
	// maxActiveMoveTasks is how many tasks of an account may run at the same time (AWS
	// developer guide, "Configuring a dead-letter queue redrive").
	maxActiveMoveTasks = 100
)

// moveTaskList knows the message move tasks of all queues, those that run and the last
// that ended. The store holds a copy that may lag behind in the number of messages moved.
type moveTaskList struct {
	store Store
	wake  chan struct{} // has a value when there may be a task to run

	loading sync.Mutex
	loaded  bool

	mu       sync.Mutex
	bySource map[Key][]*moveTask // oldest first
}

// moveTask is one task. The list's mutex guards it.
type moveTask struct {
	MoveTaskRecord

	resumed   bool          // an earlier process started it
	held      bool          // nobody else may run it
	forgotten bool          // it must not be stored any more
	cancelled chan struct{} // closed by a cancellation
	saving    sync.Mutex    // a later save stores what is newer
}

func newMoveTaskList(store Store) *moveTaskList {
	return &moveTaskList{store: store, wake: make(chan struct{}, 1), bySource: make(map[Key][]*moveTask)}
}

func (t *moveTask) active() bool { return t.Status == moveRunning || t.Status == moveCancelling }

// load reads the tasks from the store, the first time it is called. Tasks of queues that
// are gone are removed there.
func (l *moveTaskList) load(ctx context.Context) error {
	l.loading.Lock()
	defer l.loading.Unlock()
	if l.loaded {
		return nil
	}
	records, err := l.store.MoveTasks(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(records, func(a, b MoveTaskRecord) int {
		return cmp.Or(a.Started.Compare(b.Started), strings.Compare(a.ID, b.ID))
	})
	var surplus []*moveTask
	l.mu.Lock()
	for _, record := range records {
		task := &moveTask{MoveTaskRecord: record, resumed: true, cancelled: make(chan struct{})}
		if _, err := l.store.Queue(record.Source); errors.Is(err, ErrQueueNotFound) {
			surplus = append(surplus, task)
			continue
		}
		surplus = append(surplus, l.add(task)...)
	}
	l.mu.Unlock()
	l.drop(ctx, surplus)
	l.loaded = true
	return nil
}

// add puts a task into its queue's list and returns those that are one too many there.
// l.mu is held.
func (l *moveTaskList) add(task *moveTask) (surplus []*moveTask) {
	tasks := l.bySource[task.Source]
	tasks = append(tasks, task)
	if n := len(tasks) - moveTasksKept; n > 0 {
		surplus, tasks = tasks[:n:n], slices.Clone(tasks[n:])
	}
	l.bySource[task.Source] = tasks
	return surplus
}

// start stores a new task and lets it run.
func (l *moveTaskList) start(ctx context.Context, record MoveTaskRecord) error {
	if err := l.load(ctx); err != nil {
		return err
	}
	task := &moveTask{MoveTaskRecord: record, held: true, cancelled: make(chan struct{})}
	surplus, err := l.admit(task)
	if err != nil {
		return err
	}
	l.drop(ctx, surplus)
	if err := l.save(ctx, task); err != nil {
		l.mu.Lock()
		l.bySource[record.Source] = slices.DeleteFunc(l.bySource[record.Source], func(t *moveTask) bool { return t == task })
		l.mu.Unlock()
		// It may have been stored all the same, and must not run after a restart.
		l.drop(context.WithoutCancel(ctx), []*moveTask{task})
		return err
	}
	l.release(task)
	select {
	case l.wake <- struct{}{}:
	default: // whoever runs tasks will look anyway
	}
	return nil
}

// admit adds a new task unless too many run.
func (l *moveTaskList) admit(task *moveTask) (surplus []*moveTask, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	running := 0
	for source, tasks := range l.bySource {
		if source.Account == task.Source.Account && slices.ContainsFunc(tasks, (*moveTask).active) {
			running++
		}
	}
	switch {
	case slices.ContainsFunc(l.bySource[task.Source], (*moveTask).active):
		return nil, refuse(CodeInvalidParameterValue, "There is already a task running. "+
			"Only one active task is allowed for a source queue arn at a given time.")
	case running >= maxActiveMoveTasks:
		return nil, refuse(CodeRequestThrottled, "Only %d message move tasks of an account can run at a time. "+
			"Wait until one has ended, or cancel one.", maxActiveMoveTasks)
	default:
		return l.add(task), nil
	}
}

// cancel asks a task to end and returns how many messages it has moved.
func (l *moveTaskList) cancel(ctx context.Context, source Key, id string) (moved int, err error) {
	if err := l.load(ctx); err != nil {
		return 0, err
	}
	task, moved, err := l.askToEnd(source, id)
	if err != nil {
		return 0, err
	}
	return moved, l.save(ctx, task) // so that it does not go on after a restart
}

func (l *moveTaskList) askToEnd(source Key, id string) (task *moveTask, moved int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.bySource[source], func(t *moveTask) bool { return t.ID == id })
	if i < 0 {
		return nil, 0, refuse(CodeResourceNotFound, "Task does not exist.")
	}
	task = l.bySource[source][i]
	if task.Status != moveRunning {
		return nil, 0, refuse(CodeInvalidParameterValue, "Only active tasks can be cancelled.")
	}
	task.Status = moveCancelling
	close(task.cancelled)
	return task, task.Moved, nil
}

// last returns the last tasks of a queue, newest first.
func (l *moveTaskList) last(ctx context.Context, source Key, limit int) ([]MoveTaskRecord, error) {
	if err := l.load(ctx); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var records []MoveTaskRecord
	for _, task := range slices.Backward(l.bySource[source]) {
		if len(records) == limit {
			break
		}
		records = append(records, task.MoveTaskRecord)
	}
	return records, nil
}

// forget removes the tasks of a queue that was deleted, so that a new one of its name
// does not have them. What cannot be removed from the store now is removed by the next
// load.
func (l *moveTaskList) forget(ctx context.Context, source Key) {
	if l.load(ctx) != nil {
		return
	}
	l.mu.Lock()
	tasks := l.bySource[source]
	delete(l.bySource, source)
	l.mu.Unlock()
	l.drop(ctx, tasks)
}

// drop removes tasks from the store that are in the list no more. One that stays there
// does no harm: the next load removes it.
func (l *moveTaskList) drop(ctx context.Context, tasks []*moveTask) {
	for _, task := range tasks {
		task.saving.Lock()
		l.mu.Lock()
		task.forgotten = true
		record := task.MoveTaskRecord
		l.mu.Unlock()
		_ = l.store.DeleteMoveTask(ctx, record)
		task.saving.Unlock()
	}
}

// save stores a task as it is now.
func (l *moveTaskList) save(ctx context.Context, task *moveTask) error {
	task.saving.Lock()
	defer task.saving.Unlock()
	l.mu.Lock()
	record, forgotten := task.MoveTaskRecord, task.forgotten
	l.mu.Unlock()
	if forgotten {
		return nil
	}
	return l.store.SaveMoveTask(ctx, record)
}

// take returns the tasks that nobody runs. Each is held until it is released.
func (l *moveTaskList) take() []*moveTask {
	l.mu.Lock()
	defer l.mu.Unlock()
	var free []*moveTask
	for _, tasks := range l.bySource {
		for _, task := range tasks {
			if task.active() && !task.held {
				task.held = true
				free = append(free, task)
			}
		}
	}
	return free
}

func (l *moveTaskList) release(task *moveTask) {
	l.mu.Lock()
	defer l.mu.Unlock()
	task.held = false
}

// record returns a task as it is now.
func (l *moveTaskList) record(task *moveTask) MoveTaskRecord {
	l.mu.Lock()
	defer l.mu.Unlock()
	return task.MoveTaskRecord
}

// count adds to the messages that a task has moved.
func (l *moveTaskList) count(task *moveTask, moved int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	task.Moved += moved
}

// end ends a task. One that is being cancelled ends as cancelled, whatever came in
// between.
func (l *moveTaskList) end(task *moveTask, status, failure string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if task.Status == moveCancelling {
		status, failure = moveCancelled, ""
	}
	task.Status, task.Failure = status, failure
}
