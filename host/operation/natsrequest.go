package operation

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/plugins/abi"
)

const (
	replyTimeout    = 30 * time.Second // unless the guest wants less or more
	maxReplyTimeout = 2 * time.Minute
)

// natsRequest makes a request that a native client of the function's account answers.
func (s *Service) natsRequest() operation {
	return operation{
		name: abi.OpNATSRequest, grant: "nats.request", granted: func(g *grants) bool { return len(g.request) > 0 },
		maxHeader: maxNATSHeader, maxBody: maxPayload, maxCalls: 1000, timeout: maxReplyTimeout,
		run: s.request,
	}
}

func (s *Service) request(ctx context.Context, c *call) (response, error) {
	var in abi.PublishRequest
	if err := c.decode(&in); err != nil {
		return response{}, err
	}
	message, err := c.message(&in, c.request, "nats.request")
	if err != nil {
		return response{}, err
	}
	nc, err := s.options.NATS(c.account)
	if err != nil {
		return response{}, &Error{Errno: abi.Failed, Reason: "connect to NATS", Err: err}
	}
	waiting, cancel := withTimeout(ctx, in.TimeoutMs, replyTimeout, maxReplyTimeout)
	defer cancel()
	reply, err := nc.RequestMsgWithContext(waiting, message)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return response{}, refuse(abi.NotFound, "nobody answers requests on subject %s", shorten(in.Subject))
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return response{}, refuse(abi.TimedOut, "no reply to the request on subject %s", shorten(in.Subject))
	case err != nil:
		return response{}, &Error{Errno: abi.Failed, Reason: "request", Err: err}
	case len(reply.Data) > maxPayload:
		return response{}, refuse(abi.TooBig, "a reply of %d bytes; at most %d are possible", len(reply.Data), maxPayload)
	}
	return response{header: abi.ReplyResponse{Headers: reply.Header}, body: reply.Data}, nil
}

// withTimeout bounds how long a guest waits, which it may say itself.
func withTimeout(ctx context.Context, given int, usual, most time.Duration) (context.Context, context.CancelFunc) {
	timeout := usual
	if given > 0 {
		timeout = min(time.Duration(min(int64(given), most.Milliseconds()))*time.Millisecond, most)
	}
	return context.WithTimeout(ctx, timeout)
}
