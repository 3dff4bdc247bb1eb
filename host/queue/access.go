package queue

import (
	"strings"
	"sync"
	"time"
)

// ARN returns the Amazon Resource Name of the caller.
func (c *Caller) ARN() string {
	return "arn:aws:" + iamService + "::" + c.Account + ":user/" + c.Principal
}

// open looks up the queue that an operation is about and decides whether the caller
// may do it. An account may do everything to its own queues that the credential's
// allow-list permits and the queue's policy does not deny. Another account needs a
// grant of the policy.
func (s *Service) open(caller Caller, key Key, action Action) (*Definition, error) {
	if key.Name == "" {
		return nil, missingParameter("QueueUrl")
	}
	if !caller.Allow.permits(action, key.Name) {
		return nil, s.notAuthorized(&caller, key, action)
	}
	def, err := s.store.Queue(key)
	if err != nil {
		return nil, storeAnswer(err)
	}
	own := key.Account == caller.Account
	if own && def.Attributes.Policy == "" {
		return def, nil
	}
	policy := s.policies.of(def)
	granted, denied := policy.decide(&accessRequest{
		caller: &caller, action: strings.ToLower(action.String()), resource: s.ARN(key), now: time.Now(),
	})
	switch {
	case own && (!denied || action.unlocks()), !own && granted && !action.ownerOnly():
		return def, nil
	case !own && !policy.mentions(&caller):
		// Whom the policy grants nothing does not learn that the queue exists.
		return nil, queueDoesNotExist()
	default:
		return nil, refuse(CodeAccessDenied, "Access to the resource https://sqs.%s.amazonaws.com/ is denied.", s.region)
	}
}

// notAuthorized refuses what a credential's allow-list does not permit.
func (s *Service) notAuthorized(caller *Caller, key Key, action Action) *Error {
	return refuse(CodeAccessDenied, "User: %s is not authorized to perform: sqs:%s on resource: %s",
		caller.ARN(), action, s.ARN(key))
}

// unlocks tells whether the owner may do this whatever the queue's policy says, so
// that nobody locks himself out: a policy that denies everything, or everything but
// TLS, can be read and replaced. In AWS the account's root user can.
func (a Action) unlocks() bool {
	return a == ActionGetQueueAttributes || a == ActionGetQueueURL || a == ActionSetQueueAttributes
}

// policyCache keeps the parsed policies of queues.
type policyCache struct {
	mu     sync.RWMutex
	parsed map[uint64]parsedPolicy // by Definition.ID
}

type parsedPolicy struct {
	text   string
	policy *policy
}

// policyCacheSize bounds the cache; when it is full it starts anew.
const policyCacheSize = 10_000

// of returns the policy of a queue, nil when it has none. One that cannot be read
// grants nothing.
func (c *policyCache) of(def *Definition) *policy {
	text := def.Attributes.Policy
	if text == "" {
		return nil
	}
	c.mu.RLock()
	cached := c.parsed[def.ID]
	c.mu.RUnlock()
	if cached.text == text {
		return cached.policy
	}
	parsed, err := parsePolicy(text)
	if err != nil {
		parsed = nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.parsed == nil || len(c.parsed) >= policyCacheSize {
		c.parsed = make(map[uint64]parsedPolicy)
	}
	c.parsed[def.ID] = parsedPolicy{text: text, policy: parsed}
	return parsed
}
