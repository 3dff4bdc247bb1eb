package command

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/queuelet/queuelet/host"
)

// supervision runs a host until it is stopped by signals.
type supervision struct {
	host *host.Host
	// ready is called once all listeners answer.
	ready func()
	// reload is called on SIGHUP.
	reload func(ctx context.Context)
	// watch runs beside the host, once that is ready, and ends with its context.
	watch func(ctx context.Context)
}

// run returns when the host has drained. The first SIGINT or SIGTERM begins that; the
// second ends the process at once.
func (s supervision) run(ctx context.Context, std IO) error {
	signals := make(chan os.Signal, 4)
	std.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	serving, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.host.Run(serving) }()

	var beside sync.WaitGroup // reloads and watching do not keep signals waiting
	ready := s.host.Ready()
	for stopping := false; ; {
		select {
		case <-ready:
			ready = nil
			s.ready()
			beside.Go(func() { s.watch(serving) })
		case err := <-ended:
			stop()
			beside.Wait()
			return err
		case signal := <-signals:
			switch {
			case signal == syscall.SIGHUP:
				beside.Go(func() { s.reload(serving) })
			case !stopping:
				stopping = true
				stop()
			default:
				s.host.Log().ErrorContext(ctx, "forced to stop", "signal", signal.String(), "abandoned", s.host.Unfinished())
				return &exitError{ExitInterrupted}
			}
		}
	}
}

// note tells a person something that is neither output nor an error.
func (std IO) notef(format string, arguments ...any) {
	fmt.Fprintf(std.Stderr, format+"\n", arguments...)
}
