package host

import (
	"context"
	"fmt"
	"time"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/jetstream"
)

// startStore starts the embedded server and reads the queues in.
func (h *Host) startStore(ctx context.Context) (stopFunc, error) {
	c := h.Config()
	began := time.Now()
	store, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedOptions{
		Dir:     c.Storage.Dir,
		Fsync:   c.Storage.Durability == config.DurabilityFsync,
		MinFree: int64(c.Storage.MinFree),
		Key:     c.Storage.EncryptionKey.Reveal(),
		Listen:  c.NATS.Listen,
		Logger:  h.log.With("component", "store"),
	})
	if err != nil {
		return nil, err
	}
	h.store = store
	h.phase.watch(store.Err)
	h.log.InfoContext(ctx, "store is open", "dir", c.Storage.Dir, "durability", string(c.Storage.Durability),
		"queues", len(store.Queues("", "")), "took", time.Since(began).Round(time.Millisecond))
	return func(context.Context) error {
		if err := store.Close(); err != nil {
			return fmt.Errorf("close the store: %w", err)
		}
		return nil
	}, nil
}
