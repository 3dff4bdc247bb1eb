package host

import (
	"context"
	"fmt"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
)

// startMappings starts what feeds functions from queues, without a mapping yet.
func (h *Host) startMappings(ctx context.Context) (stopFunc, error) {
	c := h.Config()
	dispatcher, err := dispatch.New(h.queues, h.invoker, dispatch.Options{
		Region:     c.SQS.Region,
		Grace:      c.ShutdownGrace,
		Logger:     h.log.With("component", "dispatch"),
		Activity:   h.feed,
		Registerer: h.metrics.registry,
	})
	if err != nil {
		return nil, err
	}
	h.dispatcher = dispatcher
	h.phase.counts(func() string { return inWork(dispatcher) })
	taking, stopTaking := context.WithCancel(context.WithoutCancel(ctx))
	h.onDrain(stopTaking)
	ended := h.background("dispatch", func() error { return dispatcher.Run(taking) })
	return func(context.Context) error {
		stopTaking()
		return <-ended
	}, nil
}

// fromConfiguration is the origin of the configured mappings: those of other origins come
// and go without them.
const fromConfiguration = "configuration"

// mappings returns the configured mappings as dispatch wants them.
func mappings(configured []config.Mapping) []dispatch.Mapping {
	all := make([]dispatch.Mapping, len(configured))
	for i, m := range configured {
		all[i] = dispatch.Mapping{
			Queue:          queue.Key{Account: m.AccountID, Name: m.Queue},
			Function:       m.Function,
			BatchSize:      m.BatchSize,
			Window:         m.MaximumBatchingWindow,
			MaxConcurrency: m.MaximumConcurrency,
			Disabled:       !m.Enabled,
		}
	}
	return all
}

// inWork says how many batches functions have in work, "" for none.
func inWork(dispatcher *dispatch.Dispatcher) string {
	running := 0
	for _, status := range dispatcher.Status() {
		running += status.Running
	}
	if running == 0 {
		return ""
	}
	return fmt.Sprintf("%d batches in work", running)
}
