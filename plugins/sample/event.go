package sample

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// body is the body of a message: a JSON string, or JSON that stands for its own text.
type body string

// UnmarshalJSON keeps what is no string as it is, without the space between its tokens.
func (b *body) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, (*string)(b)) //nolint:wrapcheck // the decoder says where
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return fmt.Errorf("read a body: %w", err)
	}
	*b = body(compact.String())
	return nil
}

// record is a record of which the author has written what matters.
type record struct {
	abi.Record

	Body body `json:"body"`
}

func recordsOf[T ~string](bodies []T) []record {
	records := make([]record, len(bodies))
	for i, b := range bodies {
		records[i].Body = body(b)
	}
	return records
}

// Bodies is the event of a queue with a message for each body, sent now.
func Bodies(now time.Time, texts ...string) []byte { return queueEvent(recordsOf(texts), now) }

// queueEvent makes an event of records, in which it fills in what is missing.
func queueEvent(records []record, now time.Time) []byte {
	event := abi.Event{Records: make([]abi.Record, len(records))}
	for i, r := range records {
		sum := md5.Sum([]byte(r.Body))
		sent := strconv.FormatInt(now.UnixMilli(), 10)
		attributes := map[string]string{
			"ApproximateReceiveCount": "1", "SentTimestamp": sent, "ApproximateFirstReceiveTimestamp": sent, "SenderId": "queuelet",
		}
		maps.Copy(attributes, r.Attributes)
		event.Records[i] = abi.Record{
			MessageID:              cmp.Or(r.MessageID, strconv.Itoa(i+1)),
			ReceiptHandle:          cmp.Or(r.ReceiptHandle, "receipt-"+strconv.Itoa(i+1)),
			Body:                   string(r.Body),
			Attributes:             attributes,
			MessageAttributes:      r.MessageAttributes,
			MD5OfBody:              cmp.Or(r.MD5OfBody, hex.EncodeToString(sum[:])),
			MD5OfMessageAttributes: r.MD5OfMessageAttributes,
			EventSource:            cmp.Or(r.EventSource, "aws:sqs"),
			EventSourceARN:         cmp.Or(r.EventSourceARN, "arn:aws:sqs:us-east-1:000000000000:test"),
			AWSRegion:              cmp.Or(r.AWSRegion, "us-east-1"),
		}
	}
	return abi.AppendEvent(nil, &event)
}

// messageIDs are those of an event's records, none if it is no event of a queue.
func messageIDs(event []byte) (ids []string) {
	e, err := abi.ParseEvent(event)
	if err != nil {
		return nil
	}
	for i := range e.Records {
		if e.Records[i].MessageID == "" {
			return nil
		}
		ids = append(ids, e.Records[i].MessageID)
	}
	return ids
}
