package host

import (
	"context"
	"errors"
)

// startMoveTasks goes on with the message move tasks that an earlier process left running,
// and runs new ones.
func (h *Host) startMoveTasks(ctx context.Context) (stopFunc, error) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := h.background("move tasks", func() error {
		err := h.queues.RunMoveTasks(running)
		if running.Err() != nil && errors.Is(err, context.Canceled) {
			return nil // stopped while it read its list
		}
		return err
	})
	return func(context.Context) error {
		stop()
		return <-ended
	}, nil
}
