package queue

import (
	"encoding/json"
	"slices"
	"strings"
)

// The permissions of a redrive allow policy.
const (
	redriveAllowAll     = "allowAll"
	redriveDenyAll      = "denyAll"
	redriveAllowByQueue = "byQueue"
	maxRedriveSources   = 10
)

// redriveAllowDocument is the JSON form of a [RedriveAllowPolicy].
type redriveAllowDocument struct {
	Permission string   `json:"redrivePermission"`
	SourceARNs []string `json:"sourceQueueArns,omitempty"`
}

func (p *RedriveAllowPolicy) text() string {
	if p == nil {
		return ""
	}
	text, err := json.Marshal(redriveAllowDocument{Permission: p.Permission, SourceARNs: p.SourceARNs})
	if err != nil {
		return "" // strings can always be marshalled
	}
	return string(text)
}

// allows tells whether a queue may name this one as its dead-letter queue. Without a
// policy every queue may.
func (p *RedriveAllowPolicy) allows(sourceARN string) bool {
	if p == nil || p.Permission == redriveAllowAll {
		return true
	}
	return p.Permission == redriveAllowByQueue && slices.Contains(p.SourceARNs, sourceARN)
}

// setRedriveAllow reads a RedriveAllowPolicy; an empty one removes it.
func (a *Attributes) setRedriveAllow(text string) error {
	if text == "" {
		a.RedriveAllow = nil
		return nil
	}
	document, ok := parseRedriveAllow(text)
	if !ok {
		return invalidAttributeBecause(attributeRedriveAllow, " ",
			"Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.")
	}
	refused := func(reason string) error { return invalidParameter(attributeRedriveAllow, text, reason) }
	switch byQueue := document.Permission == redriveAllowByQueue; {
	case byQueue && len(document.SourceARNs) == 0:
		return refused("Amazon SQS can't create the redrive allow policy. " +
			"When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.")
	case len(document.SourceARNs) > maxRedriveSources:
		return refused("The maximum number of source queue ARNs you can specify is 10.")
	case !byQueue && len(document.SourceARNs) > 0:
		return refused("To specify one or more source queue ARNs, you must set redrivePermission to byQueue.")
	}
	a.RedriveAllow = &RedriveAllowPolicy{Permission: document.Permission, SourceARNs: document.SourceARNs}
	return nil
}

// parseRedriveAllow reads a policy of known keys, a known permission and ARNs of
// queues.
func parseRedriveAllow(text string) (document redriveAllowDocument, ok bool) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return document, false
	}
	for name, raw := range fields {
		var err error
		switch name {
		case "redrivePermission":
			err = json.Unmarshal(raw, &document.Permission)
		case "sourceQueueArns":
			err = json.Unmarshal(raw, &document.SourceARNs)
		default:
			return document, false
		}
		if err != nil {
			return document, false
		}
	}
	for _, text := range document.SourceARNs {
		source, ok := parseARN(text)
		if !ok || source.service != sqsService || !validAccount(source.account) ||
			!validName(strings.TrimSuffix(source.resource, fifoSuffix)) {
			return document, false
		}
	}
	switch document.Permission {
	case redriveAllowAll, redriveDenyAll, redriveAllowByQueue:
		return document, true
	default:
		return document, false
	}
}
