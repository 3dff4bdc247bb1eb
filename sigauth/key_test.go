package sigauth

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestStrangersDoNotFillTheCache: only a right signature puts a key into the cache.
func TestStrangersDoNotFillTheCache(t *testing.T) {
	verifier := newVerifier(t, Options{}, testCredential())
	for i := range 10 {
		for _, key := range []string{vectorKey, "AKIDSTRANGER"} {
			signing := newSigning()
			signing.key, signing.secret = key, "guess"
			signing.scope = fmt.Sprintf("20150830/region-%d/sqs/aws4_request", i)
			r := request(http.MethodPost, "/", nil)
			signing.sign(t, r, nil)
			if _, err := verifier.Verify(r, nil); err == nil {
				t.Fatal("accepted")
			}
		}
	}
	if n := len(verifier.keys.keys); n != 0 {
		t.Errorf("%d keys cached", n)
	}
}

// TestCacheIsBounded: not even a right secret grows the cache without end, and yesterday's keys go first.
func TestCacheIsBounded(t *testing.T) {
	cache := newKeyCache()
	scopeOf := func(date string, i int) *scope {
		return &scope{accessKeyID: "k", date: date, region: strconv.Itoa(i), service: "sqs"}
	}
	yesterday, today := scopeOf("20150829", 0), "20150830"
	cache.put(yesterday, &signingKey{secret: "s"})
	for i := range keyCacheSize - 1 {
		cache.put(scopeOf(today, i), &signingKey{secret: "s"})
	}
	if _, ok := cache.get(yesterday, "s"); !ok {
		t.Fatal("dropped with room left")
	}
	cache.put(scopeOf(today, keyCacheSize), &signingKey{secret: "s"})
	if _, ok := cache.get(yesterday, "s"); ok {
		t.Error("yesterday's key outlived the room")
	}
	if n := len(cache.keys); n != keyCacheSize {
		t.Errorf("%d keys, want %d", n, keyCacheSize)
	}
	for i := range 10 {
		at := scopeOf(today, 2*keyCacheSize+i)
		cache.put(at, &signingKey{secret: "s"})
		if _, ok := cache.get(at, "s"); !ok {
			t.Fatal("the newest key is missing")
		}
	}
	if n := len(cache.keys); n != keyCacheSize {
		t.Errorf("%d keys, want %d", n, keyCacheSize)
	}
}

func TestPrincipal(t *testing.T) {
	one, other := principal("AKIDEXAMPLE"), principal("AKIDOTHER")
	if !regexp.MustCompile(`^AIDA[A-Z2-7]{17}$`).MatchString(one) {
		t.Errorf("got %q", one)
	}
	if one == other || one != principal("AKIDEXAMPLE") {
		t.Errorf("not one for each key: %q, %q", one, other)
	}
	verifier := newVerifier(t, Options{}, testCredential())
	signing := newSigning()
	r := request(http.MethodPost, "/", nil)
	signing.sign(t, r, nil)
	identity, err := verifier.Verify(r, nil)
	want := Identity{AccessKeyID: vectorKey, AccountID: testAccount, Principal: one}
	if err != nil || identity != want {
		t.Errorf("got %+v, %v, want %+v", identity, err, want)
	}
}

// TestOperatorLine: one line that tells the three causes apart, however long and odd the request.
func TestOperatorLine(t *testing.T) {
	tests := []struct {
		name string
		sign func(s *signing)
		want string
	}{
		{"unknown key", func(s *signing) { s.key = "AKIDSTRANGER\n" + strings.Repeat("x", 1000) }, `unknown key: access key "AKIDSTRANGER\n`},
		{"wrong secret", func(s *signing) { s.secret = "guess" }, "wrong secret or changed request: "},
		{"clock", func(s *signing) { s.at = s.at.AddDate(0, 0, -1) }, "clock: the request is dated 20150829T123600Z, 24h0m0s behind"},
		{"clock ahead", func(s *signing) { s.at = s.at.AddDate(0, 0, 1) }, "clock: the request is dated 20150831T123600Z, 24h0m0s ahead"},
		{"scope", func(s *signing) { s.scope = "20150830/us-east-1/s3/aws4_request" }, `scope: the request is signed for service "s3" instead of "sqs"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			signing := newSigning()
			test.sign(&signing)
			r := request(http.MethodPost, "/", nil)
			signing.sign(t, r, nil)
			_, err := newVerifier(t, Options{Explain: true}, testCredential()).Verify(r, nil)
			line := operatorLine(t, err)
			if !strings.HasPrefix(line, test.want) || strings.ContainsRune(line, '\n') || len(line) > 500 {
				t.Errorf("got %q, want it to begin with %q", line, test.want)
			}
			if refused, _ := errors.AsType[*Error](err); len(refused.AccessKeyID) > quoteLimit || refused.AccessKeyID == "" {
				t.Errorf("access key %q", refused.AccessKeyID)
			}
		})
	}
	if line := (&Error{Code: CodeExpiredToken}).OperatorLine(); line != "sigauth: ExpiredToken" {
		t.Errorf("of an error made elsewhere: %q", line)
	}
}

func operatorLine(t *testing.T, err error) string {
	t.Helper()
	refused, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got %v, want an *Error", err)
	}
	return refused.OperatorLine()
}

func TestOptions(t *testing.T) {
	source, err := NewCredentials(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string]Options{
		"no source":           {Service: "sqs"},
		"no service":          {Source: source},
		"no region to insist": {Source: source, Service: "sqs", EnforceRegion: true},
		"negative skew":       {Source: source, Service: "sqs", MaxSkew: -1},
	} {
		if _, err := New(options); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
