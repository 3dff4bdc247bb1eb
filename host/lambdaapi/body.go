package lambdaapi

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/queuelet/queuelet/host/body"
)

// uploadTime is how long a client may take to send a package.
const uploadTime = 5 * time.Minute

// readBody reads a body up to a limit. release gives its room back.
func (a *API) readBody(w http.ResponseWriter, r *http.Request, limit int64) (content []byte, release func(), err error) {
	var buffer body.Buffer
	release = func() { buffer.Release(a.bodies) }
	if limit == codeBody { // else the server's deadline is long enough
		err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
		if err != nil && !errors.Is(err, http.ErrNotSupported) {
			return nil, release, fmt.Errorf("set the read deadline: %w", err)
		}
	}
	switch err := buffer.Read(r, limit, a.bodies); {
	case err == nil:
		return buffer.Bytes(), release, nil
	case errors.Is(err, body.ErrEncoding):
		return nil, release, failure(codeUnsupportedMedia, "The content encoding %s is not supported. Send the request without compression.",
			r.Header.Get("Content-Encoding"))
	case errors.Is(err, body.ErrTooLarge):
		return nil, release, tooLarge(limit)
	case errors.Is(err, body.ErrTimeout):
		return nil, release, failure(codeRequestTimeout, "The request body did not arrive in time.")
	case errors.Is(err, body.ErrNoMemory):
		return nil, release, failure(codeService, "Too many large requests at a time. Try again.")
	default:
		return nil, release, failure(codeInvalidContent, "The request body ended early.")
	}
}

func tooLarge(limit int64) error {
	return failure(codeRequestTooLarge, "Request must be smaller than %d bytes for the operation", limit)
}
