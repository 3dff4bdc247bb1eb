package dispatch

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/abi"
)

const (
	eventSource = "aws:sqs"
	// A buffer that grew beyond this size is not kept for the next event.
	maxKeptBytes = 1 << 20
	idLength     = 36 // of a message id, a UUID
)

// encoder makes events out of messages: it writes what abi.AppendEvent does, without an abi.Event in between. It keeps its
// buffer from one event to the next.
type encoder struct {
	json           []byte
	sent, received moment // of the last message
}

// encode makes the event of the messages at the given places of a batch. It is valid until the next call; the message ids
// stay.
func (e *encoder) encode(b *batch, part []int) (event []byte, ids []string) {
	if cap(e.json) > maxKeptBytes {
		e.json = nil
	}
	ids = messageIDs(b, part)
	dst := e.json[:0]
	dst = append(dst, `{"Records":[`...)
	for n, i := range part {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = e.appendRecord(dst, b.plan, &b.messages[i], ids[n])
	}
	dst = append(dst, `]}`...)
	e.json = dst
	return dst, ids
}

// record makes the JSON of a single record, which filters look at.
func (e *encoder) record(b *batch, i int) []byte {
	const before, after = len(`{"Records":[`), len(`]}`)
	event, _ := e.encode(b, []int{i})
	return event[before : len(event)-after]
}

// messageIDs are the ids of messages. They share one text.
func messageIDs(b *batch, part []int) []string {
	var text strings.Builder
	text.Grow(len(part) * idLength)
	var digits [idLength]byte
	ids := make([]string, len(part))
	for n, i := range part {
		_, _ = b.messages[i].ID.AppendText(digits[:0]) // it never fails
		_, _ = text.Write(digits[:])
		ids[n] = text.String()[n*idLength:]
	}
	return ids
}

func (e *encoder) appendRecord(dst []byte, p *plan, m *queue.ReceivedMessage, id string) []byte {
	dst = append(append(append(dst, `{"messageId":"`...), id...), '"')
	dst = abi.AppendString(append(dst, `,"receiptHandle":`...), m.ReceiptHandle)
	dst = abi.AppendString(append(dst, `,"body":`...), m.Body)
	dst = e.appendSystemAttributes(append(dst, `,"attributes":{`...), p, m)
	dst = append(dst, `},"messageAttributes":{`...)
	for i := range m.Selected {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendAttribute(dst, &m.Selected[i])
	}
	dst = append(hex.AppendEncode(append(dst, `},"md5OfBody":"`...), m.BodyMD5[:]), '"')
	if len(m.Selected) > 0 {
		dst = append(hex.AppendEncode(append(dst, `,"md5OfMessageAttributes":"`...), m.AttributesMD5[:]), '"')
	}
	return append(dst, p.recordEnd...)
}

// recordEnd is how the records of all messages of a mapping end.
func recordEnd(queueARN, region string) []byte {
	dst := abi.AppendString([]byte(`,"eventSource":"`+eventSource+`","eventSourceARN":`), queueARN)
	return append(abi.AppendString(append(dst, `,"awsRegion":`...), region), '}')
}

// appendSystemAttributes writes the system attributes in the order of their names, all of them as texts.
func (e *encoder) appendSystemAttributes(dst []byte, p *plan, m *queue.ReceivedMessage) []byte {
	if m.TraceHeader != "" {
		dst = append(abi.AppendString(append(dst, `"AWSTraceHeader":`...), m.TraceHeader), ',')
	}
	dst = e.received.append(append(dst, `"ApproximateFirstReceiveTimestamp":"`...), m.FirstReceived)
	dst = strconv.AppendUint(append(dst, `","ApproximateReceiveCount":"`...), uint64(m.ReceiveCount), 10)
	dst = append(dst, `",`...)
	if m.DeadLetterSource != "" {
		dst = append(abi.AppendString(append(dst, `"DeadLetterQueueSourceArn":`...), m.DeadLetterSource), ',')
	}
	if p.fifo {
		dst = append(abi.AppendString(append(dst, `"MessageDeduplicationId":`...), m.DedupID), ',')
	}
	if m.Group != "" {
		dst = append(abi.AppendString(append(dst, `"MessageGroupId":`...), m.Group), ',')
	}
	dst = abi.AppendString(append(dst, `"SenderId":`...), m.SenderID)
	dst = e.sent.append(append(dst, `,"SentTimestamp":"`...), m.Sent)
	if p.fifo {
		dst = appendSequence(append(dst, `","SequenceNumber":"`...), m.Sequence)
	}
	return append(dst, '"')
}

// moment is a time in milliseconds as a text. Mostly that of a message is that of the one before.
type moment struct {
	milliseconds int64
	text         []byte
}

func (m *moment) append(dst []byte, t time.Time) []byte {
	if ms := t.UnixMilli(); ms != m.milliseconds || m.text == nil {
		m.milliseconds, m.text = ms, strconv.AppendInt(m.text[:0], ms, 10)
	}
	return append(dst, m.text...)
}

// appendSequence writes a sequence number as SQS does, with twenty digits.
func appendSequence(dst []byte, n uint64) []byte {
	const zeros = "00000000000000000000"
	begin := len(dst)
	dst = strconv.AppendUint(dst, n, 10)
	return slices.Insert(dst, begin, []byte(zeros[len(dst)-begin:])...)
}

// appendAttribute writes one of the producer's attributes, as abi.MessageAttribute has it.
func appendAttribute(dst []byte, a *queue.MessageAttribute) []byte {
	dst = append(abi.AppendString(dst, a.Name), ':')
	switch {
	case !strings.HasPrefix(a.DataType, "Binary"):
		dst = append(abi.AppendString(append(dst, `{"stringValue":`...), a.Value), ',')
	case len(a.Value) > 0:
		dst = append(base64.StdEncoding.AppendEncode(append(dst, `{"binaryValue":"`...), a.Value), `",`...)
	default:
		dst = append(dst, '{')
	}
	dst = append(dst, `"stringListValues":[],"binaryListValues":[],"dataType":`...)
	return append(abi.AppendString(dst, a.DataType), '}')
}
