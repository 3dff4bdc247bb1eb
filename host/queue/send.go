package queue

import (
	"context"
	"crypto/md5"
	"strconv"
	"time"

	"github.com/queuelet/queuelet/host/activity"
)

const maxDelaySeconds = 900

// SendMessage stores one message.
func (s *Service) SendMessage(ctx context.Context, caller Caller, key Key, in *SendMessageInput) (SendMessageResult, error) {
	def, err := s.open(caller, key, ActionSendMessage)
	if err != nil {
		return SendMessageResult{}, err
	}
	if len(in.Body) == 0 {
		return SendMessageResult{}, missingParameter("MessageBody")
	}
	if messageSize(in) > def.Attributes.MaxMessageSize {
		return SendMessageResult{}, refuse(CodeInvalidParameterValue,
			"One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", def.Attributes.MaxMessageSize)
	}
	entries := make([]Entry, 1)
	var result SendMessageResult
	if err := s.prepare(def, caller, in, &entries[0], &result); err != nil {
		return SendMessageResult{}, err
	}
	sent, err := s.store.Send(ctx, def, entries)
	if err != nil {
		return SendMessageResult{}, storeAnswer(err)
	}
	result.complete(def, sent[0])
	s.announce(activity.Sent, key, 1, 0, &result.ID)
	return result, nil
}

// messageSize is what counts against MaximumMessageSize: the body and each
// attribute's name, type and value. System attributes do not count.
func messageSize(in *SendMessageInput) int {
	size := len(in.Body)
	for i := range in.Attributes {
		a := &in.Attributes[i]
		size += len(a.Name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	return size
}

// prepare makes the entry to store out of a message whose size was checked, and fills
// in the digests of the result.
func (s *Service) prepare(def *Definition, caller Caller, in *SendMessageInput, entry *Entry, result *SendMessageResult) error {
	if !validCharacters(in.Body) {
		return refuse(CodeInvalidMessageContents, messageCharacters)
	}
	delay, err := sendDelay(def, in.DelaySeconds)
	if err != nil {
		return err
	}
	if err := checkGroup(def, in); err != nil {
		return err
	}
	if err := checkDeduplication(def, in); err != nil {
		return err
	}
	attributes, err := checkAttributes(userAttribute, in.Attributes)
	if err != nil {
		return err
	}
	system, err := checkSystemAttributes(in.SystemAttributes)
	if err != nil {
		return err
	}

	result.BodyMD5 = md5.Sum(in.Body)
	if len(attributes) > 0 {
		result.AttributesMD5, result.HasAttributes = AttributesDigest(attributes), true
	}
	var traceHeader string
	if len(system) > 0 {
		result.SystemAttributesMD5, result.HasSystemAttributes = AttributesDigest(system), true
		traceHeader = string(system[0].Value)
	} else if validCharacters([]byte(in.TraceHeader)) { // else it could not be shown
		traceHeader = in.TraceHeader
	}
	*entry = Entry{
		Message: Message{
			ID:          s.ids.next(),
			Body:        in.Body,
			BodyMD5:     result.BodyMD5,
			Attributes:  attributes,
			SenderID:    caller.Principal,
			TraceHeader: traceHeader,
			Group:       in.GroupID,
			Sent:        time.Now(),
			Depth:       in.Depth,
		},
		Delay: delay,
	}
	if def.Attributes.FIFO {
		entry.DedupID, entry.Dedup = deduplication(def, in)
	}
	return nil
}

// sendDelay resolves the delay of a message. A FIFO queue has its own for every
// message; it takes a zero, but no other, as the message's.
func sendDelay(def *Definition, given OptionalInt) (time.Duration, error) {
	if !given.Set {
		return def.Attributes.Delay, nil
	}
	if given.Value < 0 || given.Value > maxDelaySeconds {
		return 0, invalidParameter(attributeDelay, strconv.Itoa(given.Value), "DelaySeconds must be >= 0 and <= 900.")
	}
	if !def.Attributes.FIFO {
		return seconds(given.Value), nil
	}
	if given.Value > 0 {
		return 0, wrongQueueType(attributeDelay, strconv.Itoa(given.Value))
	}
	return def.Attributes.Delay, nil
}

// complete fills in what only the store knows.
func (r *SendMessageResult) complete(def *Definition, sent Sent) {
	r.ID = sent.ID
	if def.Attributes.FIFO {
		r.Sequence = sent.Sequence
	}
}
