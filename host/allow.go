package host

import (
	"fmt"

	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/host/queue"
)

// allowLists are what access keys may do, by key id. A key without one may do everything.
type allowLists map[string]*queue.AllowList

// newAllowLists checks what a configuration grants.
func newAllowLists(c config.Config) (allowLists, error) {
	lists := allowLists{}
	for _, credential := range c.SQS.Auth.Credentials {
		if len(credential.Allow) == 0 {
			continue
		}
		grants := make([]queue.Grant, len(credential.Allow))
		for i, g := range credential.Allow {
			grants[i] = queue.Grant{Actions: g.Actions, Queues: g.Queues}
		}
		list, err := queue.NewAllowList(grants)
		if err != nil {
			return nil, fmt.Errorf("what key %s is allowed: %w", credential.AccessKeyID, err)
		}
		lists[credential.AccessKeyID] = list
	}
	return lists, nil
}

// allowed returns what a key may do now, nil for everything.
func (h *Host) allowed(accessKeyID string) *queue.AllowList {
	return (*h.allow.Load())[accessKeyID]
}
