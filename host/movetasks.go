package host

import "context"

// startMoveTasks goes on with the message move tasks that an earlier process left running,
// and runs new ones.
func (h *Host) startMoveTasks(ctx context.Context) (stopFunc, error) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := h.background("move tasks", func() error { return h.queues.RunMoveTasks(running) })
	return func(context.Context) error {
		stop()
		return <-ended
	}, nil
}
