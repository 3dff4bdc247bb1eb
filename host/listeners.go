package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/queuelet/queuelet/host/adminapi"
	"github.com/queuelet/queuelet/host/lambdaapi"
	"github.com/queuelet/queuelet/host/sqsapi"
)

// startSQS opens the endpoint of the SQS API, and of Lambda's.
func (h *Host) startSQS(ctx context.Context) (stopFunc, error) {
	api, err := sqsapi.New(h.queues, h.verifier, sqsapi.Options{
		PublicURL:   h.Config().SQS.PublicURL,
		CORSOrigins: h.Config().SQS.CORSOrigins,
		Observe:     h.metrics.observeRequest,
		Allow:       h.allowed,
		Log:         h.log.With("component", "sqs"),
	})
	if err != nil {
		return nil, err
	}
	lambda, err := lambdaapi.New(h.deployments, calls{h}, h.verifier, lambdaapi.Options{
		PublicURL:  h.Config().SQS.PublicURL,
		Observe:    h.metrics.observeLambda,
		Allow:      func(accessKeyID string) bool { return h.allowed(accessKeyID) == nil },
		Processing: h.lastResult,
		Log:        h.log.With("component", "lambda"),
	})
	if err != nil {
		return nil, err
	}
	router := echo.New()
	api.Register(router)
	lambda.Register(router)
	address, stop, err := h.serve(ctx, h.Config().SQS.Listen, sqsapi.NewServer(router, h.log.With("component", "sqs")))
	if err != nil {
		return nil, err
	}
	h.setEndpoint(func(e *Endpoints) { e.SQS = "http://" + address })
	return stop, nil
}

// startConsole opens the port for operators, if there is one.
func (h *Host) startConsole(ctx context.Context) (stopFunc, error) {
	listen := h.Config().Console.Listen
	if listen == "" {
		return func(context.Context) error { return nil }, nil
	}
	api, err := adminapi.New(adminapi.Deps{
		Alive:   h.phase.broken,
		Ready:   h.phase.notReady,
		Metrics: h.telemetry.Handler(),
	})
	if err != nil {
		return nil, err
	}
	router := echo.New()
	api.Register(router)
	address, stop, err := h.serve(ctx, listen, &http.Server{
		Handler:           router,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute,
		IdleTimeout:       3 * time.Minute,
		ErrorLog:          slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	})
	if err != nil {
		return nil, err
	}
	h.setEndpoint(func(e *Endpoints) { e.Console = "http://" + address })
	return stop, nil
}

func (h *Host) setEndpoint(change func(*Endpoints)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.endpoints)
}

// serve listens and serves in the background. It returns the address, which has the
// real port when port 0 was asked for.
func (h *Host) serve(ctx context.Context, listen string, server *http.Server) (string, stopFunc, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return "", nil, err //nolint:wrapcheck // it says "listen" and the address
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			h.fail(fmt.Errorf("serve on %s: %w", listen, err))
		}
	}()
	stop := func(ctx context.Context) error {
		err := server.Shutdown(ctx)
		if err != nil {
			// Clients that hang on lose their connection; what was acknowledged is stored.
			err = errors.Join(err, server.Close())
		}
		<-done
		return err
	}
	return listener.Addr().String(), stop, nil
}
