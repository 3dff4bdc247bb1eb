package config

import (
	"fmt"
	"strings"
)

// check reports values that are right one by one and wrong together. It runs before
// derived values are filled in, so that it judges what was written.
func (d *decoder) check(c *Config) {
	d.checkListeners(c)
	d.checkCredentials(c)
	d.checkQueues(c)
	d.checkRoles(c)
	d.checkFunctions(c)
	d.checkMappings(c)
}

func (d *decoder) checkListeners(c *Config) {
	taken := make(map[string]string)
	for _, l := range c.listeners() {
		if other, ok := taken[l.address]; ok && !strings.HasSuffix(l.address, ":0") {
			d.fail(CodeConflict, l.key, l.address, complain("is the address of "+other+" as well", "choose another port"))
		}
		taken[l.address] = l.key
		if address(l.address) != nil || loopback(l.address) || !c.developmentKey() {
			continue
		}
		d.fail(CodeConflict, l.key, l.address, complain(
			"can be reached from other machines, while the only key is the development key, which everybody knows",
			"configure sqs.auth.credentials, or listen on 127.0.0.1"))
	}
}

// developmentKey says whether the well-known key would be accepted.
func (c *Config) developmentKey() bool {
	for _, credential := range c.SQS.Auth.Credentials {
		if credential.AccessKeyID == DevelopmentAccessKeyID && credential.SecretAccessKey == DevelopmentSecretAccessKey {
			return true
		}
	}
	return len(c.SQS.Auth.Credentials) == 0
}

func (d *decoder) checkCredentials(c *Config) {
	seen := make(map[string]bool)
	for i, credential := range c.SQS.Auth.Credentials {
		id := credential.AccessKeyID
		if id != "" && seen[id] {
			d.fail(CodeDuplicate, fmt.Sprintf("sqs.auth.credentials[%d].access_key_id", i), id,
				complain("is the id of two credentials", "remove one of the two"))
		}
		seen[id] = true
	}
}

// account is the account of an item, before defaults are filled in.
func (c *Config) account(own string) string {
	switch {
	case own != "":
		return own
	case c.SQS.AccountID != "":
		return c.SQS.AccountID
	case len(c.SQS.Auth.Credentials) > 0 && c.SQS.Auth.Credentials[0].AccountID != "":
		return c.SQS.Auth.Credentials[0].AccountID
	}
	return DevelopmentAccountID
}

// reachable says whether some credential belongs to an account.
func (c *Config) reachable(account string) bool {
	for _, credential := range c.SQS.Auth.Credentials {
		if c.account(credential.AccountID) == account {
			return true
		}
	}
	return len(c.SQS.Auth.Credentials) == 0 && account == c.account("")
}

func (d *decoder) checkQueues(c *Config) {
	seen := make(map[string]bool)
	for i, q := range c.Queues {
		at := fmt.Sprintf("queues[%d]", i)
		d.checkOwned(c, at, "queues", q.Name, q.AccountID, seen)
		d.checkDeadLetter(at, q)
	}
}

// checkOwned wants what an account owns to have a name of its own there, and the account to have a credential.
func (d *decoder) checkOwned(c *Config, at, what, name, accountID string, seen map[string]bool) {
	account := c.account(accountID)
	if name != "" && seen[account+"/"+name] {
		d.fail(CodeDuplicate, at+".name", name, complain("is the name of two "+what, "remove one of the two"))
	}
	seen[account+"/"+name] = true
	if !c.reachable(account) {
		d.fail(CodeConflict, at+".account_id", account, strangeAccount())
	}
}

func strangeAccount() error {
	return complain("is an account that no credential belongs to", "add a credential of that account, or correct account_id")
}

func (d *decoder) checkDeadLetter(at string, q Queue) {
	target := q.DeadLetter.Queue
	if target == "" {
		return
	}
	key := at + ".dead_letter.queue"
	switch {
	case target == q.Name:
		d.fail(CodeConflict, key, target, complain("is the queue itself", "name another queue"))
	case fifo(target) != fifo(q.Name):
		d.fail(CodeConflict, key, target, complain(
			"is not of the same type as "+q.Name, "the dead-letter queue of a FIFO queue is a FIFO queue, that of a standard queue a standard queue"))
	}
	if _, ok := q.Attributes["RedrivePolicy"]; ok {
		d.fail(CodeConflict, at+".attributes.RedrivePolicy", "", complain("is given beside dead_letter", "remove one of the two"))
	}
}

func fifo(queue string) bool { return strings.HasSuffix(queue, ".fifo") }

func (d *decoder) checkFunctions(c *Config) {
	seen := make(map[string]bool)
	for i, f := range c.Functions {
		if f.Name != "" && seen[f.Name] {
			d.fail(CodeDuplicate, fmt.Sprintf("functions[%d].name", i), f.Name,
				complain("is the name of two functions", "remove one of the two"))
		}
		seen[f.Name] = true
		if account := c.account(f.AccountID); !c.reachable(account) {
			d.fail(CodeConflict, fmt.Sprintf("functions[%d].account_id", i), account, strangeAccount())
		}
		d.checkRoleOf(fmt.Sprintf("functions[%d].role", i), f, c)
	}
}

func unknownName(reason, name string, known []string) error {
	hint := "add it there"
	if word, ok := nearest(name, known); ok {
		hint = fmt.Sprintf("did you mean %s?", word)
	}
	return complain(reason, hint)
}
