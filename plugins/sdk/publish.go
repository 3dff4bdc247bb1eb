package queuelet

import (
	"context"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
)

// Publish publishes a message on NATS, when the function was granted the subject. Clients of its account can subscribe to
// it. Headers may be nil.
func Publish(ctx context.Context, subject string, headers map[string][]string, payload []byte) error {
	_, err := Call(ctx, abi.OpNATSPublish, abi.PublishRequest{Subject: subject, Headers: headers}, payload, nil)
	return err
}

// Reply is the reply to a [Request].
type Reply struct {
	Headers map[string][]string
	Payload []byte
}

// Request makes a request on NATS, when the function was granted the subject, and waits for the first reply, at most until
// ctx ends or for 30 seconds. The error is abi.NotFound when nobody answers requests on the subject.
func Request(ctx context.Context, subject string, headers map[string][]string, payload []byte) (Reply, error) {
	var answer abi.ReplyResponse
	request := abi.PublishRequest{Subject: subject, Headers: headers, TimeoutMs: millisecondsLeft(ctx)}
	body, err := Call(ctx, abi.OpNATSRequest, request, payload, &answer)
	return Reply{Headers: answer.Headers, Payload: body}, err
}

// longestWait is how long an operation waits for an answer unless it is told otherwise.
const longestWait = 30 * time.Second

// millisecondsLeft is how long an operation may wait for its answer.
func millisecondsLeft(ctx context.Context) int {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	left := min(time.Until(deadline), longestWait)
	return int(max(left.Milliseconds(), 1))
}
