package natsapi

import (
	"context"
	"errors"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/queue"
)

// serviceReply begins the subjects under which the server leads answers back to the account
// where a request came from. Any other reply subject was not made by it.
const serviceReply = "_R_."

// receive starts the work on a request. It does not block, so that a client that asks for too
// much is told so and does not hold up the others.
func (a *API) receive(ctx context.Context, m *nats.Msg) {
	if len(m.Header) > maxHeaders { // they take far more memory than their bytes
		a.respond(ctx, m, refusal(invalid("A message has at most %d headers.", maxHeaders)))
		return
	}
	cost := int64(max(requestCost, m.Size()))
	if a.underWay.Add(cost) > maxUnderWay {
		a.underWay.Add(-cost)
		a.respond(ctx, m, refusal(&queue.Error{Code: queue.CodeRequestThrottled, Message: "Too many requests are under way. Try again later."}))
		return
	}
	a.work.Go(func() {
		defer a.underWay.Add(-cost)
		a.respond(ctx, m, a.send(ctx, m))
	})
}

// respond answers a request; one that was published without a reply subject wants none.
func (a *API) respond(ctx context.Context, m *nats.Msg, answer *nats.Msg) {
	if !strings.HasPrefix(m.Reply, serviceReply) {
		if code := answer.Header.Get(headerErrorCode); code != "" {
			a.opts.Logger.DebugContext(ctx, "message of a NATS client was not sent, and the client did not ask for an answer",
				"subject", m.Subject, "code", code)
		}
		return
	}
	if err := m.RespondMsg(answer); err != nil {
		a.opts.Logger.WarnContext(ctx, "request of a NATS client was not answered", "error", err)
	}
}

// send does SendMessage.
func (a *API) send(ctx context.Context, m *nats.Msg) *nats.Msg {
	from, name, _ := strings.Cut(strings.TrimPrefix(m.Subject, sendPrefix), ".")
	caller, ok := a.caller(from)
	if !ok {
		return refusal(&queue.Error{Code: queue.CodeAccessDenied, Message: "The access key is not valid any more."})
	}
	in, err := sendInput(m.Header, m.Data)
	if err != nil {
		return refusal(err)
	}
	sent, err := a.queues.SendMessage(ctx, caller, queue.Key{Account: caller.Account, Name: name}, in)
	if err != nil {
		return refusal(err)
	}
	return answer(&sent)
}

// caller returns who has that token, as long as the key is in force.
func (a *API) caller(token string) (queue.Caller, bool) {
	id, ok := accessKeyID(token)
	if !ok {
		return queue.Caller{}, false
	}
	c, ok := a.opts.Credential(id)
	if !ok || !c.valid() {
		return queue.Caller{}, false
	}
	return c.Caller, true
}

// domainError returns the error as the domain words it.
func domainError(err error) *queue.Error {
	if known, ok := errors.AsType[*queue.Error](err); ok {
		return known
	}
	return &queue.Error{Code: queue.CodeServiceUnavailable, Message: "The request was given up. Try again.", Err: err}
}
