package jetstream_test

import (
	"context"
	"os"
	"testing"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
)

func TestMain(m *testing.M) { os.Exit(jetstreamtest.Main(m)) }

func open(ctx context.Context, dir string) (queue.Store, func() error, error) {
	e, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedOptions{Dir: dir, Fsync: true})
	if err != nil {
		return nil, nil, err
	}
	return e, e.Close, nil
}

// openStarved keeps no body in memory, so that each one is read back from disk.
func openStarved(ctx context.Context, dir string) (queue.Store, func() error, error) {
	e, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedOptions{Dir: dir, Fsync: true, CacheBytes: 1})
	if err != nil {
		return nil, nil, err
	}
	return e, e.Close, nil
}
