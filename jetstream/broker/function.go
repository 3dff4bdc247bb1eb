package broker

import (
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// What functions publish goes through a NATS account of its own for each account of queues. Nobody but this process
// connects to it, and it has no JetStream. The clients of that account import all of its subjects, and are let in to those
// that functions were granted. A client answers a request on the reply subject, which leads back:
//
//	subject of the client     is in account             as subject
//	any                       functions of account      the same
//	sqs.reply.>               functions of account      the same

const (
	// ReplyPrefix begins the reply subjects of the requests that functions make.
	ReplyPrefix = "sqs.reply."

	functionAccountPrefix = "FUNCTIONS_"
	functionUserPrefix    = "functions."
)

func functionAccount(account string) string { return functionAccountPrefix + account }

// functionAccount returns the NATS account in which functions of an account of queues publish, set up. Lock held.
func (a *authenticator) functionAccount(of string) (*server.Account, error) {
	name := functionAccount(of)
	if account := a.ready[name]; account != nil {
		return account, nil
	}
	account, _ := a.srv.LookupOrRegisterAccount(name)
	if err := account.AddStreamExport(">", nil); err != nil {
		return nil, fmt.Errorf("export from account %s: %w", name, err)
	}
	if err := account.AddServiceExport(ReplyPrefix+">", nil); err != nil {
		return nil, fmt.Errorf("export %s: %w", ReplyPrefix, err)
	}
	a.ready[name] = account
	return account, nil
}

// importFunctions lets a client's account see what functions publish, and answer them. Lock held.
func (a *authenticator) importFunctions(account *server.Account, of string) error {
	functions, err := a.functionAccount(of)
	if err != nil {
		return err
	}
	if err := account.AddStreamImport(functions, ">", ""); err != nil {
		return fmt.Errorf("import what functions publish: %w", err)
	}
	if err := account.AddServiceImport(functions, ReplyPrefix+">", ReplyPrefix+">"); err != nil {
		return fmt.Errorf("import %s: %w", ReplyPrefix, err)
	}
	return nil
}

// ConnectFunctions returns a connection that publishes for the functions of an account of queues.
func (b *Broker) ConnectFunctions(account string) (*nats.Conn, error) {
	b.auth.mu.Lock()
	_, err := b.auth.functionAccount(account)
	b.auth.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return b.connect(functionUserPrefix+account, nats.CustomInboxPrefix(ReplyPrefix[:len(ReplyPrefix)-1]))
}
