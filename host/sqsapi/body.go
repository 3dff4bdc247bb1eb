package sqsapi

import (
	"errors"
	"net/http"

	"github.com/queuelet/queuelet/host/body"
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

// readBody reads the body of a request into the exchange.
func (x *exchange) readBody(r *http.Request) error {
	err := x.body.Read(r, maxBody, x.api.bodies)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, body.ErrEncoding):
		return malformedInput("The content encoding " + r.Header.Get("Content-Encoding") +
			" is not supported. Send the request without compression.")
	case errors.Is(err, body.ErrTooLarge):
		return &queue.Error{
			Code: codeRequestEntityTooLarge, Message: "The request body is longer than any request of this service can be.", Err: err,
		}
	case errors.Is(err, body.ErrTimeout):
		return &queue.Error{Code: codeRequestTimeout, Message: "The request body did not arrive in time.", Err: err}
	case errors.Is(err, body.ErrNoMemory):
		return &queue.Error{Code: queue.CodeServiceUnavailable, Message: "Too many large requests at a time. Try again.", Err: err}
	default:
		return &queue.Error{Code: codeMalformedInput, Message: "The request body ended early.", Err: err}
	}
}
