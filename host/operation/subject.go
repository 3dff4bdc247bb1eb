package operation

import (
	"errors"
	"fmt"
	"slices"

	"github.com/queuelet/queuelet/host/subject"
)

// subjects are patterns of NATS subjects.
type subjects []string

// parseSubjects checks patterns, in which * stands for one token and > for all that follow.
func parseSubjects(patterns []string) (subjects, error) {
	for _, pattern := range patterns {
		switch err := subject.CheckPattern(pattern); {
		case errors.Is(err, subject.ErrReserved):
			return nil, fmt.Errorf("%q is %w: choose another one", pattern, err)
		case err != nil:
			return nil, fmt.Errorf("%q is %w: write tokens with dots between them; * stands for one, > for all that follow", pattern, err)
		}
	}
	return slices.Clone(patterns), nil
}

// allow says whether a subject matches a pattern. It refuses those that are none, and reserved ones.
func (s subjects) allow(name string) bool {
	return subject.Check(name) == nil && slices.ContainsFunc(s, func(pattern string) bool { return subject.Match(pattern, name) })
}
