package queue

// Action is an operation as policies and allow-lists name it. The batch operations
// have no action of their own: they are covered by their single form, as in AWS.
type Action uint8

// The actions. All but PeekMessages are AWS's.
const (
	ActionAddPermission Action = iota
	ActionCancelMessageMoveTask
	ActionChangeMessageVisibility
	ActionCreateQueue
	ActionDeleteMessage
	ActionDeleteQueue
	ActionGetQueueAttributes
	ActionGetQueueURL
	ActionListDeadLetterSourceQueues
	ActionListMessageMoveTasks
	ActionListQueues
	ActionListQueueTags
	ActionPeekMessages
	ActionPurgeQueue
	ActionReceiveMessage
	ActionRemovePermission
	ActionSendMessage
	ActionSetQueueAttributes
	ActionStartMessageMoveTask
	ActionTagQueue
	ActionUntagQueue
	actionCount
)

// String returns the action's name without a prefix.
func (a Action) String() string {
	names := [actionCount]string{
		ActionAddPermission:              "AddPermission",
		ActionCancelMessageMoveTask:      "CancelMessageMoveTask",
		ActionChangeMessageVisibility:    "ChangeMessageVisibility",
		ActionCreateQueue:                "CreateQueue",
		ActionDeleteMessage:              "DeleteMessage",
		ActionDeleteQueue:                "DeleteQueue",
		ActionGetQueueAttributes:         "GetQueueAttributes",
		ActionGetQueueURL:                "GetQueueUrl",
		ActionListDeadLetterSourceQueues: "ListDeadLetterSourceQueues",
		ActionListMessageMoveTasks:       "ListMessageMoveTasks",
		ActionListQueues:                 "ListQueues",
		ActionListQueueTags:              "ListQueueTags",
		ActionPeekMessages:               "PeekMessages",
		ActionPurgeQueue:                 "PurgeQueue",
		ActionReceiveMessage:             "ReceiveMessage",
		ActionRemovePermission:           "RemovePermission",
		ActionSendMessage:                "SendMessage",
		ActionSetQueueAttributes:         "SetQueueAttributes",
		ActionStartMessageMoveTask:       "StartMessageMoveTask",
		ActionTagQueue:                   "TagQueue",
		ActionUntagQueue:                 "UntagQueue",
	}
	if int(a) < len(names) {
		return names[a]
	}
	return "unknown"
}

// ownerOnly tells whether only the account that owns a queue may do this to it,
// whatever the queue's policy says (AWS developer guide, "Limitations of Amazon SQS
// policies").
func (a Action) ownerOnly() bool {
	const shared = 1<<ActionChangeMessageVisibility | 1<<ActionDeleteMessage | 1<<ActionGetQueueAttributes |
		1<<ActionGetQueueURL | 1<<ActionListDeadLetterSourceQueues | 1<<ActionPurgeQueue |
		1<<ActionReceiveMessage | 1<<ActionSendMessage
	return shared&(1<<a) == 0
}

// actionNamed finds an action of AWS by its name.
func actionNamed(name string) (Action, bool) {
	for action := range actionCount {
		if action != ActionPeekMessages && action.String() == name {
			return action, true
		}
	}
	return 0, false
}
