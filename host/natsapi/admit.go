package natsapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

const (
	tapPrefix = "sqs.tap."
	allTaps   = tapPrefix + ">"
	allInbox  = "_INBOX.>"

	// allReplies is where the requests of functions are answered.
	allReplies = "sqs.reply.>"

	// maxListedTaps is to how many taps a client is admitted one by one.
	maxListedTaps = 1000
)

// Client is what an authenticated client may do: subjects are those that it sees.
type Client struct {
	// Account is the account of its queues.
	Account string
	// Token stands for the client in the subjects of its requests.
	Token string
	// Publish, Subscribe and DenySubscribe are subjects.
	Publish, Subscribe, DenySubscribe []string
	// Replay lets it use the streams of its account's taps.
	Replay bool
	// Until is when the connection ends; zero for never.
	Until time.Time
}

// Authenticate returns what the client with this access key and secret may do, or false. It
// takes as long for a key that does not exist as for a wrong secret.
func (a *API) Authenticate(user, password string) (Client, bool) {
	c, known := a.opts.Credential(user)
	// Digests have one length, so that the comparison does not tell that of the secret.
	given, want := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(c.Secret))
	same := subtle.ConstantTimeCompare(given[:], want[:]) == 1
	if !same || !known || c.Secret == "" || !c.valid() {
		return Client{}, false
	}
	client := Client{
		Account: c.Caller.Account,
		Token:   token(user),
		Publish: []string{sendPrefix + "*", sendPrefix + "*.fifo"},
		Until:   c.Expires,
	}
	a.admitToTaps(&client, c.Caller)
	a.admitToFunctions(&client, c.Caller)
	return client, true
}

// admitToFunctions lets a caller without an allow-list see what functions publish, and answer their requests.
func (a *API) admitToFunctions(client *Client, caller queue.Caller) {
	if caller.Allow != nil || a.opts.Functions == nil {
		return
	}
	subjects, requests := a.opts.Functions(caller.Account)
	slices.Sort(subjects) // the same rights have to look the same
	client.Subscribe = append(client.Subscribe, slices.Compact(subjects)...)
	if requests {
		client.Publish = append(client.Publish, allReplies)
	}
}

// valid tells whether the credential may be used here and now.
func (c *Credential) valid() bool {
	return c.SessionToken == "" && (c.Expires.IsZero() || time.Now().Before(c.Expires))
}

// admitToTaps fills in which taps the caller may read.
func (a *API) admitToTaps(client *Client, caller queue.Caller) {
	client.Subscribe = []string{allInbox}
	if caller.Allow == nil {
		client.Subscribe = append(client.Subscribe, allTaps)
		client.DenySubscribe = a.refusedTaps(caller)
		client.Replay = len(client.DenySubscribe) == 0
		return
	}
	for _, def := range a.definitions.Queues(caller.Account, "") {
		if len(client.Subscribe) > maxListedTaps {
			break
		}
		if a.queues.Authorize(caller, def.Key, queue.ActionReceiveMessage) == nil {
			client.Subscribe = append(client.Subscribe, tapPrefix+def.Name)
		}
	}
}

// refusedTaps lists the taps of the caller's account that the queues' policies keep from him.
func (a *API) refusedTaps(caller queue.Caller) []string {
	var refused []string
	for _, def := range a.definitions.Queues(caller.Account, "") {
		if def.Attributes.Policy != "" && a.queues.Authorize(caller, def.Key, queue.ActionReceiveMessage) != nil {
			refused = append(refused, tapPrefix+def.Name)
		}
	}
	return slices.Clip(refused)
}

// token writes an access key as one token of a subject.
func token(accessKeyID string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(accessKeyID))
}

// accessKeyID is the inverse of token.
func accessKeyID(token string) (string, bool) {
	id, err := base64.RawURLEncoding.DecodeString(token)
	return string(id), err == nil
}
