package queue

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of tags (AWS developer guide, "Amazon SQS cost allocation tags").
const (
	maxTags     = 50
	maxTagKey   = 128 // characters
	maxTagValue = 256 // characters
)

// TagQueue adds tags to a queue or gives them new values.
func (s *Service) TagQueue(ctx context.Context, caller Caller, key Key, tags map[string]string) error {
	if _, err := s.open(caller, key, ActionTagQueue); err != nil {
		return err
	}
	if len(tags) == 0 {
		return missingParameter("Tags")
	}
	if err := checkTags(key.Name, tags); err != nil {
		return err
	}
	_, err := s.store.UpdateQueue(ctx, key, func(d *Definition) error {
		all := make(map[string]string, len(d.Tags)+len(tags))
		maps.Copy(all, d.Tags)
		maps.Copy(all, tags)
		d.Tags = all
		return checkTagCount(key.Name, all)
	})
	return storeAnswer(err)
}

// UntagQueue removes tags. One that is not there is no error.
func (s *Service) UntagQueue(ctx context.Context, caller Caller, key Key, keys []string) error {
	if _, err := s.open(caller, key, ActionUntagQueue); err != nil {
		return err
	}
	if len(keys) == 0 {
		return tagKeyLength()
	}
	for _, tag := range keys {
		if err := checkTagKey(tag); err != nil {
			return err
		}
	}
	_, err := s.store.UpdateQueue(ctx, key, func(d *Definition) error {
		d.Tags = maps.Clone(d.Tags)
		for _, tag := range keys {
			delete(d.Tags, tag)
		}
		return nil
	})
	return storeAnswer(err)
}

// ListQueueTags returns the tags of a queue, none as an empty map.
func (s *Service) ListQueueTags(_ context.Context, caller Caller, key Key) (map[string]string, error) {
	def, err := s.open(caller, key, ActionListQueueTags)
	if err != nil {
		return nil, err
	}
	tags := make(map[string]string, len(def.Tags))
	maps.Copy(tags, def.Tags)
	return tags, nil
}

func checkTags(queueName string, tags map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if err := checkTagKey(key); err != nil {
			return err
		}
		if hasPrefixFold(key, "aws:") {
			return refuse(CodeInvalidParameterValue,
				"aws: prefixed tag key names are not allowed for external use.")
		}
		value := tags[key]
		if utf8.RuneCountInString(value) > maxTagValue {
			return refuse(CodeInvalidParameterValue, "Tag values must be between 0 and 256 characters in length.")
		}
		if !validTagText(value) {
			return invalidTagText("values")
		}
	}
	return checkTagCount(queueName, tags)
}

func checkTagKey(key string) error {
	if length := utf8.RuneCountInString(key); length < 1 || length > maxTagKey {
		return tagKeyLength()
	}
	if !validTagText(key) {
		return invalidTagText("keys")
	}
	return nil
}

func checkTagCount(queueName string, tags map[string]string) error {
	if len(tags) > maxTags {
		return refuse(CodeInvalidParameterValue, "Too many tags added for queue %s.", queueName)
	}
	return nil
}

func tagKeyLength() *Error {
	return refuse(CodeInvalidParameterValue, "Tag keys must be between 1 and 128 characters in length.")
}

func invalidTagText(what string) *Error {
	return refuse(CodeInvalidParameterValue, "Tag %s may only contain unicode letters, digits, whitespace, "+
		"or one of these symbols: _ . : / = + - @", what)
}

func validTagText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r) && !strings.ContainsRune("_.:/=+-@", r)
	})
}
