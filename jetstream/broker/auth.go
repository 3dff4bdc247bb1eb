package broker

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// maxClients is how many native clients may be connected, maxClientsOfUser how many of
	// them with the same key.
	maxClients       = 256
	maxClientsOfUser = 64
)

// Client is what a native client may do.
type Client struct {
	// Account is the account of its queues.
	Account string
	// Token stands for the client in the subjects of its requests: what it publishes to
	// sqs.send.<queue> arrives in the engine's account as sqs.send.<token>.<queue>. Nobody
	// else can publish there. It is one token of a subject.
	Token string
	// Publish, Subscribe and DenySubscribe are subjects of the client's own account.
	Publish, Subscribe, DenySubscribe []string
	// Replay lets it read every stream of stored messages of its account, and make
	// consumers on them.
	Replay bool
	// Until is when the connection ends; zero for never.
	Until time.Time
}

// Authenticator admits native clients.
type Authenticator interface {
	// Authenticate returns what the client with these credentials may do, or false. It
	// runs for every connection, and again whenever rights may have changed. It takes as
	// long for a user that does not exist as for a wrong password.
	Authenticate(user, password string) (Client, bool)
}

// authenticator tells our own connections, which never leave the process, from native
// clients, and puts each into its account.
type authenticator struct {
	secret string // of our own connections, made anew at each start
	srv    *server.Server
	engine *server.Account

	mu      sync.Mutex
	clients Authenticator              // nil while nobody is admitted
	online  map[uint64]online          // by the server's number of the connection
	ready   map[string]*server.Account // accounts that are set up, by name
	busy    map[string]struct{}        // accounts of queues with too much going on
}

// online is a native client that was admitted.
type online struct {
	user, password string
	client         Client
}

func newAuthenticator() *authenticator {
	return &authenticator{
		secret: rand.Text(),
		online: map[uint64]online{},
		ready:  map[string]*server.Account{},
		busy:   map[string]struct{}{},
	}
}

// open prepares the engine's account on a server that has started.
func (a *authenticator) open(srv *server.Server) (err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.srv = srv
	// Accounts are copied at start: the one that is registered must be looked up.
	if a.engine, err = srv.LookupAccount(EngineAccount); err != nil {
		return fmt.Errorf("look up account %s: %w", EngineAccount, err)
	}
	if err := a.engine.EnableJetStream(nil, nil); err != nil {
		return fmt.Errorf("enable JetStream for account %s: %w", EngineAccount, err)
	}
	return exportFromEngine(a.engine)
}

// Admit lets native clients in as auth says. Nil admits nobody and disconnects all.
func (b *Broker) Admit(auth Authenticator) {
	b.auth.mu.Lock()
	b.auth.clients = auth
	b.auth.mu.Unlock()
	b.Recheck()
}

// Recheck disconnects every native client that would not be admitted now, or not with the
// rights that it has. Clients whose rights only changed get the new ones when they connect
// again, which NATS clients do by themselves.
func (b *Broker) Recheck() { b.auth.recheck() }

// Check implements [server.Authentication].
func (a *authenticator) Check(c server.ClientAuthentication) bool {
	opts := c.GetOpts()
	if addr := c.RemoteAddress(); addr == nil || addr.Network() == "pipe" {
		return a.checkOwn(c, opts)
	}
	a.mu.Lock()
	clients := a.clients
	a.mu.Unlock()
	if clients == nil {
		return false
	}
	client, ok := clients.Authenticate(opts.Username, opts.Password)
	if !ok {
		return false
	}
	user, ok := a.admit(c.GetID(), online{opts.Username, opts.Password, client})
	if !ok {
		return false
	}
	c.RegisterUser(user)
	// Rights that changed in between were not seen by the recheck that this called for.
	now, ok := clients.Authenticate(opts.Username, opts.Password)
	return ok && reflect.DeepEqual(now, client)
}

// checkOwn admits a connection of this process.
func (a *authenticator) checkOwn(c server.ClientAuthentication, opts *server.ClientOpts) bool {
	if subtle.ConstantTimeCompare([]byte(opts.Password), []byte(a.secret)) != 1 {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	account := a.engine
	if of, ok := strings.CutPrefix(opts.Username, tapUserPrefix); ok {
		account = a.ready[tapAccount(of)]
	} else if of, ok := strings.CutPrefix(opts.Username, functionUserPrefix); ok {
		account = a.ready[functionAccount(of)]
	}
	if account == nil {
		return false
	}
	c.RegisterUser(&server.User{Username: opts.Username, Account: account})
	return true
}

// admit notes a client that is about to be connected and returns it as the server's user.
func (a *authenticator) admit(id uint64, o online) (*server.User, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, busy := a.busy[o.client.Account]; busy || !a.room(id, o.user) {
		return nil, false
	}
	account, err := a.clientAccount(&o.client)
	if err != nil {
		a.srv.Errorf("native client %q cannot be admitted: %v", o.user, err)
		return nil, false
	}
	a.online[id] = o
	publish := o.client.Publish
	if o.client.Replay {
		publish = slices.Concat(publish, replaySubjects())
	}
	return &server.User{
		Username: o.user, Account: account, ConnectionDeadline: o.client.Until,
		Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: orNothing(publish)},
			Subscribe: &server.SubjectPermission{Allow: orNothing(o.client.Subscribe), Deny: o.client.DenySubscribe},
		},
	}, true
}

// orNothing is a list of subjects that does not mean every subject when it is empty.
func orNothing(subjects []string) []string {
	if len(subjects) == 0 {
		return []string{"_NOTHING"}
	}
	return subjects
}

// room tells whether one more connection of the user may be. Lock held.
func (a *authenticator) room(id uint64, user string) bool {
	maps.DeleteFunc(a.online, func(id uint64, _ online) bool { return a.srv.GetClient(id) == nil })
	delete(a.online, id) // a client may authenticate itself again on its connection
	same := 0
	for _, o := range a.online {
		if o.user == user {
			same++
		}
	}
	return len(a.online) < maxClients && same < maxClientsOfUser
}

func (a *authenticator) recheck() {
	a.mu.Lock()
	clients, all := a.clients, maps.Clone(a.online)
	a.mu.Unlock()
	type credentials struct{ user, password string }
	type verdict struct {
		client Client
		ok     bool
	}
	verdicts := map[credentials]verdict{}
	for id, o := range all {
		c := credentials{o.user, o.password}
		v, known := verdicts[c]
		if !known && clients != nil {
			v.client, v.ok = clients.Authenticate(o.user, o.password)
			verdicts[c] = v
		}
		if !v.ok || !reflect.DeepEqual(v.client, o.client) {
			a.disconnect(id)
		}
	}
}

// disconnect ends a client's connection. One that is gone already is no error.
func (a *authenticator) disconnect(id uint64) {
	_ = a.srv.DisconnectClientByID(id)
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.online, id)
}
