package broker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Every native client key has a NATS account of its own, and not one shared by all keys of
// an account of queues, for two reasons.
//
// Replies go to subjects that the client chooses. In a shared account another key could
// listen to its inbox, or be sent messages that look like answers.
//
// The reply to a request may be any subject, and the server does not ask whether the client
// may publish there: a request whose reply subject is $JS.API.STREAM.DELETE.X would delete a
// stream, by the hand of whoever answers. In an account of its own a client finds only what
// it may do anyway, and no account with JetStream is one that answers are sent to.
//
// What it shall reach in other accounts is imported, subject by subject:
//
//	subject of the client            is in account     as subject
//	sqs.send.<queue>                 engine            sqs.send.<token>.<queue>
//	sqs.tap.<queue>                  engine            sqs.tap.<account>.<queue>
//	$JS.API.CONSUMER.CREATE.>        engine            sqs.consumer.<account>.CREATE.>
//	$JS.API.CONSUMER.DURABLE.>       engine            sqs.consumer.<account>.DURABLE.>
//	other $JS.API.…, $JS.ACK.>       taps of account   the same
//
// and what functions publish, see function.go.
//
// Consumers are not created directly, because one that delivers to a subject of its choice
// would reach everything in the account of the taps.

const (
	// SendPrefix begins the subjects of the engine's account where sends of native clients
	// arrive, as the table above says.
	SendPrefix = "sqs.send."
	// TapPrefix begins those where stored messages are published for them.
	TapPrefix = "sqs.tap."
	// ConsumerPrefix begins those where their requests for consumers arrive.
	ConsumerPrefix = "sqs.consumer."

	clientAccountPrefix = "CLIENT_"
	replayAccountPrefix = "REPLAY_"
	tapAccountPrefix    = "TAPS_"
	tapUserPrefix       = "taps."

	createConsumer  = "$JS.API.CONSUMER.CREATE.>"
	durableConsumer = "$JS.API.CONSUMER.DURABLE.>"
	acknowledge     = "$JS.ACK.>"
	nextMessage     = "$JS.API.CONSUMER.MSG.NEXT.*.*"

	// MaxPull is how long a pull of a native client may wait. The server keeps a record of
	// each pull until it has been silent for answerTimeout.
	MaxPull       = time.Minute
	answerTimeout = 90 * time.Second
)

// readOnlyRequests are the requests to JetStream that have one answer and change nothing
// but the client's own place in a stream.
func readOnlyRequests() []string {
	return []string{
		"$JS.API.INFO",
		"$JS.API.STREAM.NAMES",
		"$JS.API.STREAM.LIST",
		"$JS.API.STREAM.INFO.*",
		"$JS.API.STREAM.MSG.GET.*",
		"$JS.API.CONSUMER.NAMES.*",
		"$JS.API.CONSUMER.LIST.*",
		"$JS.API.CONSUMER.INFO.*.*",
		"$JS.API.CONSUMER.DELETE.*.*",
		acknowledge,
	}
}

// replaySubjects is what a client publishes to that replays streams.
func replaySubjects() []string {
	return append(readOnlyRequests(), nextMessage, createConsumer, durableConsumer)
}

func tapAccount(account string) string { return tapAccountPrefix + account }

// exportFromEngine lets the accounts of clients import from the engine's.
func exportFromEngine(engine *server.Account) error {
	for _, prefix := range []string{SendPrefix, ConsumerPrefix} {
		if err := engine.AddServiceExport(prefix+">", nil); err != nil {
			return fmt.Errorf("export %s: %w", prefix, err)
		}
	}
	if err := engine.AddStreamExport(TapPrefix+">", nil); err != nil {
		return fmt.Errorf("export %s: %w", TapPrefix, err)
	}
	return nil
}

