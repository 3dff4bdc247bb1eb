package lambdaapi

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

const (
	// firstRead is the buffer that a request starts with.
	firstRead = 4 << 10
	// freeBody is what any request may have in memory; beyond it they share largeBodies.
	freeBody    = 64 << 10
	largeBodies = 256 << 20
	// uploadTime is how long a client may take to send a package.
	uploadTime = 5 * time.Minute
)

// bodyBudget is what is left to all large bodies, whoever sends them: they are read before their signature can be
// verified.
type bodyBudget struct{ used atomic.Int64 }

// read reads a body up to a limit. The declared length is believed only as far as it is cheap to be wrong. release
// gives the room back.
func (b *bodyBudget) read(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, release func(), err error) {
	reserved := int64(0)
	release = func() { b.used.Add(-reserved) }
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, release, failure(codeUnsupportedMedia, "The content encoding %s is not supported. Send the request without compression.", encoding)
	}
	if r.ContentLength > limit {
		return nil, release, tooLarge(limit)
	}
	if limit == codeBody { // else the server's deadline is long enough
		err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
		if err != nil && !errors.Is(err, http.ErrNotSupported) {
			return nil, release, fmt.Errorf("set the read deadline: %w", err)
		}
	}
	body = make([]byte, 0, firstRead)
	for {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return nil, release, tooLarge(limit)
		case errors.Is(err, io.EOF):
			return body, release, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, release, failure(codeRequestTimeout, "The request body did not arrive in time.")
		case err != nil:
			return nil, release, failure(codeInvalidContent, "The request body ended early.")
		case len(body) < cap(body):
			continue
		}
		size := min(int64(2*cap(body)), limit+1)
		if more := size - reserved; size > freeBody {
			if b.used.Add(more) > largeBodies {
				b.used.Add(-more)
				return nil, release, failure(codeService, "Too many large requests at a time. Try again.")
			}
			reserved = size
		}
		body = append(make([]byte, 0, size), body...)
	}
}

func tooLarge(limit int64) error {
	return failure(codeRequestTooLarge, "Request must be smaller than %d bytes for the operation", limit)
}
