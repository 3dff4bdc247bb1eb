package queue

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"
)

// policy is the access policy of a queue, in the part of AWS's policy language that
// queues use (AWS IAM user guide, "IAM JSON policy elements reference").
type policy struct {
	statements []statement
}

// statement grants or denies. It concerns a request when all of its parts match.
type statement struct {
	deny       bool
	principals principals
	actions    patterns // names without the service's prefix, in lower case
	resources  patterns // ARNs
	conditions []condition
}

// patterns match a text when one of them does; except turns them round, as the
// elements NotAction and NotResource do.
type patterns struct {
	any    []string
	except bool
}

// principals say whom a statement concerns.
type principals struct {
	everyone bool
	accounts []string
	others   []string // ARNs or ids of single users
	except   bool     // NotPrincipal
}

// accessRequest is what a policy decides about.
type accessRequest struct {
	caller   *Caller
	action   string // in lower case
	resource string // ARN of the queue
	now      time.Time
}

// The limits of a policy (AWS developer guide, "Amazon SQS policy quotas").
const (
	maxPolicySize       = 8192 // bytes
	maxPolicyStatements = 20
)

// setPolicy takes a policy, which is shown as it was given; an empty one removes it.
func (a *Attributes) setPolicy(text string) error {
	if len(text) > maxPolicySize {
		return invalidAttribute(attributePolicy)
	}
	if text != "" {
		parsed, err := parsePolicy(text)
		if err != nil {
			refusal := invalidAttribute(attributePolicy)
			refusal.Err = err
			return refusal
		}
		if n := len(parsed.statements); n > maxPolicyStatements {
			return refuse(CodeOverLimit,
				"%d statements were found in the submitted policy, max allowed is %d", n, maxPolicyStatements)
		}
	}
	a.Policy = text
	return nil
}

// samePolicy compares policies as JSON values.
func samePolicy(a, b string) bool {
	if a == b {
		return true
	}
	var left, right any
	if json.Unmarshal([]byte(a), &left) != nil || json.Unmarshal([]byte(b), &right) != nil {
		return false
	}
	return reflect.DeepEqual(left, right)
}

// decide tells whether a statement grants the request and whether one denies it. A
// denial wins. A nil policy says nothing.
func (p *policy) decide(r *accessRequest) (granted, denied bool) {
	if p == nil {
		return false, false
	}
	for i := range p.statements {
		s := &p.statements[i]
		if !s.concerns(r) {
			continue
		}
		if s.deny {
			return false, true
		}
		granted = true
	}
	return granted, false
}

// mentions tells whether some statement grants the caller anything at all.
func (p *policy) mentions(caller *Caller) bool {
	return p != nil && slices.ContainsFunc(p.statements, func(s statement) bool {
		return !s.deny && s.principals.include(caller)
	})
}

func (s *statement) concerns(r *accessRequest) bool {
	return s.principals.include(r.caller) &&
		s.actions.match(r.action) &&
		s.resources.match(r.resource) &&
		!slices.ContainsFunc(s.conditions, func(c condition) bool { return !c.holds(r) })
}

func (p *patterns) match(text string) bool {
	found := slices.ContainsFunc(p.any, func(pattern string) bool { return matchPattern(pattern, text) })
	return found != p.except
}

func (p *principals) include(caller *Caller) bool {
	found := p.everyone ||
		slices.Contains(p.accounts, caller.Account) ||
		caller.Principal != "" && slices.Contains(p.others, caller.Principal) ||
		len(p.others) > 0 && slices.Contains(p.others, caller.ARN())
	return found != p.except
}

// matchPattern tells whether text matches a pattern in which * stands for any
// characters and ? for one.
func matchPattern(pattern, text string) bool {
	star, resume := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0: // let the last star take one more
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
