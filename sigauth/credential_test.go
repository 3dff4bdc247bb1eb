package sigauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCredentialShowsNoSecret formats a credential in every way a log line might.
func TestCredentialShowsNoSecret(t *testing.T) {
	credential := Credential{AccessKeyID: "AKID", SecretAccessKey: "hush", SessionToken: "hush", AccountID: "1"}
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%t", "%T %v"} {
		fmt.Fprintf(&shown, verb+" "+verb+"\n", credential, &credential)
		fmt.Fprintf(&shown, verb+"\n", []Credential{credential})
	}
	text, err := json.Marshal(map[string]any{"value": credential, "pointer": &credential})
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(text)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "credential", credential)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "credential", &credential)
	shown.Write(log.Bytes())
	source, err := NewCredentials([]Credential{credential})
	if err != nil {
		t.Fatal(err)
	}
	options := Options{Source: source, Service: "sqs"}
	verifier, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&shown, "%+v %#v %+v %+v", source, source, options, verifier)
	if strings.Contains(shown.String(), "hush") || strings.Contains(shown.String(), "68757368") {
		t.Errorf("secret shown:\n%s", shown.String())
	}
	if !strings.Contains(log.String(), "AKID") {
		t.Errorf("the key is missing in the log:\n%s", log.String())
	}
}

func TestCredentialsRefuse(t *testing.T) {
	good := Credential{AccessKeyID: "AKID", SecretAccessKey: "hush", AccountID: "1"}
	tests := []struct {
		name string
		list []Credential
		want string
	}{
		{"empty key", []Credential{{SecretAccessKey: "hush", AccountID: "1"}}, "number 1: the access key is empty"},
		{"slash", []Credential{good, {AccessKeyID: "A/B", SecretAccessKey: "hush", AccountID: "1"}}, `number 2: access key "A/B"`},
		{"line end", []Credential{{AccessKeyID: "AB\n", SecretAccessKey: "hush", AccountID: "1"}}, `access key "AB\n"`},
		{"empty secret", []Credential{{AccessKeyID: "AKID", AccountID: "1"}}, "empty secret"},
		{"no account", []Credential{{AccessKeyID: "AKID", SecretAccessKey: "hush"}}, "no account"},
		{"twice", []Credential{good, good}, `number 2: access key "AKID" is listed twice`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := NewCredentials(test.list)
			if !errors.Is(err, ErrInvalidCredentials) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "hush") {
				t.Errorf("secret shown: %v", err)
			}
			credentials, err := NewCredentials([]Credential{good})
			if err != nil {
				t.Fatal(err)
			}
			if err := credentials.Replace(test.list); err == nil {
				t.Error("Replace took it")
			}
			if _, ok := credentials.Credential("AKID"); !ok {
				t.Error("the list in force is gone")
			}
		})
	}
}

// TestReplacedSecret: a replaced secret counts at once, although the signing key of the old one is cached.
func TestReplacedSecret(t *testing.T) {
	source, err := NewCredentials([]Credential{testCredential()})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := New(Options{Source: source, Service: "sqs", Now: vectorTime})
	if err != nil {
		t.Fatal(err)
	}
	signed := func(secret string) *http.Request {
		signing := newSigning()
		signing.secret = secret
		r := request(http.MethodPost, "/", nil)
		signing.sign(t, r, nil)
		return r
	}
	before, after := signed(vectorSecret), signed("new")
	if _, err := verifier.Verify(before, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(after, nil); !errors.Is(err, ErrSignatureDoesNotMatch) {
		t.Fatalf("got %v", err)
	}
	replaced := testCredential()
	replaced.SecretAccessKey = "new"
	if err := source.Replace([]Credential{replaced}); err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(after, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(before, nil); !errors.Is(err, ErrSignatureDoesNotMatch) {
		t.Fatalf("got %v", err)
	}
	if err := source.Replace(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(after, nil); !errors.Is(err, ErrInvalidClientTokenID) {
		t.Fatalf("got %v", err)
	}
}

// TestReplaceWhileVerifying is for the race detector.
func TestReplaceWhileVerifying(t *testing.T) {
	source, err := NewCredentials([]Credential{testCredential()})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := New(Options{Source: source, Service: "sqs", Now: vectorTime})
	if err != nil {
		t.Fatal(err)
	}
	signing := newSigning()
	r := request(http.MethodPost, "/", nil)
	signing.sign(t, r, nil)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 200 {
				if _, err := verifier.Verify(r, nil); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 200 {
		if err := source.Replace([]Credential{testCredential()}); err != nil {
			t.Error(err)
		}
	}
	group.Wait()
}

func TestSessionToken(t *testing.T) {
	tests := []struct {
		name        string
		token, sent string
		expires     time.Time
		want        refusal
	}{
		{name: "right", token: "token", sent: "token", expires: vectorTime().Add(time.Second)},
		{name: "missing", token: "token", want: refusal{
			CodeInvalidClientTokenID, 403, "The security token included in the request is invalid", CauseToken,
		}},
		{name: "wrong", token: "token", sent: "other", want: refusal{
			CodeInvalidClientTokenID, 403, "The security token included in the request is invalid", CauseToken,
		}},
		{name: "none expected", sent: "token", want: refusal{
			CodeInvalidClientTokenID, 403, "The security token included in the request is invalid", CauseToken,
		}},
		{name: "expired", token: "token", sent: "token", expires: vectorTime(), want: refusal{
			CodeExpiredToken, 403, "The security token included in the request is expired", CauseToken,
		}},
		{name: "wrong and expired", token: "token", sent: "other", expires: vectorTime(), want: refusal{
			CodeInvalidClientTokenID, 403, "The security token included in the request is invalid", CauseToken,
		}},
	}
	for _, test := range tests {
		for _, form := range []string{"header", "query"} {
			t.Run(test.name+" in the "+form, func(t *testing.T) {
				credential := testCredential()
				credential.SessionToken, credential.Expires = test.token, test.expires
				verifier := newVerifier(t, Options{}, credential)
				signing := newSigning()
				r := request(http.MethodGet, "/", nil)
				if form == "header" {
					signing.token = test.sent
					signing.sign(t, r, nil)
				} else {
					extra := ""
					if test.sent != "" {
						extra = "&X-Amz-Security-Token=" + test.sent
					}
					signing.presign(t, r, nil, extra)
				}
				_, err := verifier.Verify(r, nil)
				if test.want.Code == "" {
					if err != nil {
						t.Fatal(err)
					}
					return
				}
				if got := refusalOf(t, err); got != test.want {
					t.Errorf("got %+v, want %+v", got, test.want)
				}
			})
		}
	}
}
