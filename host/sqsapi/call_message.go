package sqsapi

import (
	"context"
	"encoding/hex"
	"math/bits"
	"strconv"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

func (a *API) sendMessage(ctx context.Context, x *exchange) error {
	x.send = x.input.message.domain(traceHeader(x))
	result, err := a.queues.SendMessage(ctx, x.caller, x.key, &x.send)
	if err != nil {
		return err
	}
	x.writeSent(&result)
	return nil
}

// traceHeader is the trace that an instrumented client or proxy sent along.
func traceHeader(x *exchange) string { return x.request.Header.Get("X-Amzn-Trace-Id") }

// domain is the message in the terms of the domain. Bodies and values of attributes
// stay parts of the request's buffer.
func (m *message) domain(trace string) queue.SendMessageInput {
	return queue.SendMessageInput{
		ID:   m.id.String(),
		Body: m.body.value, BodySet: m.body.set,
		DelaySeconds: m.delay,
		Attributes:   m.attributes, SystemAttributes: m.systemAttributes,
		GroupID: m.groupID.String(), GroupIDSet: m.groupID.set,
		DedupID: m.dedupID.String(), DedupIDSet: m.dedupID.set,
		TraceHeader: trace,
	}
}

// writeSent writes the members that describe a stored message.
func (x *exchange) writeSent(sent *queue.SendMessageResult) {
	w := x.writer
	x.scratch = appendUUID(x.scratch[:0], sent.ID)
	w.bytes("MessageId", x.scratch)
	x.writeDigest("MD5OfMessageBody", sent.BodyMD5, true)
	x.writeDigest("MD5OfMessageAttributes", sent.AttributesMD5, sent.HasAttributes)
	x.writeDigest("MD5OfMessageSystemAttributes", sent.SystemAttributesMD5, sent.HasSystemAttributes)
	x.scratch = appendSequence(x.scratch[:0], sent.Sequence)
	w.bytes("SequenceNumber", x.scratch)
}

func (x *exchange) writeDigest(name string, sum [16]byte, has bool) {
	x.scratch = x.scratch[:0]
	if has {
		x.scratch = hex.AppendEncode(x.scratch, sum[:])
	}
	x.writer.bytes(name, x.scratch)
}

// sequenceDigits is the length of a sequence number in text.
const sequenceDigits = 20

// appendSequence appends a sequence number, or nothing for 0, which stands for none.
func appendSequence(dst []byte, sequence uint64) []byte {
	if sequence == 0 {
		return dst
	}
	start := len(dst)
	dst = append(dst, "00000000000000000000"...)
	var digits [sequenceDigits]byte
	text := strconv.AppendUint(digits[:0], sequence, 10)
	copy(dst[start+sequenceDigits-len(text):], text)
	return dst
}

func (a *API) receiveMessage(ctx context.Context, x *exchange) error {
	in := &x.input
	names := in.attributeNames
	if len(in.systemAttributeNames) > 0 {
		names = append(names, in.systemAttributeNames...)
	}
	x.receive = queue.ReceiveMessageInput{
		MaxNumberOfMessages: in.maxMessages,
		VisibilityTimeout:   in.visibilityTimeout,
		WaitTimeSeconds:     in.waitTime,
		AttemptID:           in.attemptID.String(), AttemptIDSet: in.attemptID.set,
		SystemAttributeNames:  names,
		MessageAttributeNames: in.messageAttributeNames,
	}
	messages, err := a.queues.ReceiveMessage(ctx, x.caller, x.key, &x.receive)
	if err != nil {
		return err
	}
	w := x.writer
	if w.list(messageList, len(messages)) {
		for i := range messages {
			w.open(messageList)
			x.writeReceived(&messages[i], 0)
			w.close(messageList)
		}
		w.endList(messageList)
	}
	return nil
}

// writeReceived writes the members of one received message, and the state of one that
// was only looked at.
func (x *exchange) writeReceived(m *queue.ReceivedMessage, state queue.State) {
	w := x.writer
	x.scratch = appendUUID(x.scratch[:0], m.ID)
	w.bytes("MessageId", x.scratch)
	w.text("ReceiptHandle", m.ReceiptHandle)
	x.writeDigest("MD5OfBody", m.BodyMD5, true)
	w.bytes("Body", m.Body)
	x.writeSystemAttributes(m, state)
	x.writeDigest("MD5OfMessageAttributes", m.AttributesMD5, len(m.Selected) > 0 && state == 0)
	if w.list(messageAttributes, len(m.Selected)) {
		for i := range m.Selected {
			w.attribute(messageAttributes, &m.Selected[i])
		}
		w.endList(messageAttributes)
	}
}

// writeSystemAttributes writes the system attributes that were asked for and that the
// message has.
func (x *exchange) writeSystemAttributes(m *queue.ReceivedMessage, state queue.State) {
	shown := shownAttributes(m)
	n := bits.OnesCount16(uint16(shown))
	if state != 0 {
		n += 2
	}
	if !x.writer.list(attributeMap, n) {
		return
	}
	if shown&queue.ShowSenderID != 0 {
		x.writePair("SenderId", m.SenderID)
	}
	if shown&queue.ShowSentTimestamp != 0 {
		x.writeTimePair("SentTimestamp", m.Sent)
	}
	if shown&queue.ShowReceiveCount != 0 {
		x.writeNumberPair("ApproximateReceiveCount", int64(m.ReceiveCount))
	}
	if shown&queue.ShowFirstReceive != 0 {
		x.writeTimePair("ApproximateFirstReceiveTimestamp", m.FirstReceived)
	}
	if shown&queue.ShowTraceHeader != 0 {
		x.writePair("AWSTraceHeader", m.TraceHeader)
	}
	if shown&queue.ShowGroupID != 0 {
		x.writePair("MessageGroupId", m.Group)
	}
	if shown&queue.ShowDedupID != 0 {
		x.writePair("MessageDeduplicationId", m.DedupID)
	}
	if shown&queue.ShowSequenceNumber != 0 {
		x.scratch = appendSequence(x.scratch[:0], m.Sequence)
		x.writer.pair(attributeMap, "SequenceNumber", x.scratch)
	}
	if shown&queue.ShowDeadLetterSource != 0 {
		x.writePair("DeadLetterQueueSourceArn", m.DeadLetterSource)
	}
	if state != 0 {
		x.writePair("IsVisible", strconv.FormatBool(state == queue.Visible))
		x.writePair("IsDelayed", strconv.FormatBool(state == queue.Delayed))
	}
	x.writer.endList(attributeMap)
}

// shownAttributes are those of the attributes asked for that the message has.
func shownAttributes(m *queue.ReceivedMessage) queue.SystemAttributes {
	shown := m.Shown
	for _, optional := range [...]struct {
		attribute queue.SystemAttributes
		has       bool
	}{
		{queue.ShowSenderID, m.SenderID != ""},
		{queue.ShowTraceHeader, m.TraceHeader != ""},
		{queue.ShowGroupID, m.Group != ""},
		{queue.ShowDedupID, m.DedupID != ""},
		{queue.ShowSequenceNumber, m.Sequence != 0},
		{queue.ShowDeadLetterSource, m.DeadLetterSource != ""},
	} {
		if !optional.has {
			shown &^= optional.attribute
		}
	}
	return shown
}

// writeTimePair writes a time as SQS does, in milliseconds since 1970, and 0 for a time
// that has not come, which only a peek shows.
func (x *exchange) writeTimePair(name string, value time.Time) {
	milliseconds := int64(0)
	if !value.IsZero() {
		milliseconds = value.UnixMilli()
	}
	x.writeNumberPair(name, milliseconds)
}

func (x *exchange) writePair(name, value string) {
	x.scratch = append(x.scratch[:0], value...)
	x.writer.pair(attributeMap, name, x.scratch)
}

func (x *exchange) writeNumberPair(name string, value int64) {
	x.scratch = strconv.AppendInt(x.scratch[:0], value, 10)
	x.writer.pair(attributeMap, name, x.scratch)
}

func (a *API) deleteMessage(ctx context.Context, x *exchange) error {
	return a.queues.DeleteMessage(ctx, x.caller, x.key, x.input.receiptHandle.String())
}

func (a *API) changeMessageVisibility(ctx context.Context, x *exchange) error {
	return a.queues.ChangeMessageVisibility(ctx, x.caller, x.key, queue.ChangeVisibilityInput{
		ReceiptHandle: x.input.receiptHandle.String(), VisibilityTimeout: x.input.visibilityTimeout,
	})
}
