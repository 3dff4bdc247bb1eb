package sigauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
)

// Credential is one access key. However it is formatted, logged or marshalled, it never shows its secret or its token.
type Credential struct {
	AccessKeyID     string
	SecretAccessKey string
	// SessionToken must accompany every request of temporary credentials; empty for permanent ones.
	SessionToken string
	// AccountID is the account the key belongs to.
	AccountID string
	// Expires is when the credential stops being accepted; the zero time means never.
	Expires time.Time
}

// String names the key and its account.
func (c Credential) String() string {
	return fmt.Sprintf("access key %q of account %q", c.AccessKeyID, c.AccountID)
}

// GoString is String: %#v shows no more.
func (c Credential) GoString() string { return c.String() }

// Format writes String for every verb, because fmt would otherwise print the fields for the verbs no string has.
func (c Credential) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, c.String()) // fmt.State does not fail
}

// LogValue shows slog the key and its account.
func (c Credential) LogValue() slog.Value {
	return slog.GroupValue(slog.String("access_key_id", c.AccessKeyID), slog.String("account_id", c.AccountID))
}

// MarshalJSON writes the key and its account.
func (c Credential) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(map[string]string{"access_key_id": c.AccessKeyID, "account_id": c.AccountID})
	if err != nil {
		return nil, fmt.Errorf("marshal %s: %w", c, err)
	}
	return text, nil
}

// Identity is who signs with the credential, as [Verifier.Verify] answers it.
func (c Credential) Identity() Identity {
	return Identity{AccessKeyID: c.AccessKeyID, AccountID: c.AccountID, Principal: principal(c.AccessKeyID)}
}

// CredentialSource looks access keys up. Implementations are safe for concurrent use and answer from memory: the
// verifier asks once for every request.
type CredentialSource interface {
	Credential(accessKeyID string) (Credential, bool)
}

// ErrInvalidCredentials is what [NewCredentials] and [Credentials.Replace] wrap when they refuse a list.
var ErrInvalidCredentials = errors.New("invalid credentials")

// Credentials is a CredentialSource in memory that is replaced as a whole while requests are verified.
type Credentials struct {
	byKey atomic.Pointer[map[string]Credential]
}

var _ CredentialSource = (*Credentials)(nil)

// NewCredentials holds the listed credentials. It refuses, with ErrInvalidCredentials, an empty or repeated access key, a
// key that no signature could carry, an empty secret and an empty account.
func NewCredentials(list []Credential) (*Credentials, error) {
	credentials := &Credentials{}
	if err := credentials.Replace(list); err != nil {
		return nil, err
	}
	return credentials, nil
}

// Replace swaps the whole list in one step; a list that is refused leaves the present one in force.
func (c *Credentials) Replace(list []Credential) error {
	byKey := make(map[string]Credential, len(list))
	for i, credential := range list {
		if fault := credentialFault(credential); fault != "" {
			return fmt.Errorf("%w: number %d: %s", ErrInvalidCredentials, i+1, fault)
		}
		if _, repeated := byKey[credential.AccessKeyID]; repeated {
			return fmt.Errorf("%w: number %d: access key %q is listed twice: remove one of them",
				ErrInvalidCredentials, i+1, credential.AccessKeyID)
		}
		byKey[credential.AccessKeyID] = credential
	}
	c.byKey.Store(&byKey)
	return nil
}

// Credential looks one access key up.
func (c *Credentials) Credential(accessKeyID string) (Credential, bool) {
	credential, ok := (*c.byKey.Load())[accessKeyID]
	return credential, ok
}

// credentialFault says what makes a credential unusable, or "".
func credentialFault(c Credential) string {
	switch {
	case c.AccessKeyID == "":
		return "the access key is empty"
	case strings.ContainsFunc(c.AccessKeyID, unfitForScope):
		return fmt.Sprintf("access key %q has a character that a signature cannot carry: use letters, digits, '-' and '_'",
			c.AccessKeyID)
	case c.SecretAccessKey == "":
		return fmt.Sprintf("access key %q has an empty secret", c.AccessKeyID)
	case c.AccountID == "":
		return fmt.Sprintf("access key %q belongs to no account", c.AccessKeyID)
	default:
		return ""
	}
}

// unfitForScope reports the characters that end or split the Credential part of an Authorization header.
func unfitForScope(r rune) bool {
	return r <= ' ' || r > '~' || r == '/' || r == ','
}
