package sqsapi

import (
	"context"
	"maps"
	"slices"

	"github.com/queuelet/queuelet/host/queue"
)

func (a *API) createQueue(ctx context.Context, x *exchange) error {
	in := &x.input
	if in.queueName.set && len(in.queueName.value) == 0 { // other words than for none at all
		return &queue.Error{Code: queue.CodeInvalidParameterValue, Message: "Queue name cannot be empty"}
	}
	key, err := a.queues.CreateQueue(ctx, x.caller, queue.CreateQueueInput{
		Name: in.queueName.String(), Attributes: in.attributes, Tags: in.tags,
	})
	if err != nil {
		return err
	}
	x.writer.text("QueueUrl", x.queueURL(key))
	return nil
}

func (a *API) getQueueURL(ctx context.Context, x *exchange) error {
	key, err := a.queues.GetQueueURL(ctx, x.caller, x.input.queueName.String(), x.input.ownerAccount.String())
	if err != nil {
		return err
	}
	x.writer.text("QueueUrl", x.queueURL(key))
	return nil
}

func (a *API) listQueues(ctx context.Context, x *exchange) error {
	page, err := a.queues.ListQueues(ctx, x.caller, x.listInput())
	if err != nil {
		return err
	}
	x.writePage(queueURLList, &page)
	return nil
}

func (a *API) listDeadLetterSourceQueues(ctx context.Context, x *exchange) error {
	page, err := a.queues.ListDeadLetterSourceQueues(ctx, x.caller, x.key, x.listInput())
	if err != nil {
		return err
	}
	x.writePage(sourceQueueURLList, &page)
	return nil
}

func (x *exchange) listInput() queue.ListQueuesInput {
	return queue.ListQueuesInput{
		Prefix: x.input.prefix.String(), NextToken: x.input.nextToken.String(), MaxResults: x.input.maxResults,
	}
}

func (x *exchange) writePage(urls *list, page *queue.QueuePage) {
	w := x.writer
	if w.list(urls, len(page.Queues)) {
		for _, key := range page.Queues {
			w.item(urls, x.queueURL(key))
		}
		w.endList(urls)
	}
	w.text("NextToken", page.NextToken)
}

func (a *API) deleteQueue(ctx context.Context, x *exchange) error {
	return a.queues.DeleteQueue(ctx, x.caller, x.key)
}

func (a *API) purgeQueue(ctx context.Context, x *exchange) error {
	return a.queues.PurgeQueue(ctx, x.caller, x.key)
}

func (a *API) getQueueAttributes(ctx context.Context, x *exchange) error {
	attributes, err := a.queues.GetQueueAttributes(ctx, x.caller, x.key, x.input.attributeNames)
	if err != nil {
		return err
	}
	x.writeMap(attributeMap, attributes)
	return nil
}

func (a *API) setQueueAttributes(ctx context.Context, x *exchange) error {
	return a.queues.SetQueueAttributes(ctx, x.caller, x.key, x.input.attributes)
}

func (a *API) tagQueue(ctx context.Context, x *exchange) error {
	return a.queues.TagQueue(ctx, x.caller, x.key, x.input.tags)
}

func (a *API) untagQueue(ctx context.Context, x *exchange) error {
	if x.input.tagKeys == nil { // an empty list is the domain's business
		return missingParameter("TagKeys")
	}
	return a.queues.UntagQueue(ctx, x.caller, x.key, x.input.tagKeys)
}

func (a *API) listQueueTags(ctx context.Context, x *exchange) error {
	tags, err := a.queues.ListQueueTags(ctx, x.caller, x.key)
	if err != nil {
		return err
	}
	x.writeMap(tagMap, tags)
	return nil
}

// writeMap writes a map in the order of its keys.
func (x *exchange) writeMap(l *list, values map[string]string) {
	w := x.writer
	if !w.list(l, len(values)) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		w.pair(l, name, []byte(values[name]))
	}
	w.endList(l)
}
