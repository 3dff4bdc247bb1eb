package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/function"
	"github.com/queuelet/queuelet/host/operation"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/host/telemetry"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/sigauth"
)

// activityKept is how many of the last events are remembered.
const activityKept = 1000

// Options are what a process decides and no configuration file.
type Options struct {
	Log     io.Writer // where log lines go
	NoColor bool      // keeps colours out of log lines for people
	Version string    // of the build, for the metrics
	// CompileCache is the folder where compiled functions are kept; one in the data folder
	// when it is empty. What is in it is run: only this user may write to it.
	CompileCache string
}

// Host is one queuelet: the store, the functions, the mappings between them and all
// listeners.
type Host struct {
	telemetry   *telemetry.Telemetry
	log         *slog.Logger
	metrics     *metrics
	feed        *activity.Feed
	credentials *sigauth.Credentials
	verifier    *sigauth.Verifier
	allow       atomic.Pointer[allowLists]
	options     Options

	// What the stages start, in this order.
	store       *jetstream.Embedded
	queues      *queue.Service
	operations  *operation.Service
	roles       *roles
	functions   *plugins.Runtime
	invoker     *invoker
	connections *functionConnections
	deployments *function.Service
	events      *function.Events
	dispatcher  *dispatch.Dispatcher
	drains      []func() // what to do before the stages are stopped

	ready    chan struct{}
	deployed chan struct{}
	failed   chan error
	phase    phase

	reloading sync.Mutex // one reload at a time
	applying  sync.Mutex // of the mappings of deployments

	mu        sync.Mutex
	config    config.Config
	endpoints Endpoints
}

// Endpoints are the addresses that clients use, "" for a listener that is off.
type Endpoints struct {
	SQS     string // http://127.0.0.1:3001
	Console string // http://127.0.0.1:3000
	NATS    string // nats://127.0.0.1:4222
}

// New prepares a process. It opens nothing: that is [Host.Run].
func New(c config.Config, o Options) (*Host, error) {
	t, err := telemetry.New(telemetry.Options{
		Output: o.Log, Level: c.Log.Level, Format: c.Log.Format, NoColor: o.NoColor, Version: o.Version,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the log: %w", err)
	}
	credentials, err := sigauth.NewCredentials(signatureCredentials(c))
	if err != nil {
		return nil, fmt.Errorf("take over the credentials: %w", err)
	}
	verifier, err := sigauth.New(signatureOptions(c, credentials))
	if err != nil {
		return nil, fmt.Errorf("set up the verifier: %w", err)
	}
	allow, err := newAllowLists(c)
	if err != nil {
		return nil, err
	}
	h := &Host{
		telemetry:   t,
		log:         t.Logger,
		metrics:     newMetrics(t.Registry),
		feed:        activity.New(activityKept),
		credentials: credentials,
		verifier:    verifier,
		options:     o,
		ready:       make(chan struct{}),
		deployed:    make(chan struct{}),
		failed:      make(chan error, 1),
		config:      c,
	}
	h.allow.Store(&allow)
	return h, nil
}

// Run starts all stages, serves until ctx ends or a part fails for good, and stops
// all stages in reverse, draining. It may be called once.
func (h *Host) Run(ctx context.Context) error {
	started, err := h.start(ctx)
	switch {
	case ctx.Err() != nil: // stopped before it was up, which is no failure
		err = nil
	case err == nil:
		h.phase.set(serving)
		close(h.ready)
		h.log.InfoContext(ctx, "ready", "sqs", h.endpoints.SQS, "console", h.endpoints.Console, "nats", h.endpoints.NATS)
		select {
		case <-ctx.Done():
			h.log.InfoContext(ctx, "stopping", "grace", h.Config().ShutdownGrace)
		case err = <-h.failed:
			h.log.ErrorContext(ctx, "stopping because a part failed", "error", err)
		case <-h.store.Failed():
			err = fmt.Errorf("the store stopped: %w", h.store.Err())
			h.log.ErrorContext(ctx, "stopping because the store failed", "error", err)
		}
	}
	return errors.Join(err, h.stop(context.WithoutCancel(ctx), started))
}

// Ready is closed when all listeners answer.
func (h *Host) Ready() <-chan struct{} { return h.ready }

// Deployed is closed when every configured function has been put into service, or could
// not be, which the log says.
func (h *Host) Deployed() <-chan struct{} { return h.deployed }

// Endpoints returns the addresses of the listeners. They are known once Ready is closed.
func (h *Host) Endpoints() Endpoints {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.endpoints
}

// Config returns the configuration in force.
func (h *Host) Config() config.Config {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.config
}

// Feed returns what happens in the process.
func (h *Host) Feed() *activity.Feed { return h.feed }

// Log returns the log of the process.
func (h *Host) Log() *slog.Logger { return h.log }

// fail ends Run with an error. Only the first one counts.
func (h *Host) fail(err error) {
	select {
	case h.failed <- err:
	default:
	}
}
