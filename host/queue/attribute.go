package queue

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The settable attributes of a queue (AWS API reference, SetQueueAttributes).
const (
	attributeContentDedup      = "ContentBasedDeduplication"
	attributeDedupScope        = "DeduplicationScope"
	attributeDelay             = "DelaySeconds"
	attributeFIFO              = "FifoQueue"
	attributeThroughputLimit   = "FifoThroughputLimit"
	attributeKMSDataKeyReuse   = "KmsDataKeyReusePeriodSeconds"
	attributeKMSMasterKeyID    = "KmsMasterKeyId"
	attributeMaxMessageSize    = "MaximumMessageSize"
	attributeRetention         = "MessageRetentionPeriod"
	attributePolicy            = "Policy"
	attributeReceiveWait       = "ReceiveMessageWaitTimeSeconds"
	attributeRedriveAllow      = "RedriveAllowPolicy"
	attributeRedrive           = "RedrivePolicy"
	attributeManagedSSE        = "SqsManagedSseEnabled"
	attributeVisibilityTimeout = "VisibilityTimeout"
)

// The values of attributes that are a choice of words.
const (
	dedupScopeQueue    = "queue"
	dedupScopeGroup    = "messageGroup"
	throughputPerQueue = "perQueue"
	throughputPerGroup = "perMessageGroupId"
	textTrue           = "true"
	textFalse          = "false"
)

const (
	defaultKMSDataKeyReuse = 300 * time.Second
	maxKMSKeyID            = 2048 // bytes; AWS KMS API reference, KeyId
)

// defaultAttributes are those of a queue for which none were given.
func defaultAttributes(fifo bool) Attributes {
	a := Attributes{
		FIFO:              fifo,
		VisibilityTimeout: 30 * time.Second,
		Retention:         4 * 24 * time.Hour,
		MaxMessageSize:    MaxSendSize,
		KMSDataKeyReuse:   defaultKMSDataKeyReuse,
		ManagedSSE:        true,
	}
	if fifo {
		a.DeduplicationScope = dedupScopeQueue
		a.FifoThroughputLimit = throughputPerQueue
	}
	return a
}

// set reads the text of one attribute.
func (a *Attributes) set(name, text string) error {
	switch name {
	case attributeContentDedup:
		if !a.FIFO {
			return unknownAttribute(name)
		}
		return setFlag(name, text, &a.ContentBasedDedup)
	case attributeDedupScope:
		return a.setFIFOChoice(name, text, &a.DeduplicationScope, dedupScopeQueue, dedupScopeGroup)
	case attributeDelay:
		return setSeconds(name, text, 0, maxDelaySeconds, &a.Delay)
	case attributeFIFO:
		return a.setFIFO(text)
	case attributeThroughputLimit:
		return a.setFIFOChoice(name, text, &a.FifoThroughputLimit, throughputPerQueue, throughputPerGroup)
	case attributeKMSDataKeyReuse:
		return setSeconds(name, text, 60, 86_400, &a.KMSDataKeyReuse)
	case attributeKMSMasterKeyID:
		return a.setKMSMasterKeyID(text)
	case attributeMaxMessageSize:
		return setInteger(name, text, 1<<10, MaxSendSize, &a.MaxMessageSize)
	case attributeRetention:
		return setSeconds(name, text, 60, 1_209_600, &a.Retention)
	case attributePolicy:
		return a.setPolicy(text)
	case attributeReceiveWait:
		return setSeconds(name, text, 0, maxReceiveWait, &a.ReceiveWait)
	case attributeRedriveAllow:
		return a.setRedriveAllow(text)
	case attributeRedrive:
		return a.setRedrive(text)
	case attributeManagedSSE:
		return a.setManagedSSE(text)
	case attributeVisibilityTimeout:
		return setSeconds(name, text, 0, maxVisibilityTimeout, &a.VisibilityTimeout)
	default:
		return unknownAttribute(name)
	}
}

