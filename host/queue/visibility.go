package queue

import (
	"context"
	"strconv"
	"time"

	"github.com/queuelet/queuelet/host/activity"
)

// ChangeMessageVisibility moves the time at which a received message becomes visible
// again, counted from now. It may not move beyond 12 hours after the receive.
func (s *Service) ChangeMessageVisibility(ctx context.Context, caller Caller, key Key, in ChangeVisibilityInput) error {
	def, err := s.open(caller, key, ActionChangeMessageVisibility)
	if err != nil {
		return err
	}
	if in.ReceiptHandle == "" {
		return missingParameter(receiptHandleParameter)
	}
	if !in.VisibilityTimeout.Set {
		return missingParameter(attributeVisibilityTimeout)
	}
	change, err := s.visibilityChange(def, &in, new(receiptScratch))
	if err != nil {
		return err
	}
	errs, err := s.store.ChangeVisibility(ctx, def, []VisibilityChange{change})
	if err != nil {
		return storeAnswer(err)
	}
	if err := receiptAnswer(errs[0], in.ReceiptHandle); err != nil {
		return err
	}
	s.announce(activity.VisibilityMove, key, 1, 0, nil)
	return nil
}

// ChangeMessageVisibilityBatch changes up to ten visibility timeouts. An entry that is
// wrong fails by itself.
func (s *Service) ChangeMessageVisibilityBatch(
	ctx context.Context, caller Caller, key Key, in []ChangeVisibilityInput,
) (BatchResult, error) {
	const operation = "ChangeMessageVisibility"
	def, err := s.open(caller, key, ActionChangeMessageVisibility)
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
		if !in[i].VisibilityTimeout.Set {
			return BatchResult{}, missingBatchParameter(operation, i, attributeVisibilityTimeout)
		}
	}

	var failed [maxBatchEntries]error // by entry
	var entries [maxBatchEntries]int  // by change
	changes := make([]VisibilityChange, 0, len(in))
	scratch := new(receiptScratch)
	for i := range in {
		change, err := s.visibilityChange(def, &in[i], scratch)
		if err != nil {
			failed[i] = err
			continue
		}
		entries[len(changes)] = i
		changes = append(changes, change)
	}
	if len(changes) > 0 {
		errs, err := s.store.ChangeVisibility(ctx, def, changes)
		if err != nil {
			return BatchResult{}, storeAnswer(err)
		}
		for n, err := range errs {
			failed[entries[n]] = receiptAnswer(err, in[entries[n]].ReceiptHandle)
		}
	}
	result := batchResult(failed[:len(in)], id)
	s.announceBatch(activity.VisibilityMove, key, &result)
	return result, nil
}

func (s *Service) visibilityChange(
	def *Definition, in *ChangeVisibilityInput, scratch *receiptScratch,
) (VisibilityChange, error) {
	timeout := in.VisibilityTimeout.Value
	if timeout < 0 || timeout > maxVisibilityTimeout {
		return VisibilityChange{}, invalidParameter(attributeVisibilityTimeout, strconv.Itoa(timeout),
			"VisibilityTimeout must be an integer between 0 and 43200.")
	}
	handle, err := s.openReceipt(def, in.ReceiptHandle, scratch)
	if err != nil {
		return VisibilityChange{}, err
	}
	if time.Since(handle.ReceivedAt)+seconds(timeout) > seconds(maxVisibilityTimeout) {
		return VisibilityChange{}, invalidParameter(attributeVisibilityTimeout, strconv.Itoa(timeout),
			"Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
	}
	return VisibilityChange{Handle: handle, Timeout: seconds(timeout)}, nil
}
