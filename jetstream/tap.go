package jetstream

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
)

// Headers of a message on a tap. The payload is the body itself. Package natsapi, which
// documents them for clients, understands the same ones in a send.
const (
	TapMessageID = "Sqs-Message-Id"
	TapSequence  = "Sqs-Sequence"
	TapSent      = "Sqs-Sent-Timestamp" // epoch milliseconds
	TapGroup     = "Sqs-Message-Group-Id"
	TapDedupID   = "Sqs-Message-Deduplication-Id"
	TapTrace     = "Sqs-Trace-Header"
	TapSender    = "Sqs-Sender-Id"
	TapDepth     = "Sqs-Function-Depth" // how many functions, one after the other, it has come through
	// TapAttribute is followed by the name of a message attribute. TapType, followed by the
	// same, is there when its type is not String, TapEncoding when its value stands in
	// base64: always for binary ones, and for texts that a header cannot carry.
	TapAttribute = "Sqs-Attribute-"
	TapType      = "Sqs-Type-"
	TapEncoding  = "Sqs-Encoding-"
	// TapOmitted is the number of message attributes for which there was no room.
	TapOmitted = "Sqs-Attributes-Omitted"

	// maxTapHeaders is what a message in a stream may carry in headers (nats-server, 64 KiB)
	// less room for those that are always there.
	maxTapHeaders = 56 << 10
	// maxTapTrace leaves out what is no trace header of AWS X-Ray any more.
	maxTapTrace = 2 << 10
)

// tap shows messages that were just stored to whoever listens, and keeps them in the
// queue's tap stream if it has one. The block's bytes are only read. Locks not held.
func (q *ownedQueue) tap(data []byte, items []index.Item) {
	if len(items) == 0 {
		return
	}
	def := q.def.Load()
	if def.Tap == queue.TapStream && q.o.store.taps != nil {
		q.keep(data, items)
	}
	interest := q.o.store.opts.Interest
	subject := TapSubject(def.Key)
	if interest == nil || !interest(subject) {
		return
	}
	var d decoder
	for i := range items {
		var r record
		if err := d.at(data, items[i].Ref.Offset, items[i].Seq, &r); err != nil {
			q.o.store.opts.Logger.Error("stored message cannot be read for its tap", "queue", def.Name, "error", err)
			return
		}
		// Listening is best effort: nobody waits for it, and a slow listener is the server's business.
		_ = q.o.store.nc.PublishMsg(tapMessage(subject, &r))
	}
}

func tapMessage(subject string, r *record) *nats.Msg {
	h := nats.Header{
		TapMessageID: []string{r.ID.String()},
		TapSequence:  []string{strconv.FormatUint(r.Seq, 10)},
		TapSent:      []string{strconv.FormatInt(r.Sent.UnixMilli(), 10)},
	}
	setUnlessEmpty(h, TapGroup, r.Group)
	setUnlessEmpty(h, TapDedupID, r.DedupID)
	setUnlessEmpty(h, TapSender, r.SenderID)
	if r.Depth > 0 {
		h[TapDepth] = []string{strconv.FormatUint(uint64(r.Depth), 10)}
	}
	if len(r.TraceHeader) <= maxTapTrace {
		setUnlessEmpty(h, TapTrace, r.TraceHeader)
	}
	room := maxTapHeaders
	for i := range r.Attributes {
		if !addTapAttribute(h, &r.Attributes[i], &room) {
			h[TapOmitted] = []string{strconv.Itoa(len(r.Attributes) - i)}
			break
		}
	}
	return &nats.Msg{Subject: subject, Header: h, Data: r.Body}
}

func setUnlessEmpty(h nats.Header, name, value string) {
	if value != "" {
		h[name] = []string{value}
	}
}

// addTapAttribute adds the headers of a message attribute, unless there is no room for them.
func addTapAttribute(h nats.Header, a *queue.MessageAttribute, room *int) bool {
	// Names may hold letters of every script, header names only ASCII.
	name := url.PathEscape(a.Name)
	value, encoding := string(a.Value), ""
	if strings.HasPrefix(a.DataType, "Binary") || strings.ContainsAny(value, "\r\n") || strings.Trim(value, " \t") != value {
		value, encoding = base64.StdEncoding.EncodeToString(a.Value), "base64"
	}
	const overhead = len(TapAttribute) + len(TapType) + len(TapEncoding) + len("base64") + 3*len(": \r\n")
	*room -= 3*len(name) + len(value) + len(a.DataType) + overhead
	if *room < 0 {
		return false
	}
	h[TapAttribute+name] = []string{value}
	setUnlessEmpty(h, TapEncoding+name, encoding)
	if a.DataType != "String" {
		h[TapType+name] = []string{a.DataType}
	}
	return true
}
