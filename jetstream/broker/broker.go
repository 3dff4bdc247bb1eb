package broker

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	// EngineAccount is the NATS account of the engine. It has JetStream; nobody but the
	// in-process connection is in it.
	EngineAccount = "QUEUELET"

	engineUser = "engine"

	// maxPayload admits the largest append: one message of 1 MiB with its envelope.
	maxPayload = 4 << 20
	// maxPending is how much may be buffered for one connection; beyond three quarters of it
	// messages are dropped for that connection, beyond all of it the connection is. The server knows only one limit for all, and our own connection must stand
	// several reads of a backlog at a time.
	maxPending = 64 << 20
	// maxSubscriptions is per connection.
	maxSubscriptions = 1024
	// maxConnections bounds the connections of native clients, also those that have not
	// authenticated themselves yet, and our own, which are few.
	maxConnections = 512

	startTimeout = 60 * time.Second
)

// Options configure the embedded server.
type Options struct {
	Dir string // data directory
	// Listen is where native NATS clients connect, "host:port"; "" means nowhere. Nobody is
	// let in before [Broker.Admit].
	Listen string
	// Key encrypts messages and journal on disk; "" leaves them plain. A directory is written
	// and read with the same key always.
	Key string
	// MinFree is how much of the disk JetStream must leave free, in bytes.
	MinFree int64
	// MaxStore is how many bytes JetStream may hold at the most; 0 leaves it to MinFree.
	MaxStore int64
	// SyncAlways makes JetStream itself sync every write, where the operating system has
	// no way to sync a whole file system at once.
	SyncAlways bool
	Logger     *slog.Logger
}

// Broker is a running embedded NATS server.
type Broker struct {
	dir    string
	srv    *server.Server
	auth   *authenticator
	guard  *guard // nil when nobody connects
	unlock func()
}

// Start opens the data directory and runs a server on it.
func Start(ctx context.Context, o Options) (*Broker, error) {
	unlock, err := openDirectory(o.Dir, o.Key)
	if err != nil {
		return nil, err
	}
	b, err := start(ctx, o)
	if err != nil {
		unlock()
		return nil, err
	}
	b.unlock = unlock
	return b, nil
}

func start(ctx context.Context, o Options) (*Broker, error) {
	maxStore, err := storeLimit(o.Dir, o.MinFree)
	if err != nil {
		return nil, err
	}
	if o.MaxStore > 0 {
		maxStore = min(maxStore, o.MaxStore)
	}
	auth := newAuthenticator()
	opts := &server.Options{
		ServerName:                 "queuelet",
		DontListen:                 o.Listen == "",
		NoSigs:                     true,
		NoSystemAccount:            true,
		MaxPayload:                 maxPayload,
		MaxPending:                 maxPending,
		MaxSubs:                    maxSubscriptions,
		MaxConn:                    maxConnections,
		NoFastProducerStall:        true, // a slow client would slow the engine down
		JetStream:                  true,
		StoreDir:                   o.Dir,
		JetStreamMaxStore:          maxStore,
		SyncAlways:                 o.SyncAlways,
		JetStreamKey:               o.Key,
		DisableJetStreamBanner:     true,
		JetStreamLimits:            server.JSLimitOpts{DefaultMaxConsumers: -1},
		Accounts:                   []*server.Account{server.NewAccount(EngineAccount)},
		CustomClientAuthentication: auth,
	}
	if err := listen(opts, o.Listen); err != nil {
		return nil, err
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("start NATS server: %w", err)
	}
	if o.Logger != nil {
		srv.SetLoggerV2(logger{ctx, o.Logger}, false, false, false)
	}
	b := &Broker{dir: o.Dir, srv: srv, auth: auth}
	srv.Start()
	if !srv.ReadyForConnections(startTimeout) {
		b.stop()
		return nil, &Error{
			Op: "start NATS server in", Path: o.Dir, Err: fmt.Errorf("it was not ready within %v", startTimeout),
			Hint: "see the log for what it waited for; nats.listen may be in use by another process",
		}
	}
	if err := auth.open(srv); err != nil {
		b.stop()
		return nil, fmt.Errorf("start JetStream: %w", err)
	}
	if o.Listen != "" {
		b.guard = startGuard(auth)
	}
	return b, nil
}

// listen sets where native clients connect.
func listen(opts *server.Options, address string) error {
	if address == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		opts.Host = host
		opts.Port, err = strconv.Atoi(port)
	}
	if err != nil {
		return &Error{Op: "listen on", Path: address, Err: err, Hint: "write nats.listen as host:port"}
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	return nil
}

// Connect returns a connection of the engine's account that does not leave the process.
func (b *Broker) Connect() (*nats.Conn, error) { return b.connect(engineUser) }

func (b *Broker) connect(user string, more ...nats.Option) (*nats.Conn, error) {
	options := append([]nats.Option{
		nats.InProcessServer(b.srv), nats.UserInfo(user, b.auth.secret),
		nats.MaxReconnects(-1), nats.ReconnectWait(20 * time.Millisecond), nats.Name(user),
	}, more...)
	nc, err := nats.Connect("", options...)
	if err != nil {
		return nil, fmt.Errorf("connect to embedded NATS server: %w", err)
	}
	return nc, nil
}

// Interest tells whether anybody, in any account, would get a message of the engine's
// account on that subject.
func (b *Broker) Interest(subject string) bool { return b.auth.engine.SubscriptionInterest(subject) }

// Dir is the data directory.
func (b *Broker) Dir() string { return b.dir }

// Addr is where native clients connect, nil when they cannot.
func (b *Broker) Addr() net.Addr { return b.srv.Addr() }

// Shutdown stops the server and waits until everything is on disk.
func (b *Broker) Shutdown() {
	b.stop()
	b.unlock()
}

func (b *Broker) stop() {
	if b.guard != nil {
		b.guard.stop()
	}
	b.srv.Shutdown()
	b.srv.WaitForShutdown()
}
