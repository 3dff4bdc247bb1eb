package queue

import (
	"crypto/sha256"
	"encoding/hex"
)

// What a send says about order and repetition. FIFO queues need both; standard queues
// take a group, for fair queues, but no deduplication.
const (
	groupParameter         = "MessageGroupId"
	deduplicationParameter = "MessageDeduplicationId"
)

func missingGroup(def *Definition, in *SendMessageInput) *Error {
	if def.Attributes.FIFO && !in.GroupIDSet {
		return missingParameter(groupParameter)
	}
	return nil
}

func missingDeduplication(def *Definition, in *SendMessageInput) *Error {
	if def.Attributes.FIFO && !in.DedupIDSet && !def.Attributes.ContentBasedDedup {
		return refuse(CodeInvalidParameterValue, "The queue should either have ContentBasedDeduplication enabled "+
			"or MessageDeduplicationId provided explicitly")
	}
	return nil
}

func checkGroup(def *Definition, in *SendMessageInput) error {
	if err := missingGroup(def, in); err != nil {
		return err
	}
	if in.GroupIDSet && !validToken(in.GroupID) {
		return invalidToken(groupParameter, in.GroupID)
	}
	return nil
}

func checkDeduplication(def *Definition, in *SendMessageInput) error {
	if err := missingDeduplication(def, in); err != nil {
		return err
	}
	switch {
	case !in.DedupIDSet:
		return nil
	case !validToken(in.DedupID):
		return invalidToken(deduplicationParameter, in.DedupID)
	case !def.Attributes.FIFO:
		return wrongQueueType(deduplicationParameter, in.DedupID)
	default:
		return nil
	}
}

// deduplication returns a message's deduplication id, given or made from its body,
// and the key by which the store finds an earlier send: the id alone, or with the
// group where that is the queue's scope. Ids contain no blank.
func deduplication(def *Definition, in *SendMessageInput) (id, key string) {
	id = in.DedupID
	if !in.DedupIDSet {
		sum := sha256.Sum256(in.Body)
		id = hex.EncodeToString(sum[:])
	}
	if def.Attributes.EffectiveDedupPerGroup {
		return id, in.GroupID + " " + id
	}
	return id, id
}
