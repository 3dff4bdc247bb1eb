package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/jetstream/broker"
)

const (
	// What a request for a consumer may be like.
	maxConsumerRequest  = 64 << 10
	maxConsumerMetadata = 4 << 10
	maxConsumerWaiting  = 512 // JetStream's default

	consumerTimeout = 5 * time.Second

	createResponse = "io.nats.jetstream.api.v1.consumer_create_response"
	consumerAPI    = "$JS.API.CONSUMER."
	// errConsumerCreate is JetStream's code for a consumer that cannot be made
	// (nats-server, server/errors.json).
	errConsumerCreate = 10012
)

// tapConsumers makes consumers on tap streams for native clients. They cannot make them
// directly: one that pushes messages to a subject of its choice could reach whatever is in
// the account of the tap streams, and one without limits costs memory without limit.
type tapConsumers struct {
	taps *tapStreams
	log  *slog.Logger
}

// serve answers requests that arrive on the connection until it is closed.
func (c *tapConsumers) serve(ctx context.Context, nc *nats.Conn) error {
	_, err := nc.Subscribe(broker.ConsumerPrefix+">", func(m *nats.Msg) {
		if !strings.HasPrefix(m.Reply, serviceReply) {
			return // a subject that the client chose, not one that leads back to it
		}
		if err := m.Respond(c.answer(ctx, m)); err != nil {
			c.log.WarnContext(ctx, "request for a consumer of a tap stream was not answered", "error", err)
		}
	})
	if err != nil {
		return fmt.Errorf("subscribe to requests for consumers: %w", err)
	}
	return nil
}

// serviceReply begins the subjects under which the server leads answers back to the account
// where a request came from.
const serviceReply = "_R_."

func (c *tapConsumers) answer(ctx context.Context, m *nats.Msg) []byte {
	account, operation, _ := strings.Cut(strings.TrimPrefix(m.Subject, broker.ConsumerPrefix), ".")
	request, err := consumerRequest(m.Data)
	if err != nil {
		return consumerRefused(err)
	}
	js, err := c.taps.of(account)
	if err != nil {
		return consumerRefused(err)
	}
	ctx, cancel := context.WithTimeout(ctx, consumerTimeout)
	defer cancel()
	answer, err := js.Conn().RequestWithContext(ctx, consumerAPI+operation, request)
	if err != nil {
		return consumerRefused(fmt.Errorf("JetStream gave no answer: %w", err))
	}
	return answer.Data
}

// createConsumer is a request of the JetStream API.
type createConsumer struct {
	Stream   string                   `json:"stream_name"`
	Config   jetstream.ConsumerConfig `json:"config"`
	Action   string                   `json:"action"`
	Pedantic bool                     `json:"pedantic,omitempty"`
}

// consumerRequest checks a request and writes it anew, so that nothing of it is left that
// was not understood.
func consumerRequest(data []byte) ([]byte, error) {
	if len(data) > maxConsumerRequest {
		return nil, fmt.Errorf("a request for a consumer may have %d bytes", maxConsumerRequest)
	}
	var r createConsumer
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("the request is not understood: %w", err)
	}
	config := &r.Config
	if config.DeliverSubject != "" || config.DeliverGroup != "" || config.FlowControl || config.IdleHeartbeat != 0 {
		return nil, errors.New("push consumers are not available: make a pull consumer, without a deliver subject")
	}
	if config.Replicas > 1 {
		return nil, errors.New("a consumer of a tap stream has one replica")
	}
	size := 0
	for name, value := range config.Metadata {
		size += len(name) + len(value)
	}
	if size > maxConsumerMetadata {
		return nil, fmt.Errorf("the metadata of a consumer may have %d bytes", maxConsumerMetadata)
	}
	if config.MaxWaiting > maxConsumerWaiting {
		return nil, fmt.Errorf("a consumer may have max_waiting %d", maxConsumerWaiting)
	}
	if config.MaxRequestExpires <= 0 || config.MaxRequestExpires > broker.MaxPull {
		config.MaxRequestExpires = broker.MaxPull
	}
	// Libraries ask for more by default, and do not mind getting less.
	if config.MaxAckPending < 0 || config.MaxAckPending > tapMaxAckPending {
		config.MaxAckPending = tapMaxAckPending
	}
	out, err := json.Marshal(&r)
	if err != nil {
		return nil, fmt.Errorf("the request is not understood: %w", err)
	}
	return out, nil
}

// consumerRefused is an answer of the JetStream API that says why there is no consumer.
func consumerRefused(cause error) []byte {
	text, err := json.Marshal(map[string]any{
		"type": createResponse,
		"error": map[string]any{
			"code":        400,
			"err_code":    errConsumerCreate,
			"description": cause.Error(),
		},
	})
	if err != nil {
		return nil // strings and numbers can be marshalled
	}
	return text
}
