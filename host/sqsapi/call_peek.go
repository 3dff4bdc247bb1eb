package sqsapi

import (
	"context"
	"strings"

	"github.com/queuelet/queuelet/host/queue"
)

// peekPath is where the messages of a queue can be looked at without receiving them, in
// the form that LocalStack gave it. A queue is named by the parameter QueueUrl or by
// more path; an SDK can be pointed at it and calls ReceiveMessage.
const peekPath = "/_aws/sqs/messages"

// The bounds of one peek.
const (
	peekPage     = 100
	peekMessages = 1000
	peekBytes    = 16 * mebibyte
)

// peekHandle stands where a receipt handle would: a message that was only looked at
// cannot be deleted.
const peekHandle = "SQS/BACKDOOR/ACCESS"

// isPeek tells whether a request goes to the peek endpoint, and returns the path of the
// queue behind it, if it has one.
func isPeek(path string) (queuePath string, ok bool) {
	rest, ok := strings.CutPrefix(path, peekPath)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return rest, true
}

func peekTarget(in *input, name []byte) target {
	switch string(name) {
	case "ShowInvisible":
		return &in.showInvisible
	case "ShowDelayed":
		return &in.showDelayed
	default:
		return nil
	}
}

// peek answers as ReceiveMessage does, with every attribute of every message.
func (a *API) peek(ctx context.Context, x *exchange) error {
	found, err := a.peekAll(ctx, x)
	if err != nil {
		return err
	}
	w := x.writer
	if !w.list(messageList, len(found)) {
		return nil
	}
	for i := range found {
		m := &found[i]
		received := queue.ReceivedMessage{
			Received: queue.Received{
				Message: m.Message, ReceiveCount: m.ReceiveCount, FirstReceived: m.FirstReceived,
			},
			ReceiptHandle: peekHandle,
			Selected:      m.Attributes,
			Shown:         queue.ShowAll,
		}
		if strings.HasSuffix(x.key.Name, ".fifo") {
			received.Sequence = m.Sequence
		}
		w.open(messageList)
		x.writeReceived(&received, m.State)
		w.close(messageList)
	}
	w.endList(messageList)
	return nil
}

// peekAll collects messages from the oldest on, as many as one answer may have.
func (a *API) peekAll(ctx context.Context, x *exchange) ([]queue.Peeked, error) {
	request := queue.PeekRequest{Max: peekPage, States: []queue.State{queue.Visible}}
	if strings.EqualFold(x.input.showInvisible.String(), "true") {
		request.States = append(request.States, queue.InFlight)
	}
	if strings.EqualFold(x.input.showDelayed.String(), "true") {
		request.States = append(request.States, queue.Delayed)
	}
	var found []queue.Peeked
	size := 0
	for len(found) < peekMessages && size < peekBytes {
		page, err := a.queues.PeekMessages(ctx, x.caller, x.key, request)
		if err != nil {
			return nil, err
		}
		for i := range page {
			size += len(page[i].Body)
		}
		found = append(found, page...)
		if len(page) < request.Max {
			break
		}
		request.After = page[len(page)-1].Sequence
	}
	return found, nil
}
