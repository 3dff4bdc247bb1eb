package jetstream

import (
	"encoding/base64"
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
	// TapAttribute is followed by the name of a message attribute; TapAttributeType by the
	// name of one whose type is not String.
	TapAttribute     = "Sqs-Attribute-"
	TapAttributeType = "Sqs-Attribute-Type-"

	// maxTapHeaders is what a NATS message may carry in headers (nats-server, 64 KiB) less
	// room for those that are always there. Attributes beyond are left out.
	maxTapHeaders = 60 << 10
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
	setUnlessEmpty(h, TapTrace, r.TraceHeader)
	size := 0
	for i := range r.Attributes {
		a := &r.Attributes[i]
		size += 2*len(a.Name) + len(a.DataType) + len(a.Value) + 64
		if size > maxTapHeaders {
			break
		}
		h[TapAttribute+a.Name] = []string{attributeText(a)}
		if a.DataType != "String" {
			h[TapAttributeType+a.Name] = []string{a.DataType}
		}
	}
	return &nats.Msg{Subject: subject, Header: h, Data: r.Body}
}

func setUnlessEmpty(h nats.Header, name, value string) {
	if value != "" {
		h[name] = []string{value}
	}
}

// attributeText is an attribute's value as a header can carry it: base64 for binary ones.
func attributeText(a *queue.MessageAttribute) string {
	if strings.HasPrefix(a.DataType, "Binary") {
		return base64.StdEncoding.EncodeToString(a.Value)
	}
	return string(a.Value)
}
