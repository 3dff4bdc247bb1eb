package queue

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The attributes of a queue that can only be read.
const (
	attributeVisible  = "ApproximateNumberOfMessages"
	attributeDelayed  = "ApproximateNumberOfMessagesDelayed"
	attributeInFlight = "ApproximateNumberOfMessagesNotVisible"
	attributeCreated  = "CreatedTimestamp"
	attributeModified = "LastModifiedTimestamp"
	attributeARN      = "QueueArn"
)

// attributeNames returns the names of all attributes of a queue.
func attributeNames() []string {
	return []string{
		attributeVisible, attributeDelayed, attributeInFlight, attributeCreated, attributeModified, attributeARN,
		attributeContentDedup, attributeDedupScope, attributeDelay, attributeFIFO, attributeThroughputLimit,
		attributeKMSDataKeyReuse, attributeKMSMasterKeyID, attributeMaxMessageSize, attributeRetention,
		attributePolicy, attributeReceiveWait, attributeRedriveAllow, attributeRedrive, attributeManagedSSE,
		attributeVisibilityTimeout,
	}
}

func knownAttribute(name string) bool { return slices.Contains(attributeNames(), name) }

// GetQueueAttributes returns the attributes of those names, or every one for "All".
// Attributes that are not set are left out.
func (s *Service) GetQueueAttributes(ctx context.Context, caller Caller, key Key, names []string) (map[string]string, error) {
	def, err := s.open(caller, key, ActionGetQueueAttributes)
	if err != nil {
		return nil, err
	}
	if slices.Contains(names, attributeAll) {
		names = attributeNames()
	}
	for _, name := range names {
		if !knownAttribute(name) {
			return nil, unknownAttribute(name)
		}
	}
	var counts Counts
	if slices.ContainsFunc(names, countAttribute) {
		if counts, err = s.store.Counts(ctx, def); err != nil {
			return nil, storeAnswer(err)
		}
	}
	shown := make(map[string]string, len(names))
	for _, name := range names {
		if text := s.showAttribute(def, &counts, name); text != "" {
			shown[name] = text
		}
	}
	return shown, nil
}

func countAttribute(name string) bool {
	return name == attributeVisible || name == attributeDelayed || name == attributeInFlight
}

func (s *Service) showAttribute(def *Definition, counts *Counts, name string) string {
	switch name {
	case attributeVisible:
		return strconv.Itoa(counts.Visible)
	case attributeDelayed:
		return strconv.Itoa(counts.Delayed)
	case attributeInFlight:
		return strconv.Itoa(counts.InFlight)
	case attributeCreated:
		return strconv.FormatInt(def.Created.Unix(), 10)
	case attributeModified:
		return strconv.FormatInt(def.Modified.Unix(), 10)
	case attributeARN:
		return s.ARN(def.Key)
	default:
		return def.Attributes.show(name)
	}
}

// SetQueueAttributes changes attributes, all or none of them.
func (s *Service) SetQueueAttributes(ctx context.Context, caller Caller, key Key, attributes map[string]string) error {
	def, err := s.open(caller, key, ActionSetQueueAttributes)
	if err != nil {
		return err
	}
	if len(attributes) == 0 {
		return missingParameter("Attributes")
	}
	changed := def.Attributes
	if err := changed.apply(attributes); err != nil {
		return err
	}
	if text, given := attributes[attributeRedrive]; given {
		if err := s.checkRedrive(def.Key, &changed, text); err != nil {
			return err
		}
	}
	_, err = s.store.UpdateQueue(ctx, key, func(d *Definition) error {
		d.Modified = time.Now().Truncate(time.Second)
		return d.Attributes.apply(attributes)
	})
	return storeAnswer(err)
}

// apply sets attributes from their texts. When it fails it may have set some.
func (a *Attributes) apply(texts map[string]string) error {
	if texts[attributeKMSMasterKeyID] != "" && strings.EqualFold(texts[attributeManagedSSE], textTrue) {
		return refuse(CodeInvalidAttributeName, "You can use one type of server-side encryption (SSE) at one time. "+
			"You can either enable KMS SSE or SQS SSE.")
	}
	// By name, so that of several errors it is always the same that is answered.
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if err := a.set(name, texts[name]); err != nil {
			return err
		}
	}
	return a.check()
}
