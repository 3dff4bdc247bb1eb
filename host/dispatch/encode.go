package dispatch

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/abi"
)

const (
	eventSource = "aws:sqs"
	// Buffers that grew beyond these sizes are not kept for the next event.
	maxKeptBytes   = 1 << 20
	maxKeptRecords = 100
)

// encoder makes events out of messages. It keeps its buffers from one event to the next.
type encoder struct {
	event abi.Event
	json  []byte
	// text holds all texts of an event. A string cut from a builder stays what it is while the builder grows.
	text strings.Builder
}

// encode makes the event of the messages at the given places of a batch. It is valid until the next call; the message ids
// stay.
func (e *encoder) encode(b *batch, part []int) (event []byte, ids []string) {
	if cap(e.json) > maxKeptBytes {
		e.json = nil
	}
	if cap(e.event.Records) > maxKeptRecords {
		e.event.Records = nil
	}
	e.text.Reset()
	size := 0
	for _, i := range part {
		size += len(b.messages[i].Body) + recordOverhead
	}
	e.text.Grow(size)
	for len(e.event.Records) < len(part) {
		e.event.Records = append(e.event.Records, abi.Record{
			Attributes: map[string]string{}, MessageAttributes: map[string]abi.MessageAttribute{}, EventSource: eventSource,
		})
	}
	records := e.event.Records[:len(part)]
	ids = make([]string, len(part))
	for n, i := range part {
		e.fill(&records[n], b.plan, &b.messages[i])
		ids[n] = records[n].MessageID
	}
	e.json = abi.AppendEvent(e.json[:0], &abi.Event{Records: records})
	return e.json, ids
}

// record makes the JSON of a single record, which filters look at.
func (e *encoder) record(b *batch, i int) []byte {
	const before, after = len(`{"Records":[`), len(`]}`)
	event, _ := e.encode(b, []int{i})
	return event[before : len(event)-after]
}

func (e *encoder) fill(r *abi.Record, p *plan, m *queue.ReceivedMessage) {
	r.MessageID = e.cut(func() {
		var id [36]byte
		text, _ := m.ID.AppendText(id[:0]) // it never fails
		e.text.Write(text)
	})
	r.ReceiptHandle = m.ReceiptHandle
	r.Body = e.bytes(m.Body)
	r.MD5OfBody = e.hex(m.BodyMD5[:])
	r.EventSourceARN, r.AWSRegion = p.queueARN, p.region
	e.fillAttributes(r.Attributes, p, m)

	clear(r.MessageAttributes)
	r.MD5OfMessageAttributes = ""
	if len(m.Selected) > 0 {
		r.MD5OfMessageAttributes = e.hex(m.AttributesMD5[:])
	}
	for i := range m.Selected {
		a := &m.Selected[i]
		attribute := abi.MessageAttribute{DataType: a.DataType}
		if strings.HasPrefix(a.DataType, "Binary") {
			attribute.BinaryValue = a.Value
		} else {
			text := e.bytes(a.Value)
			attribute.StringValue = &text
		}
		r.MessageAttributes[a.Name] = attribute
	}
}

// fillAttributes writes the system attributes, all of them as texts.
func (e *encoder) fillAttributes(attributes map[string]string, p *plan, m *queue.ReceivedMessage) {
	clear(attributes)
	attributes["ApproximateReceiveCount"] = e.number(int64(m.ReceiveCount))
	attributes["SentTimestamp"] = e.time(m.Sent)
	attributes["ApproximateFirstReceiveTimestamp"] = e.time(m.FirstReceived)
	attributes["SenderId"] = m.SenderID
	optional := func(name, value string) {
		if value != "" {
			attributes[name] = value
		}
	}
	optional("MessageGroupId", m.Group)
	optional("AWSTraceHeader", m.TraceHeader)
	optional("DeadLetterQueueSourceArn", m.DeadLetterSource)
	if p.fifo {
		attributes["MessageDeduplicationId"] = m.DedupID
		attributes["SequenceNumber"] = e.sequence(m.Sequence)
	}
}

// cut returns what write adds to the text.
func (e *encoder) cut(write func()) string {
	start := e.text.Len()
	write()
	return e.text.String()[start:]
}

func (e *encoder) bytes(b []byte) string {
	return e.cut(func() { e.text.Write(b) })
}

func (e *encoder) hex(sum []byte) string {
	var digits [32]byte
	return e.bytes(hex.AppendEncode(digits[:0], sum))
}

func (e *encoder) number(n int64) string {
	var digits [20]byte
	return e.bytes(strconv.AppendInt(digits[:0], n, 10))
}

func (e *encoder) time(t time.Time) string { return e.number(t.UnixMilli()) }

// sequence writes a sequence number as SQS does, with twenty digits.
func (e *encoder) sequence(n uint64) string {
	const length = 20
	return e.cut(func() {
		var room [length]byte
		digits := strconv.AppendUint(room[:0], n, 10)
		e.text.WriteString("00000000000000000000"[len(digits):])
		e.text.Write(digits)
	})
}
