package sigauth

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

const (
	vectorKey    = "AKIDEXAMPLE"
	vectorSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

func vectorTime() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) }

// TestPublishedVectors verifies every signed request of the AWS signing test suite. Those that sign a path unnormalised,
// as S3 alone does, must be refused where that makes a difference.
func TestPublishedVectors(t *testing.T) {
	for _, vector := range readVectors(t) {
		t.Run(vector.name, func(t *testing.T) {
			r, body := parseVector(t, vector.request)
			token := r.Header.Get("X-Amz-Security-Token")
			if token == "" {
				token = r.URL.Query().Get("X-Amz-Security-Token")
			}
			verifier := newVerifier(t, Options{Service: "service", Now: vectorTime, Explain: true}, Credential{
				AccessKeyID: vectorKey, SecretAccessKey: vectorSecret, SessionToken: token, AccountID: "123456789012",
			})
			identity, err := verifier.Verify(r, body)
			if strings.Contains(vector.name, "unnormalized") && !strings.Contains(vector.name, "get-space") {
				if !errors.Is(err, ErrSignatureDoesNotMatch) {
					t.Fatalf("an unnormalised path was signed: got %v, want SignatureDoesNotMatch", err)
				}
				return
			}
			if err != nil {
				t.Fatal(explanation(err))
			}
			if identity.AccountID != "123456789012" || identity.AccessKeyID != vectorKey {
				t.Errorf("got %+v", identity)
			}
		})
	}
}

type vector struct{ name, request string }

// readVectors splits the file of vectors at its lines "-- name --".
func readVectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors/requests.txt")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	for _, part := range strings.Split(string(text), "\n-- ")[1:] {
		name, request, found := strings.Cut(part, " --\n")
		if !found {
			t.Fatalf("no vector: %q", part)
		}
		vectors = append(vectors, vector{name: name, request: request + "\n"})
	}
	if len(vectors) == 0 {
		t.Fatal("no vectors")
	}
	return vectors
}

// parseVector reads a request whose target net/http would not take from the wire: the suite has raw blanks in it.
func parseVector(t *testing.T, text string) (*http.Request, []byte) {
	t.Helper()
	requestLine, rest, _ := strings.Cut(text, "\n")
	method, target, _ := strings.Cut(requestLine, " ")
	target = strings.TrimSuffix(target, " HTTP/1.1")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " / HTTP/1.1\n" + rest)))
	if err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(target, "?")
	r.URL = &url.URL{Path: path, RawPath: path, RawQuery: query}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

// explanation is the whole message of a refusal, with the canonical request when the verifier explains.
func explanation(err error) string {
	refused, ok := errors.AsType[*Error](err)
	if !ok {
		return fmt.Sprintf("not an *Error: %v", err)
	}
	return refused.Message
}

// newVerifier makes a verifier for one set of credentials, for SQS at the time of the vectors unless the options say
// otherwise.
func newVerifier(t testing.TB, options Options, credentials ...Credential) *Verifier {
	t.Helper()
	source, err := NewCredentials(credentials)
	if err != nil {
		t.Fatal(err)
	}
	options.Source = source
	if options.Service == "" {
		options.Service = "sqs"
	}
	if options.Now == nil {
		options.Now = vectorTime
	}
	verifier, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}
