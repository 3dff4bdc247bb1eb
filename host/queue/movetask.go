package queue

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"
)

// The states of a message move task (AWS API reference, ListMessageMoveTasksResultEntry).
const (
	moveRunning    = "RUNNING"
	moveCompleted  = "COMPLETED"
	moveCancelling = "CANCELLING"
	moveCancelled  = "CANCELLED"
	moveFailed     = "FAILED"
)

const (
	moveSourceParameter      = "SourceArn"
	moveDestinationParameter = "DestinationArn"
	moveHandleParameter      = "TaskHandle"
	maxMovePerSecond         = 500
	maxListedMoveTasks       = 10
)

// StartMessageMoveTask starts to move the messages of a dead-letter queue, as many as
// are visible now, to a queue or each back to the one it came from. [Service.RunMoveTasks]
// does the work.
func (s *Service) StartMessageMoveTask(ctx context.Context, caller Caller, in StartMoveTaskInput) (taskHandle string, err error) {
	if err := checkMoveTask(&in); err != nil {
		return "", err
	}
	source, err := s.openDeadLetterQueue(caller, in.SourceARN)
	if err != nil {
		return "", err
	}
	destination, err := s.openMoveDestination(caller, source, &in)
	if err != nil {
		return "", err
	}
	counts, err := s.store.Counts(ctx, source)
	if err != nil {
		return "", storeAnswer(err)
	}
	task := MoveTaskRecord{
		ID:           s.ids.next().String(),
		Source:       source.Key,
		Destination:  destination,
		MaxPerSecond: in.MaxPerSecond.Value,
		Status:       moveRunning,
		Started:      time.Now(),
		ToMove:       counts.Visible,
	}
	if err := s.moves.start(ctx, task); err != nil {
		return "", storeAnswer(err)
	}
	return s.moveHandle(&task), nil
}

// checkMoveTask checks what can be said without looking at queues.
func checkMoveTask(in *StartMoveTaskInput) error {
	if _, ok := parseARN(in.SourceARN); !ok {
		return notAnARN(moveSourceParameter)
	}
	if _, ok := parseARN(in.DestinationARN); in.DestinationSet && !ok {
		return notAnARN(moveDestinationParameter)
	}
	if rate := in.MaxPerSecond; rate.Set && (rate.Value < 1 || rate.Value > maxMovePerSecond) {
		return invalidUnquoted("MaxNumberOfMessagesPerSecond", "You must enter a number that's between 1 and 500.")
	}
	if in.SourceARN == in.DestinationARN {
		return refuse(CodeInvalidParameterValue, "Source queue arn and destination queue arn cannot be the same.")
	}
	return nil
}

// openDeadLetterQueue finds the queue to move messages from. A move takes what a
// receive and a delete take, so it needs their permissions too (AWS developer guide,
// "Troubleshooting dead-letter queue redrive").
func (s *Service) openDeadLetterQueue(caller Caller, arn string) (*Definition, error) {
	source, err := s.openARN(caller, moveSourceParameter, arn,
		ActionStartMessageMoveTask, ActionReceiveMessage, ActionDeleteMessage, ActionGetQueueAttributes)
	if err != nil {
		return nil, err
	}
	if len(s.deadLetterSources(source)) == 0 {
		return nil, refuse(CodeInvalidParameterValue, "Source queue must be configured as a Dead Letter Queue.")
	}
	return source, nil
}

// openMoveDestination finds the queue to move messages to; it is zero when each goes
// back to its own. The caller must be allowed to send to wherever they may go.
func (s *Service) openMoveDestination(caller Caller, source *Definition, in *StartMoveTaskInput) (Key, error) {
	if !in.DestinationSet {
		for _, origin := range s.deadLetterSources(source) {
			if err := s.Authorize(caller, origin.Key, ActionSendMessage); err != nil {
				return Key{}, err
			}
		}
		return Key{}, nil
	}
	destination, err := s.openARN(caller, moveDestinationParameter, in.DestinationARN, ActionSendMessage)
	if err != nil {
		return Key{}, err
	}
	if destination.Attributes.FIFO != source.Attributes.FIFO {
		return Key{}, refuse(CodeInvalidParameterValue,
			"The source queue and destination queue must be of the same queue type.")
	}
	return destination.Key, nil
}

