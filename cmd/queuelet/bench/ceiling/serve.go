package ceiling

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/host/sqsapi"
	"github.com/queuelet/queuelet/sigauth"
)

// Options are the settings of a ceiling.
type Options struct {
	Region          string // named in ARNs
	AccessKeyID     string // the one key that is accepted
	SecretAccessKey string
	AccountID       string
}

// Serve answers on a port of the loopback interface until ctx ends. It calls ready with
// its address once it does.
func Serve(ctx context.Context, o Options, ready func(url string)) error {
	handler, err := newHandler(ctx, o)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := sqsapi.NewServer(handler, slog.New(slog.DiscardHandler))
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { stopped <- server.Close() })
	ready("http://" + listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serve: %w", err)
	}
	return <-stopped
}

func newHandler(ctx context.Context, o Options) (http.Handler, error) {
	queues, err := queue.New(ctx, &store{}, queue.Options{Region: o.Region})
	if err != nil {
		return nil, err
	}
	credentials, err := sigauth.NewCredentials([]sigauth.Credential{{
		AccessKeyID: o.AccessKeyID, SecretAccessKey: o.SecretAccessKey, AccountID: o.AccountID,
	}})
	if err != nil {
		return nil, err
	}
	verifier, err := sigauth.New(sigauth.Options{Source: credentials, Service: "sqs"})
	if err != nil {
		return nil, err
	}
	api, err := sqsapi.New(queues, verifier, sqsapi.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	router := echo.New()
	api.Register(router)
	return router, nil
}
