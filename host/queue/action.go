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
	switch a {
	case ActionAddPermission:
		return "AddPermission"
	case ActionCancelMessageMoveTask:
		return "CancelMessageMoveTask"
	case ActionChangeMessageVisibility:
		return "ChangeMessageVisibility"
	case ActionCreateQueue:
		return "CreateQueue"
	case ActionDeleteMessage:
		return "DeleteMessage"
	case ActionDeleteQueue:
		return "DeleteQueue"
	case ActionGetQueueAttributes:
		return "GetQueueAttributes"
	case ActionGetQueueURL:
		return "GetQueueUrl"
	case ActionListDeadLetterSourceQueues:
		return "ListDeadLetterSourceQueues"
	case ActionListMessageMoveTasks:
		return "ListMessageMoveTasks"
	case ActionListQueues:
		return "ListQueues"
	case ActionListQueueTags:
		return "ListQueueTags"
	case ActionPeekMessages:
		return "PeekMessages"
	case ActionPurgeQueue:
		return "PurgeQueue"
	case ActionReceiveMessage:
		return "ReceiveMessage"
	case ActionRemovePermission:
		return "RemovePermission"
	case ActionSendMessage:
		return "SendMessage"
	case ActionSetQueueAttributes:
		return "SetQueueAttributes"
	case ActionStartMessageMoveTask:
		return "StartMessageMoveTask"
	case ActionTagQueue:
		return "TagQueue"
	case ActionUntagQueue:
		return "UntagQueue"
	default:
		return "unknown"
	}
}

// ownerOnly tells whether only the account that owns a queue may do this to it,
// whatever the queue's policy says (AWS developer guide, "Limitations of Amazon SQS
// policies").
func (a Action) ownerOnly() bool {
	switch a {
	case ActionChangeMessageVisibility, ActionDeleteMessage, ActionGetQueueAttributes, ActionGetQueueURL,
		ActionListDeadLetterSourceQueues, ActionPurgeQueue, ActionReceiveMessage, ActionSendMessage:
		return false
	default:
		return true
	}
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
