package sqsapi

import (
	"context"

	"github.com/queuelet/queuelet/host/queue"
)

func (a *API) sendMessageBatch(ctx context.Context, x *exchange) error {
	trace := traceHeader(x)
	x.sends = x.sends[:0]
	for i := range x.input.messages {
		m := &x.input.messages[i]
		if !m.id.set {
			return missingID("SendMessageBatchRequestEntry", i)
		}
		x.sends = append(x.sends, m.domain(trace))
	}
	result, err := a.queues.SendMessageBatch(ctx, x.caller, x.key, x.sends)
	if err != nil {
		return err
	}
	w := x.writer
	if w.list(sentList, len(result.Successful)) {
		for i := range result.Successful {
			w.open(sentList)
			w.text("Id", result.Successful[i].ID)
			x.writeSent(&result.Successful[i].SendMessageResult)
			w.close(sentList)
		}
		w.endList(sentList)
	}
	x.writeFailed(result.Failed)
	return nil
}

func (a *API) deleteMessageBatch(ctx context.Context, x *exchange) error {
	entries := make([]queue.DeleteMessageInput, 0, len(x.input.receipts))
	for i := range x.input.receipts {
		r := &x.input.receipts[i]
		if !r.id.set {
			return missingID("DeleteMessageBatchRequestEntry", i)
		}
		entries = append(entries, queue.DeleteMessageInput{ID: r.id.String(), ReceiptHandle: r.receiptHandle.String()})
	}
	result, err := a.queues.DeleteMessageBatch(ctx, x.caller, x.key, entries)
	if err != nil {
		return err
	}
	x.writeBatch(deletedList, &result)
	return nil
}

func (a *API) changeMessageVisibilityBatch(ctx context.Context, x *exchange) error {
	entries := make([]queue.ChangeVisibilityInput, 0, len(x.input.receipts))
	for i := range x.input.receipts {
		r := &x.input.receipts[i]
		if !r.id.set {
			return missingID("ChangeMessageVisibilityBatchRequestEntry", i)
		}
		entries = append(entries, queue.ChangeVisibilityInput{
			ID: r.id.String(), ReceiptHandle: r.receiptHandle.String(), VisibilityTimeout: r.visibilityTimeout,
		})
	}
	result, err := a.queues.ChangeMessageVisibilityBatch(ctx, x.caller, x.key, entries)
	if err != nil {
		return err
	}
	x.writeBatch(changedList, &result)
	return nil
}

func (x *exchange) writeBatch(successful *list, result *queue.BatchResult) {
	w := x.writer
	if w.list(successful, len(result.Successful)) {
		for _, id := range result.Successful {
			w.open(successful)
			w.text("Id", id)
			w.close(successful)
		}
		w.endList(successful)
	}
	x.writeFailed(result.Failed)
}

func (x *exchange) writeFailed(failed []queue.BatchFailure) {
	w := x.writer
	if !w.list(failedList, len(failed)) {
		return
	}
	for i := range failed {
		f := &failed[i]
		w.open(failedList)
		w.text("Id", f.ID)
		w.flag("SenderFault", f.SenderFault)
		w.text("Code", string(f.Code))
		w.text("Message", f.Message)
		w.close(failedList)
	}
	w.endList(failedList)
}
