package broker

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
)

// Reopen closes all streams and opens them again from disk; clients stay connected. A
// stream of JetStream takes no more writes once one of them has failed, also when what made
// it fail is over, until it is opened again.
func (b *Broker) Reopen() error {
	b.auth.mu.Lock()
	defer b.auth.mu.Unlock()
	failures := []error{reopen(b.auth.engine)}
	for _, account := range b.auth.ready {
		if account.JetStreamEnabled() { // the streams of taps
			failures = append(failures, reopen(account))
		}
	}
	return errors.Join(failures...)
}

func reopen(account *server.Account) error {
	if err := account.DisableJetStream(); err != nil {
		return fmt.Errorf("close the streams of account %s: %w", account.Name, err)
	}
	if err := account.EnableJetStream(nil, nil); err != nil {
		return fmt.Errorf("open the streams of account %s again: %w", account.Name, err)
	}
	return nil
}
