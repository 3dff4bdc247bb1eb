package operation

import (
	"context"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/plugins/abi"
)

const (
	maxPayload     = 1 << 20  // bytes; NATS's own default
	maxNATSHeader  = 64 << 10 // bytes
	maxHeaderCount = 64       // values
	natsPrefix     = "nats-"  // of headers that mean something to NATS, in any case of letters
	publishTimeout = 10 * time.Second
)

// natsPublish publishes a message, which native clients of the function's account can subscribe to.
func (s *Service) natsPublish() operation {
	return operation{
		name: abi.OpNATSPublish, grant: "nats.publish", granted: func(g *grants) bool { return len(g.publish) > 0 },
		maxHeader: maxNATSHeader, maxBody: maxPayload, maxCalls: 10_000, timeout: publishTimeout,
		run: s.publish,
	}
}

func (s *Service) publish(ctx context.Context, c *call) (response, error) {
	var in abi.PublishRequest
	if err := c.decode(&in); err != nil {
		return response{}, err
	}
	message, err := c.message(&in, c.publish, "nats.publish")
	if err != nil {
		return response{}, err
	}
	nc, err := s.options.NATS(c.account)
	if err != nil {
		return response{}, &Error{Errno: abi.Failed, Reason: "connect to NATS", Err: err}
	}
	if err := nc.PublishMsg(message); err != nil {
		return response{}, &Error{Errno: abi.Failed, Reason: "publish", Err: err}
	}
	// The message is out when this returns, and a guest that floods waits for the server.
	if err := nc.FlushWithContext(ctx); err != nil {
		return response{}, &Error{Errno: abi.Failed, Reason: "publish", Err: err}
	}
	return response{}, nil
}

// message makes what is to be published, on a subject that was granted.
func (c *call) message(in *abi.PublishRequest, granted subjects, grant string) (*nats.Msg, error) {
	if !granted.allow(in.Subject) {
		return nil, denied(grant, "subject "+shorten(in.Subject))
	}
	message := &nats.Msg{Subject: in.Subject, Data: c.body}
	count := 0
	for name, values := range in.Headers {
		if count += len(values); count > maxHeaderCount {
			return nil, refuse(abi.TooBig, "more than %d headers", maxHeaderCount)
		}
		if !validNATSHeader(name, values) {
			return nil, refuse(abi.Invalid, "header %s cannot be sent", shorten(name))
		}
		if message.Header == nil {
			message.Header = nats.Header{}
		}
		message.Header[name] = values
	}
	return message, nil
}

// validNATSHeader says whether a header can be written, and means nothing to the server.
func validNATSHeader(name string, values []string) bool {
	if name == "" || strings.HasPrefix(strings.ToLower(name), natsPrefix) ||
		strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == ':' || r >= 0x7f }) {
		return false
	}
	for _, value := range values {
		if strings.ContainsAny(value, "\r\n") {
			return false
		}
	}
	return true
}

// shorten quotes what a guest sent without letting it make a log line long.
func shorten(text string) string {
	const most = 100
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return "\"" + text + "\""
}
