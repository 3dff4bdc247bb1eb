package queue

import (
	"context"

	"github.com/queuelet/queuelet/host/activity"
)

// DeleteMessage removes one message. A message that is gone already is no error.
func (s *Service) DeleteMessage(ctx context.Context, caller Caller, key Key, receiptHandle string) error {
	def, err := s.open(caller, key, ActionDeleteMessage)
	if err != nil {
		return err
	}
	if receiptHandle == "" {
		return missingParameter(receiptHandleParameter)
	}
	// One allocation for all that a delete needs.
	work := new(struct {
		scratch receiptScratch
		handles [1]Handle
	})
	if work.handles[0], err = s.openReceipt(def, receiptHandle, &work.scratch); err != nil {
		return err
	}
	errs, err := s.store.Delete(ctx, def, work.handles[:])
	if err != nil {
		return storeAnswer(err)
	}
	if err := receiptAnswer(errs[0], receiptHandle); err != nil {
		return err
	}
	s.announce(activity.Deleted, key, 1, 0, nil)
	return nil
}

// DeleteMessageBatch removes up to ten messages. An entry that is wrong fails by
// itself.
func (s *Service) DeleteMessageBatch(ctx context.Context, caller Caller, key Key, in []DeleteMessageInput) (BatchResult, error) {
	const operation = "DeleteMessage"
	def, err := s.open(caller, key, ActionDeleteMessage)
	if err != nil {
		return BatchResult{}, err
	}
	id := func(i int) string { return in[i].ID }
	if err := checkBatch(operation, len(in), id); err != nil {
		return BatchResult{}, err
	}
	for i := range in {
		if in[i].ReceiptHandle == "" {
			return BatchResult{}, missingBatchParameter(operation, i, receiptHandleParameter)
		}
	}

	var failed [maxBatchEntries]error // by entry
	var entries [maxBatchEntries]int  // by handle
	handles := make([]Handle, 0, len(in))
	scratch := new(receiptScratch)
	for i := range in {
		handle, err := s.openReceipt(def, in[i].ReceiptHandle, scratch)
		if err != nil {
			failed[i] = err
			continue
		}
		entries[len(handles)] = i
		handles = append(handles, handle)
	}
	if len(handles) > 0 {
		errs, err := s.store.Delete(ctx, def, handles)
		if err != nil {
			return BatchResult{}, storeAnswer(err)
		}
		for n, err := range errs {
			failed[entries[n]] = receiptAnswer(err, in[entries[n]].ReceiptHandle)
		}
	}
	result := batchResult(failed[:len(in)], id)
	s.announceBatch(activity.Deleted, key, &result)
	return result, nil
}
