package sigauth

import (
	"bytes"
	"context"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

const testAccount = "000000000000"

func testCredential() Credential {
	return Credential{AccessKeyID: vectorKey, SecretAccessKey: vectorSecret, AccountID: testAccount}
}

// signing signs requests in ways no SDK does. The published vectors and the SDKs show that the canonical form is right;
// this serves the tests of everything around it.
type signing struct {
	key, secret  string
	at           time.Time
	date         string // the header as sent; at in ISO basic form when empty
	dateHeader   string // X-Amz-Date when empty
	scope        string // after the access key
	signed       string // as sent; all headers of the request when empty
	payload      string // hash in the canonical request; the body's when empty
	token        string
	otherHost    string // host in the canonical request when not the one sent
	signedMethod string // method in the canonical request when not the one sent
}

func newSigning() signing {
	return signing{key: vectorKey, secret: vectorSecret, at: vectorTime(), scope: "20150830/us-east-1/sqs/aws4_request"}
}

// request is a POST to the root, or to the target if one is given, before it is signed.
func request(method, target string, body []byte) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, target, bytes.NewReader(body))
	r.Host = "localhost:3001"
	return r
}

// sign adds an Authorization header.
func (s *signing) sign(t testing.TB, r *http.Request, body []byte) {
	t.Helper()
	if s.dateHeader == "" {
		s.dateHeader = "X-Amz-Date"
	}
	if s.date == "" {
		s.date = s.at.UTC().Format(isoBasic)
	}
	r.Header.Set(s.dateHeader, s.date)
	if s.token != "" {
		r.Header.Set("X-Amz-Security-Token", s.token)
	}
	if s.signed == "" {
		names := []string{"host"}
		for name := range r.Header {
			names = append(names, strings.ToLower(name))
		}
		slices.Sort(names)
		s.signed = strings.Join(names, ";")
	}
	r.Header.Set("Authorization", algorithm+" Credential="+s.key+"/"+s.scope+", SignedHeaders="+s.signed+", Signature="+
		s.signature(t, r, body, &claim{}))
}

// presign puts the signature into the query; parameters other than the usual ones go into extra.
func (s *signing) presign(t testing.TB, r *http.Request, body []byte, extra string) {
	t.Helper()
	if s.signed == "" {
		s.signed = "host"
	}
	query := r.URL.RawQuery
	if query != "" {
		query += "&"
	}
	query += "X-Amz-Algorithm=" + algorithm + "&X-Amz-Credential=" + strings.ReplaceAll(s.key+"/"+s.scope, "/", "%2F") +
		"&X-Amz-Date=" + s.at.UTC().Format(isoBasic) + "&X-Amz-SignedHeaders=" + strings.ReplaceAll(s.signed, ";", "%3B") + extra
	r.URL.RawQuery = query
	r.URL.RawQuery += "&X-Amz-Signature=" + s.signature(t, r, body, &claim{presigned: true})
}

func (s *signing) signature(t testing.TB, r *http.Request, body []byte, form *claim) string {
	t.Helper()
	parameters, fault := parseQuery(r.URL.RawQuery)
	if fault != nil {
		t.Fatal(fault)
	}
	names := strings.Split(strings.ToLower(s.signed), ";")
	slices.Sort(names)
	canonical := canonicalise(r, parameters, form, slices.Compact(names), body)
	if s.payload != "" {
		canonical.payload = s.payload
	}
	if s.otherHost != "" {
		canonical.host = s.otherHost
	}
	if s.signedMethod != "" {
		canonical.method = s.signedMethod
	}
	within, fault := readScope(s.key + "/" + s.scope)
	if fault != nil {
		return strings.Repeat("0", 64)
	}
	key := deriveKey(&Credential{AccessKeyID: s.key, SecretAccessKey: s.secret}, &within)
	text := appendStringToSign(nil, s.at.UTC().Format(isoBasic), &within, canonical.append(nil))
	return hex.EncodeToString(key.sign(nil, text))
}
