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
		Sender:     h.queues,
		Publisher:  publisher{h.connections},
		Taps:       h.store,
		Copier:     h.queues,
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
func mappings(configured []config.Mapping) ([]dispatch.Mapping, error) {
	all := make([]dispatch.Mapping, len(configured))
	for i, m := range configured {
		onSuccess, err := dispatch.ParseDestination(m.OnSuccess, m.AccountID)
		if err != nil {
			return nil, fmt.Errorf("read on_success of the mapping of %s to %s: %w", m.Queue, m.Function, err)
		}
		onFailure, err := dispatch.ParseDestination(m.OnFailure, m.AccountID)
		if err != nil {
			return nil, fmt.Errorf("read on_failure of the mapping of %s to %s: %w", m.Queue, m.Function, err)
		}
		all[i] = dispatch.Mapping{
			Queue:          queue.Key{Account: m.AccountID, Name: m.Queue},
			Tap:            m.Source == config.SourceTap,
			Function:       m.Function,
			BatchSize:      m.BatchSize,
			Window:         m.MaximumBatchingWindow,
			MinConcurrency: m.MinimumConcurrency,
			MaxConcurrency: m.MaximumConcurrency,
			Filters:        m.Filters,
			WholeBatch:     !m.ReportBatchItemFailures,
			Bisect:         m.BisectBatchOnFunctionError,
			OnSuccess:      onSuccess,
			OnFailure:      onFailure,
			Disabled:       !m.Enabled,
		}
	}
	return all, nil
}

// applyMappings makes the configured mappings those that are served of the configuration.
func (h *Host) applyMappings(configured []config.Mapping) error {
	all, err := mappings(configured)
	if err != nil {
		return err
	}
	return h.dispatcher.Apply(fromConfiguration, all)
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
