package queue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// AllowList is all that a credential may do. Nil, the list of a credential that has
// none, allows everything. It does not widen what the policy of another account's
// queue grants.
type AllowList struct {
	grants []grant
}

// Grant lets a credential do some actions to some queues, as it is configured.
type Grant struct {
	// Actions are names such as SendMessage; * and ? are wildcards, case does not
	// matter, and AWS's prefix "sqs:" may be there.
	Actions []string
	// Queues are names, with the same wildcards.
	Queues []string
}

type grant struct {
	actions uint32 // a bit for each Action
	queues  []string
}

// NewAllowList checks grants. A pattern that names no action is an error, since it is
// a misspelling; so is a grant without actions or queues.
func NewAllowList(grants []Grant) (*AllowList, error) {
	list := &AllowList{grants: make([]grant, len(grants))}
	for i, given := range grants {
		if len(given.Actions) == 0 {
			return nil, errors.New(`a grant names no actions: write "*" for all`)
		}
		if len(given.Queues) == 0 {
			return nil, errors.New(`a grant names no queues: write "*" for all`)
		}
		for _, pattern := range given.Actions {
			matching := actionsMatching(pattern)
			if matching == 0 {
				return nil, fmt.Errorf("%q is no action: write one of SQS's, such as SendMessage, or a pattern", pattern)
			}
			list.grants[i].actions |= matching
		}
		list.grants[i].queues = slices.Clone(given.Queues)
	}
	return list, nil
}

func actionsMatching(pattern string) uint32 {
	pattern = strings.TrimPrefix(strings.ToLower(pattern), sqsService+":")
	var matching uint32
	for action := range actionCount {
		if matchPattern(pattern, strings.ToLower(action.String())) {
			matching |= 1 << action
		}
	}
	return matching
}

// permits tells whether the list allows an action on the queue of that name.
func (l *AllowList) permits(action Action, name string) bool {
	return l == nil || slices.ContainsFunc(l.grants, func(g grant) bool {
		return g.actions&(1<<action) != 0 &&
			slices.ContainsFunc(g.queues, func(pattern string) bool { return matchPattern(pattern, name) })
	})
}

// permitsSome tells whether the list allows an action on any queue.
func (l *AllowList) permitsSome(action Action) bool {
	return l == nil || slices.ContainsFunc(l.grants, func(g grant) bool { return g.actions&(1<<action) != 0 })
}
