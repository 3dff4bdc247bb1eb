package queue

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
)

const maxListResults = 1000

// GetQueueURL finds a queue by its name and, if it is another's, its owner.
func (s *Service) GetQueueURL(_ context.Context, caller Caller, name, ownerAccount string) (Key, error) {
	if name == "" {
		return Key{}, missingParameter(queueNameParameter)
	}
	key := Key{Account: caller.Account, Name: name}
	if ownerAccount != "" {
		key.Account = ownerAccount
	}
	if _, err := s.open(caller, key, ActionGetQueueURL); err != nil {
		return Key{}, err
	}
	return key, nil
}

// ListQueues lists the queues of the caller's account by name, those that its
// credential's allow-list shows it.
func (s *Service) ListQueues(_ context.Context, caller Caller, in ListQueuesInput) (QueuePage, error) {
	if !caller.Allow.permitsSome(ActionListQueues) {
		return QueuePage{}, s.notAuthorized(&caller, Key{Account: caller.Account}, ActionListQueues)
	}
	scope := pageScope{operation: "queues", subject: in.Prefix}
	return paginate(scope, in, func() []*Definition {
		all := s.store.Queues(caller.Account, in.Prefix)
		if caller.Allow == nil {
			return all
		}
		return slices.DeleteFunc(slices.Clone(all), func(d *Definition) bool {
			return !caller.Allow.permits(ActionListQueues, d.Name)
		})
	})
}

// ListDeadLetterSourceQueues lists the queues whose dead-letter queue this one is.
func (s *Service) ListDeadLetterSourceQueues(_ context.Context, caller Caller, key Key, in ListQueuesInput) (QueuePage, error) {
	def, err := s.open(caller, key, ActionListDeadLetterSourceQueues)
	if err != nil {
		return QueuePage{}, err
	}
	scope := pageScope{operation: "sources", subject: def.Name}
	return paginate(scope, in, func() []*Definition { return s.deadLetterSources(def) })
}

// deadLetterSources returns the queues whose dead-letter queue this one is, by name.
func (s *Service) deadLetterSources(def *Definition) []*Definition {
	return slices.DeleteFunc(slices.Clone(s.store.Queues(def.Account, "")), func(source *Definition) bool {
		return !source.redrivesTo(def.Key)
	})
}

func (d *Definition) redrivesTo(target Key) bool {
	if d.Attributes.Redrive == nil {
		return false
	}
	parsed, ok := parseARN(d.Attributes.Redrive.DeadLetterTargetARN)
	return ok && parsed.key() == target
}

// paginate cuts one page out of queues that are sorted by name. Without MaxResults it
// answers the first thousand and no token, as AWS does.
func paginate(scope pageScope, in ListQueuesInput, queues func() []*Definition) (QueuePage, error) {
	limit := maxListResults
	if in.MaxResults.Set {
		limit = in.MaxResults.Value
		if limit < 1 || limit > maxListResults {
			return QueuePage{}, invalidUnquoted("MaxResults", "MaxResults must be an integer between 1 and 1000.")
		}
	}
	after := ""
	if in.NextToken != "" {
		if !in.MaxResults.Set {
			return QueuePage{}, refuse(CodeInvalidParameterValue,
				"MaxResults is a mandatory parameter when you provide a value for NextToken.")
		}
		var err error
		if after, err = scope.parse(in.NextToken); err != nil {
			return QueuePage{}, err
		}
	}
	all := queues()
	first, found := slices.BinarySearchFunc(all, after, func(d *Definition, name string) int {
		return strings.Compare(d.Name, name)
	})
	if found {
		first++
	}
	all = all[first:]
	var page QueuePage
	if len(all) > limit {
		all = all[:limit]
		if in.MaxResults.Set {
			page.NextToken = scope.token(all[limit-1].Name)
		}
	}
	page.Queues = make([]Key, len(all))
	for i, def := range all {
		page.Queues[i] = def.Key
	}
	return page, nil
}

// pageScope is what must stay the same from page to page.
type pageScope struct {
	operation string
	subject   string // the prefix or the dead-letter queue
}

// token makes the token of the page after the queue of that name. A token gives
// nobody anything that the request itself would not, so it is not sealed. Queue names
// contain no line feed.
func (p pageScope) token(last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.operation + "\n" + last + "\n" + p.subject))
}

func (p pageScope) parse(token string) (last string, err error) {
	const invalid = "Invalid or expired next token."
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", refuse(CodeInvalidParameterValue, invalid)
	}
	parts := strings.SplitN(string(text), "\n", 3)
	if len(parts) != 3 || parts[0] != p.operation {
		return "", refuse(CodeInvalidParameterValue, invalid)
	}
	if parts[2] != p.subject {
		return "", refuse(CodeInvalidParameterValue,
			"Invalid NextToken value. If you are passing in NextToken, you must not change the other request parameters.")
	}
	return parts[1], nil
}
