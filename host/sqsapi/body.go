package sqsapi

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/queuelet/queuelet/host/queue"
)

const mebibyte = 1 << 20

// maxBody is the longest request body that is read. A message or a batch may have
// 1 MiB, and what carries it inflates that: a byte of a body takes six in JSON where a
// client escapes it (\u003c for <, as Go and .NET do), three bytes of a binary
// attribute take four in Base64, and .NET escapes one of its 64 characters (\u002b for
// +), which makes 6 × 4/3 = 8 of one; the query protocol's %XX needs less. So a legal
// request always fits into 8 MiB and what is around its values.
const maxBody = 8*mebibyte + 256<<10

const (
	// firstBody is the buffer that a request starts with.
	firstBody = 2 << 10
	// smallBody is the largest buffer that any connection may have at any time, and
	// the largest that is kept for the next request.
	smallBody = 64 << 10
	// largeBodies bounds the sum of all larger buffers: what strangers can make the
	// process allocate, whatever the number of their connections.
	largeBodies = 256 * mebibyte
)

// requestBody is the buffer that the body of a request is read into.
type requestBody struct {
	bytes    []byte
	reserved int64 // of the budget for large buffers
}

// bodyBudget is what is left to all large buffers.
type bodyBudget struct {
	used  atomic.Int64
	limit int64
}

// read reads the whole body, up to its end: only then does net/http notice that a
// client hangs up while its request is being served. The declared length is believed
// only as far as it is cheap to be wrong.
func (b *requestBody) read(r *http.Request, budget *bodyBudget) error {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return malformedInput("The content encoding " + encoding + " is not supported. Send the request without compression.")
	}
	if r.ContentLength > maxBody {
		return errBodyTooLarge
	}
	want := firstBody
	if r.ContentLength >= firstBody {
		want = min(int(r.ContentLength)+1, smallBody)
	}
	b.bytes = b.bytes[:0]
	if cap(b.bytes) < want {
		b.bytes = make([]byte, 0, want)
	}
	for {
		n, err := r.Body.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case len(b.bytes) > maxBody:
			return errBodyTooLarge
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return errBodyTimeout
		case err != nil:
			return &queue.Error{
				Code: codeMalformedInput, Message: "The request body ended early.",
				Err: fmt.Errorf("read the request body: %w", err),
			}
		case len(b.bytes) == cap(b.bytes):
			if err := b.grow(budget); err != nil {
				return err
			}
		}
	}
}

func (b *requestBody) grow(budget *bodyBudget) error {
	size := min(2*cap(b.bytes), maxBody+1)
	if size > smallBody {
		more := int64(size) - b.reserved
		if budget.used.Add(more) > budget.limit {
			budget.used.Add(-more)
			return errNoBodyMemory
		}
		b.reserved = int64(size)
	}
	grown := make([]byte, len(b.bytes), size)
	copy(grown, b.bytes)
	b.bytes = grown
	return nil
}

// release gives a large buffer up and keeps a small one for the next request.
func (b *requestBody) release(budget *bodyBudget) {
	budget.used.Add(-b.reserved)
	b.reserved = 0
	if cap(b.bytes) > smallBody {
		b.bytes = nil
	}
}

var (
	errBodyTooLarge error = &queue.Error{
		Code: codeRequestEntityTooLarge, Message: "The request body is longer than any request of this service can be.",
	}
	errBodyTimeout error = &queue.Error{
		Code: codeRequestTimeout, Message: "The request body did not arrive in time.",
	}
	errNoBodyMemory error = &queue.Error{
		Code: queue.CodeServiceUnavailable, Message: "Too many large requests at a time. Try again.",
	}
)
