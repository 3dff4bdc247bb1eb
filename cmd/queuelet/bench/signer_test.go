package bench

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/queuelet/queuelet/sigauth"
)

func testRoute(t testing.TB, e Endpoint) *route {
	t.Helper()
	r, err := e.route()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func testEndpoint() Endpoint {
	return Endpoint{URL: "http://127.0.0.1:3001", Region: "eu-west-1", AccessKeyID: "AKIDBENCH", SecretAccessKey: "secret/of+bench"}
}

// verify lets the server's verifier judge the bytes of a request.
func verify(t testing.TB, e Endpoint, request []byte, at time.Time) error {
	t.Helper()
	credentials, err := sigauth.NewCredentials([]sigauth.Credential{{
		AccessKeyID: e.AccessKeyID, SecretAccessKey: e.SecretAccessKey, SessionToken: e.SessionToken, AccountID: "000000000000",
	}})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := sigauth.New(sigauth.Options{
		Source: credentials, Service: "sqs", Region: e.Region, EnforceRegion: true, Now: func() time.Time { return at },
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	if err != nil {
		t.Fatalf("the request is no HTTP: %v\n%s", err, request)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, err = verifier.Verify(r, body)
	return err
}

func TestSignaturesAreAccepted(t *testing.T) {
	now := time.Date(2026, 11, 24, 23, 59, 58, 0, time.UTC)
	for name, change := range map[string]func(*Endpoint){
		"plain":         func(*Endpoint) {},
		"path":          func(e *Endpoint) { e.URL += "/behind/a.proxy~1" },
		"default port":  func(e *Endpoint) { e.URL = "http://sqs.example.org" },
		"session token": func(e *Endpoint) { e.SessionToken = "token/of+a=session" },
	} {
		t.Run(name, func(t *testing.T) {
			e := testEndpoint()
			change(&e)
			s := newSigner(testRoute(t, e))
			for _, body := range []string{"", "{}", `{"QueueUrl":"http://x/1/q","MessageBody":"Grüße"}`} {
				for _, at := range []time.Time{now, now.Add(time.Hour), now} { // the day changes, and back
					request := s.appendRequest(nil, "SendMessage", []byte(body), at)
					if err := verify(t, e, request, at); err != nil {
						t.Errorf("body %q at %s: %v", body, at, err)
					}
				}
			}
		})
	}
}

func TestAnySignatureIsAccepted(t *testing.T) {
	e := testEndpoint()
	s := newSigner(testRoute(t, e))
	rapid.Check(t, func(rt *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(rt, "at"), 0)
		body := rapid.SliceOf(rapid.Byte()).Draw(rt, "body")
		if err := verify(t, e, s.appendRequest(nil, "SendMessageBatch", body, at), at); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestSignatureCoversTheRequest shows that the verifier does look.
func TestSignatureCoversTheRequest(t *testing.T) {
	e := testEndpoint()
	now := time.Now()
	request := newSigner(testRoute(t, e)).appendRequest(nil, "SendMessage", []byte(`{"a":1}`), now)
	for _, change := range [][2]string{{`{"a":1}`, `{"a":2}`}, {"AmazonSQS.SendMessage", "AmazonSQS.PurgeQueue"}, {"127.0.0.1", "127.0.0.2"}} {
		changed := bytes.Replace(request, []byte(change[0]), []byte(change[1]), 1)
		var refused *sigauth.Error
		if err := verify(t, e, changed, now); !errors.As(err, &refused) {
			t.Errorf("%q in the place of %q was accepted", change[1], change[0])
		}
	}
}

func TestEndpointsThatAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Endpoint){
		"no host":       func(e *Endpoint) { e.URL = "127.0.0.1" },
		"other scheme":  func(e *Endpoint) { e.URL = "ftp://127.0.0.1" },
		"odd path":      func(e *Endpoint) { e.URL += "/a b" },
		"double slash":  func(e *Endpoint) { e.URL += "/a//b" },
		"no URL at all": func(e *Endpoint) { e.URL = "http://[::1" },
		"no key":        func(e *Endpoint) { e.AccessKeyID = "" },
		"no secret":     func(e *Endpoint) { e.SecretAccessKey = "" },
		"no region":     func(e *Endpoint) { e.Region = "" },
	} {
		t.Run(name, func(t *testing.T) {
			e := testEndpoint()
			change(&e)
			var usage *Error
			if _, err := e.route(); !errors.As(err, &usage) || usage.Code != CodeUsage {
				t.Errorf("got %v, want a usage error", err)
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	s := newSigner(testRoute(b, testEndpoint()))
	body := bytes.Repeat([]byte("x"), 1024)
	now := time.Now()
	var request []byte
	b.ReportAllocs()
	for b.Loop() {
		request = s.appendRequest(request[:0], "DeleteMessageBatch", body, now)
	}
}
