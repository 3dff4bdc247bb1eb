package body

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
)

const (
	// Small is the largest buffer that any connection may have at any time, and the largest that is kept for the next
	// request.
	Small = 64 << 10
	// Large bounds the sum of all larger buffers of an API: what strangers can make the process allocate.
	Large = 256 << 20
	// first is the buffer that a request starts with.
	first = 2 << 10
)

// Why a body is not read.
var (
	ErrEncoding   = errors.New("the content encoding is not supported")
	ErrTooLarge   = errors.New("the request body is too large")
	ErrTimeout    = errors.New("the request body did not arrive in time")
	ErrEndedEarly = errors.New("the request body ended early")
	ErrNoMemory   = errors.New("too many large request bodies at a time")
)

// Budget is what is left to all large buffers. Its methods may be called from many goroutines.
type Budget struct {
	used  atomic.Int64
	limit int64
}

// NewBudget makes a budget of so many bytes.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Buffer is what the body of a request is read into. The zero value is ready for use.
type Buffer struct {
	bytes    []byte
	reserved int64 // of the budget for large buffers
}

// Bytes is the body, until the buffer is released.
func (b *Buffer) Bytes() []byte { return b.bytes }

// Read reads a body of at most limit bytes up to its end: only then does net/http notice that a client hangs up while its
// request is being served. The declared length is believed only as far as it is cheap to be wrong. Whether it fails or
// not, the buffer has to be released. Its error is one of this package.
func (b *Buffer) Read(r *http.Request, limit int64, budget *Budget) error {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return ErrEncoding
	}
	if r.ContentLength > limit {
		return ErrTooLarge
	}
	want := first
	if r.ContentLength >= first {
		want = int(min(r.ContentLength+1, Small))
	}
	b.bytes = b.bytes[:0]
	if cap(b.bytes) < want {
		b.bytes = make([]byte, 0, want)
	}
	for {
		n, err := r.Body.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case int64(len(b.bytes)) > limit:
			return ErrTooLarge
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return ErrTimeout
		case err != nil:
			return fmt.Errorf("%w: %w", ErrEndedEarly, err)
		case len(b.bytes) == cap(b.bytes):
			if err := b.grow(limit, budget); err != nil {
				return err
			}
		}
	}
}

func (b *Buffer) grow(limit int64, budget *Budget) error {
	size := min(2*int64(cap(b.bytes)), max(limit+1, int64(cap(b.bytes))+1))
	if size > Small {
		more := size - b.reserved
		if budget.used.Add(more) > budget.limit {
			budget.used.Add(-more)
			return ErrNoMemory
		}
		b.reserved = size
	}
	grown := make([]byte, len(b.bytes), size)
	copy(grown, b.bytes)
	b.bytes = grown
	return nil
}

// Release gives a large buffer up and keeps a small one for the next request.
func (b *Buffer) Release(budget *Budget) {
	budget.used.Add(-b.reserved)
	b.reserved = 0
	if cap(b.bytes) > Small {
		b.bytes = nil
	}
}
