package jetstream

import (
	"context"
	"errors"
	"log/slog"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/jetstream/broker"
)

// EmbeddedOptions configure a store on a server of its own.
type EmbeddedOptions struct {
	Dir string // data directory
	// Fsync makes answers wait until what they promise is on disk, shared by all that wait.
	// Without it they wait until the operating system has it, which a crash of the process
	// survives and a power cut does not.
	Fsync bool
	// MinFree is how many bytes of the disk must stay free. Messages are refused below it;
	// deletes go on, on half of it.
	MinFree    int64
	CacheBytes int64
	// Key encrypts what is on disk; see [broker.Options].
	Key string
	// Listen is for native NATS clients; see [broker.Options].
	Listen string
	// TapBytes bounds the stream of a queue that keeps its messages for replay by native
	// clients; 0 means DefaultTapBytes.
	TapBytes int64
	Logger   *slog.Logger
}

// Embedded is a store with its own NATS server in this process.
type Embedded struct {
	*Store

	Broker  *broker.Broker
	nc      *nats.Conn
	clients *nats.Conn     // for requests of native clients; nil when there are none
	syncer  *broker.Syncer // nil when nothing waits for it
}

// StartEmbedded starts a NATS server on a data directory and opens its store.
func StartEmbedded(ctx context.Context, o EmbeddedOptions) (*Embedded, error) {
	b, err := broker.Start(ctx, broker.Options{
		Dir: o.Dir, Listen: o.Listen, Logger: o.Logger,
		MinFree: o.MinFree / 2, Key: o.Key, SyncAlways: o.Fsync && !broker.CanSync,
	})
	if err != nil {
		return nil, err
	}
	e := &Embedded{Broker: b}
	if err := e.open(ctx, o); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Embedded) open(ctx context.Context, o EmbeddedOptions) (err error) {
	var sync func(stream string) error
	if o.Fsync && broker.CanSync {
		if e.syncer, err = broker.OpenSyncer(o.Dir); err != nil {
			return err
		}
		sync = e.syncer.Sync
	}
	if e.nc, err = e.Broker.Connect(); err != nil {
		return err
	}
	e.Store, err = Open(ctx, e.nc, Options{
		Sync:       sync,
		FreeBytes:  func() (int64, error) { return broker.FreeBytes(o.Dir) },
		MinFree:    o.MinFree,
		Reopen:     e.Broker.Reopen,
		Interest:   e.Broker.Interest,
		Taps:       TapOptions{Connect: e.Broker.ConnectTaps, Accounts: e.Broker.TapAccounts, MaxBytes: o.TapBytes},
		CacheBytes: o.CacheBytes,
		Logger:     o.Logger,
	})
	if err != nil || o.Listen == "" {
		return err
	}
	if e.clients, err = e.Broker.Connect(); err != nil {
		return err
	}
	consumers := &tapConsumers{taps: e.taps, log: e.opts.Logger}
	return consumers.serve(context.WithoutCancel(ctx), e.clients)
}

// Conn is a connection to the server in the engine's account.
func (e *Embedded) Conn() *nats.Conn { return e.nc }

// Close hands the shard back and stops the server.
func (e *Embedded) Close() error {
	if e.clients != nil {
		e.clients.Close()
	}
	var err error
	if e.Store != nil {
		err = e.Store.Close()
	}
	if e.nc != nil {
		e.nc.Close()
	}
	if e.syncer != nil {
		e.syncer.Close()
	}
	e.Broker.Shutdown()
	return err
}
