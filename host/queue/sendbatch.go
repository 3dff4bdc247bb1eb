package queue

import (
	"cmp"
	"context"

	"github.com/queuelet/queuelet/host/activity"
)

// MaxSendSize is how many bytes a message may have, and the messages of a batch together,
// whatever the queue's own limit (AWS API reference, SendMessage and SendMessageBatch).
const MaxSendSize = 1 << 20

// SendMessageBatch stores up to ten messages. An entry that is wrong fails by itself.
func (s *Service) SendMessageBatch(
	ctx context.Context, caller Caller, key Key, in []SendMessageInput,
) (SendMessageBatchResult, error) {
	def, err := s.open(caller, key, ActionSendMessage)
	if err != nil {
		return SendMessageBatchResult{}, err
	}
	if err := checkSendBatch(def, in); err != nil {
		return SendMessageBatchResult{}, err
	}

	var result SendMessageBatchResult
	result.Successful = make([]SendMessageBatchSuccess, 0, len(in))
	entries := make([]Entry, 0, len(in))
	for i := range in {
		stored := SendMessageBatchSuccess{ID: in[i].ID}
		var entry Entry
		if err := s.prepareBatchEntry(def, caller, &in[i], &entry, &stored.SendMessageResult); err != nil {
			result.Failed = append(result.Failed, batchFailure(in[i].ID, err))
			continue
		}
		entries = append(entries, entry)
		result.Successful = append(result.Successful, stored)
	}
	if len(entries) == 0 {
		return result, nil
	}
	sent, err := s.store.Send(ctx, def, entries)
	if err != nil {
		return SendMessageBatchResult{}, storeAnswer(err)
	}
	for i := range sent {
		result.Successful[i].complete(def, sent[i])
	}
	s.announce(activity.Sent, key, len(in), len(result.Failed), &sent[0].ID)
	return result, nil
}

// checkSendBatch makes the checks that refuse a batch as a whole.
func checkSendBatch(def *Definition, in []SendMessageInput) error {
	const operation = "SendMessage"
	if err := checkBatch(operation, len(in), func(i int) string { return in[i].ID }); err != nil {
		return err
	}
	total := 0
	for i := range in {
		if len(in[i].Body) == 0 {
			return missingBatchParameter(operation, i, "MessageBody")
		}
		total += messageSize(&in[i])
	}
	if total > MaxSendSize {
		return refuse(CodeBatchRequestTooLong,
			"Batch requests cannot be longer than %d bytes. You have sent %d bytes.", MaxSendSize, total)
	}
	for i := range in {
		if err := cmp.Or(missingGroup(def, &in[i]), missingDeduplication(def, &in[i])); err != nil {
			// AWS gives the same text another code here than in a single send.
			return &Error{Code: CodeInvalidParameterValue, Message: err.Message}
		}
	}
	return nil
}

// prepareBatchEntry is prepare with the check of size, which AWS words differently
// for an entry of a batch.
func (s *Service) prepareBatchEntry(
	def *Definition, caller Caller, in *SendMessageInput, entry *Entry, result *SendMessageResult,
) error {
	if messageSize(in) > def.Attributes.MaxMessageSize {
		return refuse(CodeInvalidParameterValue,
			"One or more parameters cannot be validated. Reason: Message must be shorter than %d bytes.",
			def.Attributes.MaxMessageSize)
	}
	return s.prepare(def, caller, in, entry, result)
}
