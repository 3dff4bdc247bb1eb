package sqsapi_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/host/sqsapi"
)

// deepQueue has a number of messages of one size, numbered from 1.
type deepQueue struct {
	*fakeQueues

	messages, size int
	pages          int
}

func (d *deepQueue) PeekMessages(_ context.Context, _ queue.Caller, _ queue.Key, in queue.PeekRequest) ([]queue.Peeked, error) {
	d.pages++
	var page []queue.Peeked
	for sequence := in.After + 1; len(page) < in.Max && sequence <= uint64(d.messages); sequence++ {
		page = append(page, queue.Peeked{
			Message: queue.Message{Body: bytes.Repeat([]byte("x"), d.size)}, Sequence: sequence, State: queue.Visible,
		})
	}
	return page, nil
}

// A peek pages through a queue and stops where one answer gets too large.
func TestPeekIsBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                        string
		messages, size, want, pages int
	}{
		{"none", 0, 1, 0, 1},
		{"part of a page", 99, 1, 99, 1},
		{"exactly a page", 100, 1, 100, 2},
		{"some pages", 250, 1, 250, 3},
		{"many messages", 5000, 1, 1000, 10},
		{"large messages", 1000, 100 << 10, 200, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			deep := &deepQueue{fakeQueues: &fakeQueues{}, messages: test.messages, size: test.size}
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_aws/sqs/messages?QueueUrl=orders", http.NoBody)
			newServer(t, deep, sqsapi.Options{}).ServeHTTP(w, r)
			if got := strings.Count(w.Body.String(), "<Message>"); w.Code != http.StatusOK || got != test.want || deep.pages != test.pages {
				t.Errorf("status %d, %d messages in %d pages, want %d in %d", w.Code, got, deep.pages, test.want, test.pages)
			}
		})
	}
}
