package broker

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
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
	// maxPending is how much may be buffered for one connection, so that reading a
	// backlog at takeover does not make the server drop our own connection.
	maxPending = 256 << 20

	startTimeout = 60 * time.Second
)

// Authenticator admits native NATS clients. It runs once per connection, so that keys
// can change without a restart.
type Authenticator interface {
	// Authenticate returns the NATS account and the permissions of a user, or false.
	Authenticate(user, password string) (account string, perms *server.Permissions, ok bool)
}

// Options configure the embedded server.
type Options struct {
	Dir string // data directory
	// Listen is where native NATS clients connect, "host:port"; "" means nowhere.
	Listen string
	// Auth admits native clients. Nil admits nobody.
	Auth Authenticator
	// MinFree is how much of the disk JetStream must leave free, in bytes.
	MinFree int64
	// SyncAlways makes JetStream itself sync every write, where the operating system has
	// no way to sync a whole file system at once.
	SyncAlways bool
	Logger     *slog.Logger
}

// Broker is a running embedded NATS server.
type Broker struct {
	srv    *server.Server
	auth   *authenticator
	unlock func()
}

// Start opens the data directory and runs a server on it.
func Start(ctx context.Context, o Options) (*Broker, error) {
	unlock, err := openDirectory(o.Dir)
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
	auth := &authenticator{secret: rand.Text(), clients: o.Auth}
	opts := &server.Options{
		ServerName:                 "queuelet",
		DontListen:                 o.Listen == "",
		NoSigs:                     true,
		NoSystemAccount:            true,
		MaxPayload:                 maxPayload,
		MaxPending:                 maxPending,
		JetStream:                  true,
		StoreDir:                   o.Dir,
		JetStreamMaxStore:          maxStore,
		SyncAlways:                 o.SyncAlways,
		DisableJetStreamBanner:     true,
		JetStreamLimits:            server.JSLimitOpts{DefaultMaxConsumers: -1},
		Accounts:                   []*server.Account{server.NewAccount(EngineAccount)},
		CustomClientAuthentication: auth,
	}
	if o.Listen != "" {
		host, port, err := net.SplitHostPort(o.Listen)
		if err != nil {
			return nil, &Error{Op: "listen on", Path: o.Listen, Err: err, Hint: "write nats.listen as host:port"}
		}
		opts.Host = host
		if opts.Port, err = strconv.Atoi(port); err != nil {
			return nil, &Error{Op: "listen on", Path: o.Listen, Err: err, Hint: "write nats.listen as host:port"}
		}
		if opts.Port == 0 {
			opts.Port = server.RANDOM_PORT
		}
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("start NATS server: %w", err)
	}
	if o.Logger != nil {
		srv.SetLoggerV2(logger{ctx, o.Logger}, false, false, false)
	}
	b := &Broker{srv: srv, auth: auth}
	srv.Start()
	if !srv.ReadyForConnections(startTimeout) {
		b.stop()
		return nil, &Error{Op: "start NATS server in", Path: o.Dir, Err: fmt.Errorf("it was not ready within %v", startTimeout),
			Hint: "see the log for what it waited for; nats.listen may be in use by another process"}
	}
	// Accounts are copied at start: the one that is registered must be looked up.
	auth.engine, err = srv.LookupAccount(EngineAccount)
	if err == nil {
		err = auth.engine.EnableJetStream(nil, nil)
	}
	if err != nil {
		b.stop()
		return nil, fmt.Errorf("start JetStream: %w", err)
	}
	auth.lookup = srv.LookupAccount
	return b, nil
}

// Connect returns a connection of the engine's account that does not leave the process.
func (b *Broker) Connect() (*nats.Conn, error) {
	nc, err := nats.Connect("", nats.InProcessServer(b.srv), nats.UserInfo(engineUser, b.auth.secret),
		nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond), nats.Name("engine"))
	if err != nil {
		return nil, fmt.Errorf("connect to embedded NATS server: %w", err)
	}
	return nc, nil
}

// Interest tells whether anybody, in any account, would get a message of the engine's
// account on that subject.
func (b *Broker) Interest(subject string) bool { return b.auth.engine.SubscriptionInterest(subject) }

// Server is the embedded server, for setting up accounts.
func (b *Broker) Server() *server.Server { return b.srv }

// Addr is where native clients connect, nil when they cannot.
func (b *Broker) Addr() net.Addr { return b.srv.Addr() }

// Shutdown stops the server and waits until everything is on disk.
func (b *Broker) Shutdown() {
	b.stop()
	b.unlock()
}

func (b *Broker) stop() {
	b.srv.Shutdown()
	b.srv.WaitForShutdown()
}

// authenticator tells the engine's own connection, which never leaves the process, from
// native clients.
type authenticator struct {
	secret  string // of the engine's connection, made anew at each start
	clients Authenticator
	engine  *server.Account
	lookup  func(string) (*server.Account, error)
}

// Check implements [server.Authentication].
func (a *authenticator) Check(c server.ClientAuthentication) bool {
	opts := c.GetOpts()
	if addr := c.RemoteAddress(); addr == nil || addr.Network() == "pipe" {
		if opts.Username != engineUser || subtle.ConstantTimeCompare([]byte(opts.Password), []byte(a.secret)) != 1 {
			return false
		}
		c.RegisterUser(&server.User{Username: engineUser, Account: a.engine})
		return true
	}
	if a.clients == nil {
		return false
	}
	name, perms, ok := a.clients.Authenticate(opts.Username, opts.Password)
	if !ok {
		return false
	}
	account, err := a.lookup(name)
	if err != nil {
		return false
	}
	c.RegisterUser(&server.User{Username: opts.Username, Account: account, Permissions: perms})
	return true
}
