package host

import (
	"context"
	"fmt"

	"github.com/queuelet/queuelet/host/dispatch"
)

var _ dispatch.Publisher = publisher{}

// publisher publishes what destinations are told, where functions publish as well: for
// native clients of the account, whether there are any or not.
type publisher struct{ connections *functionConnections }

// Publish returns when the message is out.
func (p publisher) Publish(ctx context.Context, account, subject string, message []byte) error {
	nc, err := p.connections.of(account)
	if err != nil {
		return err
	}
	if err := nc.Publish(subject, message); err != nil {
		return fmt.Errorf("publish on %s: %w", subject, err)
	}
	if err := nc.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("publish on %s: %w", subject, err)
	}
	return nil
}

// nativeSubjects are those that native clients of an account can subscribe to: what
// functions and roles were granted, and what the mappings of the configuration tell of. It
// says as well whether functions make requests.
func (h *Host) nativeSubjects(account string) (subjects []string, requests bool) {
	subjects, requests = h.operations.Subjects(account)
	for _, r := range h.Config().Roles {
		if r.AccountID == account { // whether a deployed function has it already or not
			subjects = append(append(subjects, r.Grants.NATSPublish...), r.Grants.NATSRequest...)
			requests = requests || len(r.Grants.NATSRequest) > 0
		}
	}
	for _, m := range h.Config().Mappings {
		for _, text := range []string{m.OnSuccess, m.OnFailure} {
			to, err := dispatch.ParseDestination(text, m.AccountID)
			if err == nil && to.Subject != "" && m.AccountID == account {
				subjects = append(subjects, to.Subject)
			}
		}
	}
	return subjects, requests
}
