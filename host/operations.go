package host

import (
	"context"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/host/function"
	"github.com/queuelet/queuelet/host/operation"
	"github.com/queuelet/queuelet/jetstream/broker"
	"github.com/queuelet/queuelet/plugins"
)

// startOperations opens what functions can ask the host for, and grants it as configured.
func (h *Host) startOperations(context.Context) (stopFunc, error) {
	h.connections = &functionConnections{broker: h.store.Broker, open: make(map[string]*nats.Conn)}
	operations, err := operation.New(operation.Options{
		Queues: h.queues,
		NATS:   h.connections.of,
		Bucket: func(ctx context.Context, account, owner string, quota int64) (operation.Bucket, error) {
			return h.store.FunctionBucket(ctx, account, bucketOwner(owner), quota)
		},
		Logger:     h.log.With("component", "operation"),
		Registerer: h.metrics.registry,
	})
	if err != nil {
		return nil, err
	}
	h.operations = operations
	h.roles = newRoles(operations, h.log.With("component", "lambda"))
	if err := h.roles.configure(h.Config().Roles); err != nil {
		return nil, err
	}
	for _, f := range h.Config().Functions {
		if err := h.grant(f); err != nil {
			return nil, err
		}
	}
	return func(context.Context) error {
		operations.Close()
		h.connections.close()
		return nil
	}, nil
}

// bucketOwner is the function that the bucket of a version is named after: versions share it.
func bucketOwner(id string) string {
	if r, deployed := function.ParseID(id); deployed {
		return r.Name
	}
	return id
}

// grant lets a function ask for what its configuration says, and for nothing else.
func (h *Host) grant(f config.Function) error {
	return h.operations.Grant(f.Name, f.AccountID, operationGrants(&f.Grants))
}

func operationGrants(configured *config.FunctionGrants) operation.Grants {
	grants := operation.Grants{
		Queues:   configured.Queues,
		Extend:   configured.Extend,
		Publish:  configured.NATSPublish,
		Request:  configured.NATSRequest,
		KeyValue: int64(configured.KVQuota),
		HTTP:     configured.HTTP,
		Config:   configured.Config,
		Secrets:  make(map[string]string, len(configured.Secrets)),
		Metrics:  configured.Metrics,
	}
	for name, secret := range configured.Secrets {
		grants.Secrets[name] = secret.Reveal()
	}
	return grants
}

// services lets the runtime ask for operations, of which it knows only the names.
type services struct{ operations *operation.Service }

var _ plugins.HostServices = services{}

func (s services) Call(ctx context.Context, caller plugins.Caller, name string, request []byte) ([]byte, error) {
	return s.operations.Call(ctx, operation.Caller(caller), name, request)
}

// functionConnections are those that publish for functions and for destinations of
// mappings, one for each account.
type functionConnections struct {
	broker *broker.Broker

	mu   sync.Mutex
	open map[string]*nats.Conn // nil when closed
}

func (c *functionConnections) of(account string) (*nats.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		return nil, fmt.Errorf("connect for functions: %w", nats.ErrConnectionClosed)
	}
	if nc := c.open[account]; nc != nil {
		return nc, nil
	}
	nc, err := c.broker.ConnectFunctions(account)
	if err != nil {
		return nil, err
	}
	c.open[account] = nc
	return nc, nil
}

func (c *functionConnections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, nc := range c.open {
		nc.Close()
	}
	c.open = nil
}