// clientAccount returns the NATS account of a client, set up. Lock held.
func (a *authenticator) clientAccount(c *Client) (*server.Account, error) {
	name := clientAccountPrefix + c.Account + "_" + c.Token
	if c.Replay {
		name = replayAccountPrefix + c.Account + "_" + c.Token
	}
	if account := a.ready[name]; account != nil {
		return account, nil
	}
	account, _ := a.srv.LookupOrRegisterAccount(name)
	if err := account.AddServiceImport(a.engine, SendPrefix+">", SendPrefix+c.Token+".>"); err != nil {
		return nil, fmt.Errorf("set up account %s: %w", name, err)
	}
	if err := account.AddMappedStreamImport(a.engine, TapPrefix+c.Account+".>", TapPrefix+">"); err != nil {
		return nil, fmt.Errorf("set up account %s: %w", name, err)
	}
	if err := a.importFunctions(account, c.Account); err != nil {
		return nil, fmt.Errorf("set up account %s: %w", name, err)
	}
	if c.Replay {
		if err := a.importReplay(account, c.Account); err != nil {
			return nil, fmt.Errorf("set up account %s: %w", name, err)
		}
	}
	a.ready[name] = account
	return account, nil
}

// importReplay lets a client's account use the streams of stored messages. Lock held.
func (a *authenticator) importReplay(account *server.Account, of string) error {
	taps, err := a.tapAccount(of)
	if err != nil {
		return err
	}
	for _, subject := range append(readOnlyRequests(), nextMessage) {
		if err := account.AddServiceImport(taps, subject, subject); err != nil {
			return fmt.Errorf("import %s: %w", subject, err)
		}
	}
	for from, to := range map[string]string{createConsumer: "CREATE.>", durableConsumer: "DURABLE.>"} {
		if err := account.AddServiceImport(a.engine, from, ConsumerPrefix+of+"."+to); err != nil {
			return fmt.Errorf("import %s: %w", from, err)
		}
	}
	return nil
}

// tapAccount returns the NATS account with the streams of stored messages of an account of
// queues, set up. Nobody but this process connects to it. Lock held.
func (a *authenticator) tapAccount(of string) (*server.Account, error) {
	name := tapAccount(of)
	if account := a.ready[name]; account != nil {
		return account, nil
	}
	account, _ := a.srv.LookupOrRegisterAccount(name)
	if err := account.EnableJetStream(nil, nil); err != nil {
		return nil, fmt.Errorf("enable JetStream for account %s: %w", name, err)
	}
	for _, subject := range readOnlyRequests() {
		if err := account.AddServiceExport(subject, nil); err != nil {
			return nil, fmt.Errorf("export %s: %w", subject, err)
		}
	}
	if err := account.AddServiceExportWithResponse(nextMessage, server.Streamed, nil); err != nil {
		return nil, fmt.Errorf("export %s: %w", nextMessage, err)
	}
	if err := account.SetServiceExportResponseThreshold(nextMessage, answerTimeout); err != nil {
		return nil, fmt.Errorf("export %s: %w", nextMessage, err)
	}
	a.ready[name] = account
	return account, nil
}

// ConnectTaps returns a connection to the NATS account that holds the streams of stored
// messages of an account of queues.
func (b *Broker) ConnectTaps(account string) (*nats.Conn, error) {
	b.auth.mu.Lock()
	_, err := b.auth.tapAccount(account)
	b.auth.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return b.connect(tapUserPrefix + account)
}

// TapAccounts lists the accounts of queues that have streams of stored messages on disk.
func (b *Broker) TapAccounts() ([]string, error) {
	dirs, err := os.ReadDir(filepath.Join(b.dir, server.JetStreamStoreDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Op: "list the taps in", Path: b.dir, Err: err, Hint: "check that the directory is readable for this user"}
	}
	var accounts []string
	for _, d := range dirs {
		if account, ok := strings.CutPrefix(d.Name(), tapAccountPrefix); ok {
			accounts = append(accounts, account)
		}
	}
	return accounts, nil
}
