package queue

import (
	"encoding/json"
	"strconv"
)

const (
	redriveTarget      = "deadLetterTargetArn"
	redriveMaxReceives = "maxReceiveCount"
	maxReceiveCount    = 1000
	sqsService         = "sqs"
)

// text returns the policy as SQS shows it, normalised whatever was sent.
func (p *RedrivePolicy) text() string {
	if p == nil {
		return ""
	}
	target := strconv.Quote(p.DeadLetterTargetARN)
	return `{"` + redriveTarget + `":` + target + `,"` + redriveMaxReceives + `":` + strconv.Itoa(p.MaxReceiveCount) + `}`
}

// setRedrive reads a RedrivePolicy; an empty one removes it. What can be said without
// looking at other queues is checked here, the rest by checkRedrive.
func (a *Attributes) setRedrive(text string) error {
	if text == "" {
		a.Redrive = nil
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil || fields == nil {
		return invalidAttributeBecause(attributeRedrive, " ", "Redrive policy is not a valid JSON map.")
	}
	refused := func(reason string) error { return invalidParameter(attributeRedrive, text, reason) }
	for _, name := range []string{redriveMaxReceives, redriveTarget} {
		if raw, given := fields[name]; !given || string(raw) == "null" {
			return refused("Redrive policy does not contain mandatory attribute: " + name + ".")
		}
	}
	given := jsonScalar(fields[redriveMaxReceives])
	count, err := strconv.Atoi(given)
	if err != nil || count < 1 || count > maxReceiveCount {
		return refused("Invalid value for maxReceiveCount: " + given + ", valid values are from 1 to 1000 both inclusive.")
	}
	target := jsonScalar(fields[redriveTarget])
	switch parsed, ok := parseARN(target); {
	case !ok:
		return refused("Dead-letter target ARN should be fully qualified ARN.")
	case parsed.service != sqsService:
		return refused("Only SQS queues are valid resources for deadLetterTargetArn.")
	}
	if len(fields) > 2 {
		return refused("Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].")
	}
	a.Redrive = &RedrivePolicy{DeadLetterTargetARN: target, MaxReceiveCount: count}
	return nil
}

// jsonScalar returns the text of a JSON string or number: SQS takes either for a
// number.
func jsonScalar(raw json.RawMessage) string {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		return text
	}
	return string(raw)
}

// checkRedrive checks the redrive policy that a queue is to have against its
// dead-letter queue. text is the policy as it was sent.
func (s *Service) checkRedrive(source Key, a *Attributes, text string) error {
	if a.Redrive == nil {
		return nil
	}
	refused := func(reason string) error { return invalidParameter(attributeRedrive, text, reason) }
	target, ok := s.queueOfARN(a.Redrive.DeadLetterTargetARN)
	if !ok || target.Account != source.Account {
		return refused("Dead letter target does not exist.")
	}
	if target.Attributes.FIFO != a.FIFO {
		return refused("Dead-letter queue must be same type of queue as the source..")
	}
	if !target.Attributes.RedriveAllow.allows(s.ARN(source)) {
		return refused("The dead-letter target's RedriveAllowPolicy does not allow this queue as a source.")
	}
	return nil
}

// queueOfARN finds a queue of this region by its ARN.
func (s *Service) queueOfARN(text string) (*Definition, bool) {
	parsed, ok := parseARN(text)
	if !ok || text != s.ARN(parsed.key()) {
		return nil, false
	}
	def, err := s.store.Queue(parsed.key())
	if err != nil {
		return nil, false
	}
	return def, true
}
