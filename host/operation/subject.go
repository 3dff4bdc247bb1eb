package operation

import (
	"fmt"
	"slices"
	"strings"
)

const maxSubject = 256 // bytes

// subjects are patterns of NATS subjects, as their tokens.
type subjects [][]string

// parseSubjects reads patterns, in which * stands for one token and > for all that follow.
func parseSubjects(patterns []string) (subjects, error) {
	var all subjects
	for _, pattern := range patterns {
		tokens := strings.Split(pattern, ".")
		for i, token := range tokens {
			if !validToken(token) && token != "*" && (token != ">" || i < len(tokens)-1) {
				return nil, fmt.Errorf("%q is no subject: write tokens with dots between them; * stands for one, > for all that follow", pattern)
			}
		}
		if reserved(tokens) {
			return nil, fmt.Errorf("%q is for queuelet and NATS themselves: choose another subject", pattern)
		}
		all = append(all, tokens)
	}
	return all, nil
}

// validToken says whether a text is a token of a subject without wildcards.
func validToken(token string) bool {
	return token != "" && !strings.ContainsFunc(token, func(r rune) bool {
		return r <= ' ' || r == '*' || r == '>' || r == 0x7f || r == '\uFFFD'
	})
}

// reserved says whether a subject is one on which NATS, JetStream or the engine work: those that begin with $ or _, and
// those of queues.
func reserved(tokens []string) bool {
	return strings.HasPrefix(tokens[0], "$") || strings.HasPrefix(tokens[0], "_") || tokens[0] == "sqs" || tokens[0] == "ql"
}

// allow says whether a subject matches a pattern. It refuses those that are none.
func (s subjects) allow(subject string) bool {
	if len(subject) > maxSubject {
		return false
	}
	tokens := strings.Split(subject, ".")
	for _, token := range tokens {
		if !validToken(token) {
			return false
		}
	}
	return !reserved(tokens) && slices.ContainsFunc(s, func(pattern []string) bool { return matchTokens(pattern, tokens) })
}

func matchTokens(pattern, tokens []string) bool {
	for i, p := range pattern {
		switch {
		case i >= len(tokens):
			return false
		case p == ">":
			return true
		case p != "*" && p != tokens[i]:
			return false
		}
	}
	return len(pattern) == len(tokens)
}

// patterns are the subjects as they were written.
func (s subjects) patterns() []string {
	all := make([]string, len(s))
	for i, tokens := range s {
		all[i] = strings.Join(tokens, ".")
	}
	return all
}
