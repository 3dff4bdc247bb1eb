package host

import (
	"context"
	"fmt"

	"github.com/queuelet/queuelet/host/natsapi"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/broker"
)

// startNative lets native NATS clients in, if there is a port for them.
func (h *Host) startNative(ctx context.Context) (stopFunc, error) {
	if h.Config().NATS.Listen == "" {
		return func(context.Context) error { return nil }, nil
	}
	connection, err := h.store.Broker.Connect()
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	api, err := natsapi.New(connection, h.queues, h.store, natsapi.Options{
		Credential: h.nativeCredential,
		Recheck:    h.store.Broker.Recheck,
		Functions:  h.nativeSubjects,
		Logger:     h.log.With("component", "nats"),
	})
	if err != nil {
		connection.Close()
		return nil, err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := h.background("the API for NATS clients", func() error { return api.Run(serving) })
	select {
	case <-api.Subscribed():
	case err = <-ended:
	case <-ctx.Done():
		err = fmt.Errorf("subscribe to their sends: %w", context.Cause(ctx))
	}
	if err != nil {
		stop()
		connection.Close()
		return nil, err
	}
	h.store.Broker.Admit(admission{api})
	h.setEndpoint(func(e *Endpoints) { e.NATS = "nats://" + h.store.Broker.Addr().String() })
	return func(context.Context) error {
		stop()
		defer connection.Close()
		return <-ended
	}, nil
}

// admission is the API as the broker asks it.
type admission struct{ api *natsapi.API }

func (a admission) Authenticate(user, password string) (broker.Client, bool) {
	client, ok := a.api.Authenticate(user, password)
	return broker.Client(client), ok
}

// nativeCredential looks an access key up as it is now.
func (h *Host) nativeCredential(accessKeyID string) (natsapi.Credential, bool) {
	c, ok := h.credentials.Credential(accessKeyID)
	if !ok {
		return natsapi.Credential{}, false
	}
	identity := c.Identity()
	return natsapi.Credential{
		Secret:       c.SecretAccessKey,
		SessionToken: c.SessionToken,
		Expires:      c.Expires,
		Caller: queue.Caller{
			Account: identity.AccountID, AccessKeyID: identity.AccessKeyID, Principal: identity.Principal,
			Allow: h.allowed(identity.AccessKeyID),
		},
	}, true
}