// CancelMessageMoveTask ends a task that runs and returns how many messages it has
// moved. Messages that are on their way still arrive.
func (s *Service) CancelMessageMoveTask(ctx context.Context, caller Caller, taskHandle string) (moved int, err error) {
	handle, ok := parseMoveHandle(taskHandle)
	if !ok {
		return 0, refuse(CodeInvalidParameterValue, "Value for parameter %s is invalid.", moveHandleParameter)
	}
	source, err := s.openARN(caller, moveSourceParameter, handle.SourceARN,
		ActionCancelMessageMoveTask, ActionReceiveMessage, ActionDeleteMessage, ActionGetQueueAttributes)
	if err != nil {
		return 0, err
	}
	moved, err = s.moves.cancel(ctx, source.Key, handle.TaskID)
	return moved, storeAnswer(err)
}

// ListMessageMoveTasks lists the last tasks of a dead-letter queue, newest first.
// Without maxResults it lists one.
func (s *Service) ListMessageMoveTasks(
	ctx context.Context, caller Caller, sourceARN string, maxResults OptionalInt,
) ([]MoveTask, error) {
	limit := 1
	if maxResults.Set {
		limit = maxResults.Value
	}
	if _, ok := parseARN(sourceARN); !ok {
		return nil, notAnARN(moveSourceParameter)
	}
	if limit < 1 || limit > maxListedMoveTasks {
		return nil, invalidUnquoted("MaxResults", "You must enter a number that's between 1 and 10.")
	}
	source, err := s.openARN(caller, moveSourceParameter, sourceARN, ActionListMessageMoveTasks, ActionGetQueueAttributes)
	if err != nil {
		return nil, err
	}
	records, err := s.moves.last(ctx, source.Key, limit)
	if err != nil {
		return nil, storeAnswer(err)
	}
	tasks := make([]MoveTask, len(records))
	for i := range records {
		tasks[i] = s.describeMoveTask(&records[i])
	}
	return tasks, nil
}

func (s *Service) describeMoveTask(record *MoveTaskRecord) MoveTask {
	task := MoveTask{
		Status:       record.Status,
		SourceARN:    s.ARN(record.Source),
		MaxPerSecond: record.MaxPerSecond,
		Moved:        record.Moved,
		ToMove:       record.ToMove,
		Failure:      record.Failure,
		Started:      record.Started,
	}
	if record.Status == moveRunning {
		task.Handle = s.moveHandle(record)
	}
	if record.Destination != (Key{}) {
		task.DestinationARN = s.ARN(record.Destination)
	}
	return task
}

// moveTaskHandle is what a task handle says, in AWS's form: its base64 JSON.
type moveTaskHandle struct {
	TaskID    string `json:"taskId"`
	SourceARN string `json:"sourceArn"`
}

func (s *Service) moveHandle(record *MoveTaskRecord) string {
	text, err := json.Marshal(moveTaskHandle{TaskID: record.ID, SourceARN: s.ARN(record.Source)})
	if err != nil {
		return "" // strings can always be marshalled
	}
	return base64.StdEncoding.EncodeToString(text)
}

func parseMoveHandle(text string) (handle moveTaskHandle, ok bool) {
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return moveTaskHandle{}, false
	}
	err = json.Unmarshal(decoded, &handle)
	return handle, err == nil && handle.TaskID != "" && handle.SourceARN != ""
}

func notAnARN(parameter string) *Error {
	return refuse(CodeInvalidParameterValue, "You must use this format to specify the %s: "+
		"arn:<partition>:<service>:<region>:<account-id>:<resource-id>", parameter)
}

// openARN finds the queue that a parameter names by its ARN and decides whether the
// caller may do all the actions to it. To whom it may not be known it does not exist.
func (s *Service) openARN(caller Caller, parameter, text string, actions ...Action) (*Definition, error) {
	missing := refuse(CodeResourceNotFound, "The resource that you specified for the %s parameter doesn't exist.", parameter)
	parsed, ok := parseARN(text)
	if !ok || text != s.ARN(parsed.key()) {
		return nil, missing
	}
	var def *Definition
	for _, action := range actions {
		var err error
		if def, err = s.open(caller, parsed.key(), action); errors.Is(err, ErrQueueNotFound) {
			return nil, missing
		}
		if err != nil {
			return nil, err
		}
	}
	return def, nil
}