// show returns the text of one attribute, "" when it is not set.
func (a *Attributes) show(name string) string {
	switch name {
	case attributeContentDedup:
		if a.FIFO {
			return strconv.FormatBool(a.ContentBasedDedup)
		}
	case attributeDedupScope:
		return a.DeduplicationScope
	case attributeDelay:
		return showSeconds(a.Delay)
	case attributeFIFO:
		if a.FIFO {
			return textTrue
		}
	case attributeThroughputLimit:
		return a.FifoThroughputLimit
	case attributeKMSDataKeyReuse:
		if a.KMSMasterKeyID != "" && a.KMSDataKeyReuse != defaultKMSDataKeyReuse {
			return showSeconds(a.KMSDataKeyReuse)
		}
	case attributeKMSMasterKeyID:
		return a.KMSMasterKeyID
	case attributeMaxMessageSize:
		return strconv.Itoa(a.MaxMessageSize)
	case attributeRetention:
		return showSeconds(a.Retention)
	case attributePolicy:
		return a.Policy
	case attributeReceiveWait:
		return showSeconds(a.ReceiveWait)
	case attributeRedriveAllow:
		return a.RedriveAllow.text()
	case attributeRedrive:
		return a.Redrive.text()
	case attributeManagedSSE:
		return strconv.FormatBool(a.ManagedSSE)
	case attributeVisibilityTimeout:
		return showSeconds(a.VisibilityTimeout)
	}
	return ""
}

// same tells whether one attribute has the same value in both.
func (a *Attributes) same(b *Attributes, name string) bool {
	switch name {
	case attributeKMSDataKeyReuse: // not always shown
		return a.KMSDataKeyReuse == b.KMSDataKeyReuse
	case attributePolicy: // shown as it was given
		return samePolicy(a.Policy, b.Policy)
	default:
		return a.show(name) == b.show(name)
	}
}

// check makes the checks that concern more than one attribute.
func (a *Attributes) check() error {
	if a.FifoThroughputLimit == throughputPerGroup && a.DeduplicationScope != dedupScopeGroup {
		return invalidAttributeBecause(attributeThroughputLimit, "\n",
			"To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup.")
	}
	return nil
}

func (a *Attributes) setFIFO(text string) error {
	switch {
	case !a.FIFO:
		return unknownAttribute(attributeFIFO)
	case strings.EqualFold(text, textTrue):
		return nil
	case strings.EqualFold(text, textFalse):
		return invalidAttributeBecause(attributeFIFO, " ", "Modifying queue type is not supported.")
	default:
		return invalidAttribute(attributeFIFO)
	}
}

// setFIFOChoice reads an attribute of FIFO queues that is one of two words.
func (a *Attributes) setFIFOChoice(name, text string, value *string, first, second string) error {
	if !a.FIFO {
		return refuse(CodeInvalidAttributeName, "You can specify the %s only when FifoQueue is set to true.", name)
	}
	if text != first && text != second {
		return invalidAttribute(name)
	}
	*value = text
	return nil
}

// setKMSMasterKeyID sets or clears the key. A key takes the place of the encryption
// that SQS manages, which does not come back by itself when the key goes.
func (a *Attributes) setKMSMasterKeyID(text string) error {
	if len(text) > maxKMSKeyID || !utf8.ValidString(text) {
		return invalidAttribute(attributeKMSMasterKeyID)
	}
	a.KMSMasterKeyID = text
	if text != "" {
		a.ManagedSSE = false
	}
	return nil
}

func (a *Attributes) setManagedSSE(text string) error {
	if err := setFlag(attributeManagedSSE, text, &a.ManagedSSE); err != nil {
		return err
	}
	if a.ManagedSSE {
		a.KMSMasterKeyID = ""
	}
	return nil
}

func setFlag(name, text string, value *bool) error {
	switch {
	case strings.EqualFold(text, textTrue):
		*value = true
	case strings.EqualFold(text, textFalse):
		*value = false
	default:
		return invalidAttribute(name)
	}
	return nil
}

func setInteger(name, text string, least, most int, value *int) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return invalidAttribute(name)
	}
	*value = n
	return nil
}

func setSeconds(name, text string, least, most int, value *time.Duration) error {
	n := 0
	if err := setInteger(name, text, least, most, &n); err != nil {
		return err
	}
	*value = seconds(n)
	return nil
}

func showSeconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
