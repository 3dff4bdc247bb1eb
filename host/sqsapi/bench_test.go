package sqsapi_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/host/sqsapi"
)

// discard is a domain that does nothing at all.
type discard struct {
	*fakeQueues

	sent     queue.SendMessageBatchResult
	received []queue.ReceivedMessage
}

func newDiscard() *discard {
	d := &discard{fakeQueues: &fakeQueues{}}
	body := []byte(strings.Repeat("0123456789abcdef", 16))
	for i := range 10 {
		d.sent.Successful = append(d.sent.Successful, queue.SendMessageBatchSuccess{ID: strconv.Itoa(i)})
		d.received = append(d.received, queue.ReceivedMessage{
			Received: queue.Received{
				Message:      queue.Message{Body: body, BodyMD5: md5.Sum(body), SenderID: "AIDAEXAMPLE", Sent: time.UnixMilli(1700000000123)},
				ReceiveCount: 1, FirstReceived: time.UnixMilli(1700000001456),
			},
			ReceiptHandle: strings.Repeat("handle", 12), Shown: queue.ShowAll,
		})
	}
	return d
}

func (d *discard) ResolveURL(_ queue.Caller, _ string) queue.Key {
	return queue.Key{Account: testAccount, Name: "orders"}
}

func (d *discard) SendMessage(context.Context, queue.Caller, queue.Key, *queue.SendMessageInput) (queue.SendMessageResult, error) {
	return queue.SendMessageResult{}, nil
}

func (d *discard) SendMessageBatch(context.Context, queue.Caller, queue.Key, []queue.SendMessageInput) (queue.SendMessageBatchResult, error) {
	return d.sent, nil
}

func (d *discard) ReceiveMessage(context.Context, queue.Caller, queue.Key, *queue.ReceiveMessageInput) ([]queue.ReceivedMessage, error) {
	return d.received, nil
}

func (d *discard) DeleteMessage(context.Context, queue.Caller, queue.Key, string) error { return nil }

// discardWriter is a connection that nobody reads from.
type discardWriter struct {
	header http.Header
}

func (w *discardWriter) Header() http.Header              { return w.header }
func (w *discardWriter) Write(p []byte) (int, error)      { return len(p), nil }
func (w *discardWriter) WriteHeader(int)                  {}
func (w *discardWriter) SetReadDeadline(time.Time) error  { return nil }
func (w *discardWriter) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkServe measures what the wire protocols add to a call of the domain, without
// the connection.
func BenchmarkServe(b *testing.B) {
	const queueURL = "http://localhost:3001/000000000000/orders"
	message := strings.Repeat("0123456789abcdef", 16)
	var entries, fields []string
	for i := range 10 {
		entries = append(entries, fmt.Sprintf(`{"Id":"%d","MessageBody":"%s"}`, i, message))
		fields = append(fields, fmt.Sprintf("&SendMessageBatchRequestEntry.%d.Id=%d&SendMessageBatchRequestEntry.%d.MessageBody=%s", i+1, i, i+1, message))
	}
	for _, bench := range []struct {
		name, target, path, body string
	}{
		{"SendMessage/JSON", "SendMessage", "/", `{"QueueUrl":"` + queueURL + `","MessageBody":"` + message + `"}`},
		{"SendMessage/Query", "", "/000000000000/orders", "Action=SendMessage&MessageBody=" + message},
		{"SendMessageBatch10/JSON", "SendMessageBatch", "/", `{"QueueUrl":"` + queueURL + `","Entries":[` + strings.Join(entries, ",") + `]}`},
		{"SendMessageBatch10/Query", "", "/000000000000/orders", "Action=SendMessageBatch" + strings.Join(fields, "")},
		{"ReceiveMessage10/JSON", "ReceiveMessage", "/", `{"QueueUrl":"` + queueURL + `","MaxNumberOfMessages":10,"AttributeNames":["All"]}`},
		{"ReceiveMessage10/Query", "", "/000000000000/orders", "Action=ReceiveMessage&MaxNumberOfMessages=10&AttributeName.1=All"},
		{"DeleteMessage/JSON", "DeleteMessage", "/", `{"QueueUrl":"` + queueURL + `","ReceiptHandle":"` + strings.Repeat("handle", 12) + `"}`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			handler := newServer(b, newDiscard(), sqsapi.Options{Log: slog.New(slog.DiscardHandler)})
			r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, bench.path, http.NoBody)
			r.ContentLength = int64(len(bench.body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if bench.target != "" {
				r.Header.Set("Content-Type", "application/x-amz-json-1.0")
				r.Header.Set("X-Amz-Target", "AmazonSQS."+bench.target)
			}
			body := bytes.NewReader(nil)
			r.Body = io.NopCloser(body)
			w := &discardWriter{header: http.Header{}}
			text := []byte(bench.body)
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				body.Reset(text)
				clear(w.header)
				handler.ServeHTTP(w, r)
			}
		})
	}
}
