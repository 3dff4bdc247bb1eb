package sigauth

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// capture writes a signed request as a proxy or tcpdump would have captured it.
func capture(t *testing.T, r *http.Request, body []byte) string {
	t.Helper()
	r.Header.Set("User-Agent", "test")
	var raw bytes.Buffer
	raw.WriteString(r.Method + " " + r.URL.RequestURI() + " HTTP/1.1\r\nHost: " + r.Host + "\r\n")
	if err := r.Header.WriteSubset(&raw, nil); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&raw, "Content-Length: %d\r\n\r\n", len(body))
	raw.Write(body)
	return raw.String()
}

// TestExplain changes a request on its way and wants to be told how.
func TestExplain(t *testing.T) {
	body := []byte("Action=ListQueues") // 17 bytes
	tests := []struct {
		name   string
		sign   func(s *signing, r *http.Request)
		change func(raw string) string
		cause  Cause
		want   string // in one finding
	}{
		{
			name: "unsigned", change: func(raw string) string { return withoutLine(raw, "Authorization") },
			cause: CauseUnsigned, want: "the request is not signed",
		},
		{
			name: "unknown key", sign: func(s *signing, _ *http.Request) { s.key = "AKIDOTHER" },
			cause: CauseUnknownKey, want: `access key "AKIDOTHER" is not configured`,
		},
		{
			name: "other secret", sign: func(s *signing, _ *http.Request) { s.secret = "other" },
			cause: CauseWrongSecretOrChangedRequest, want: "no single usual change explains it",
		},
		{
			name: "line end in the client's secret", sign: func(s *signing, _ *http.Request) { s.secret += "\n" },
			cause: CauseWrongSecretOrChangedRequest, want: "the client's secret has a line end around it",
		},
		{
			name: "clock", sign: func(s *signing, _ *http.Request) { s.at = s.at.Add(-time.Hour) },
			cause: CauseClock, want: "1h0m0s behind this machine's clock",
		},
		{
			name: "service", sign: func(s *signing, _ *http.Request) { s.scope = "20150830/us-east-1/sns/aws4_request" },
			cause: CauseScope, want: `service "sns" instead of "sqs"`,
		},
		{
			name: "token nobody expects", sign: func(s *signing, _ *http.Request) { s.token = "t" },
			cause: CauseToken, want: "unset the client's AWS_SESSION_TOKEN",
		},
		{
			name: "header added", change: func(raw string) string {
				return strings.Replace(raw, "User-Agent", "X-Amz-Cf-Id: 1\r\nUser-Agent", 1)
			},
			cause: CauseUnsignedHeader, want: `does not cover the header "X-Amz-Cf-Id"`,
		},
		{
			name: "header removed", sign: func(_ *signing, r *http.Request) { r.Header.Set("X-Custom", "1") },
			change: func(raw string) string { return withoutLine(raw, "X-Custom") },
			cause:  CauseChangedRequest, want: `the header "x-custom" is signed but is not in the request`,
		},
		{
			name: "body changed, hash claimed", sign: func(_ *signing, r *http.Request) {
				r.Header.Set("X-Amz-Content-Sha256", hashText(body))
			},
			change: func(raw string) string { return strings.Replace(raw, "ListQueues", "ListQueueZ", 1) },
			cause:  CauseChangedRequest, want: "the secret is right and the body is not the one that was signed",
		},
		{
			name: "payload not signed", sign: func(s *signing, _ *http.Request) { s.payload = "UNSIGNED-PAYLOAD" },
			cause: CauseChangedRequest, want: "which only S3 accepts",
		},
		{
			name: "host rewritten", sign: func(s *signing, _ *http.Request) { s.otherHost = "localhost" },
			cause: CauseChangedRequest, want: `the host was signed as "localhost" and arrived as "localhost:3001"`,
		},
		{
			name: "prefix added to the path", change: func(raw string) string {
				return strings.Replace(raw, "POST /q", "POST /sqs/q", 1)
			},
			cause: CauseChangedRequest, want: `the path was signed as "/q" and arrived as "/sqs/q"`,
		},
		{
			name: "plus sign", change: func(raw string) string { return strings.Replace(raw, "a=%2B", "a=+", 1) },
			cause: CauseChangedRequest, want: "a '+' in the query was signed as a plus sign",
		},
		{
			name: "method", sign: func(s *signing, _ *http.Request) { s.signedMethod = "GET" },
			cause: CauseChangedRequest, want: `signed as a GET and arrived as a "POST"`,
		},
		{
			name: "capture cut", change: func(raw string) string { return raw[:len(raw)-1] },
			cause: CauseMalformed, want: "the captured body ends after 16 bytes of 17",
		},
	}
	source, err := NewCredentials([]Credential{testCredential()})
	if err != nil {
		t.Fatal(err)
	}
	options := Options{Source: source, Service: "sqs", Now: vectorTime}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			signing := newSigning()
			r := request(http.MethodPost, "/q?a=%2B", body)
			if test.sign != nil {
				test.sign(&signing, r)
			}
			signing.sign(t, r, body)
			raw := capture(t, r, body)
			if test.change != nil {
				raw = test.change(raw)
			}
			report, err := Explain([]byte(raw), options)
			if err != nil {
				t.Fatal(err)
			}
			if report.Accepted {
				t.Error("accepted")
			}
			for _, finding := range report.Findings {
				if finding.Cause == test.cause && strings.Contains(finding.Text, test.want) {
					return
				}
			}
			t.Errorf("no finding says %q:\n%s", test.want, report)
		})
	}
}

func withoutLine(raw, name string) string {
	start := strings.Index(raw, name)
	end := start + strings.Index(raw[start:], "\n") + 1
	return raw[:start] + raw[end:]
}

// TestExplainAccepted: a good request has no findings, whichever line ends it was saved with and without a length.
func TestExplainAccepted(t *testing.T) {
	body := []byte("Action=ListQueues")
	source, err := NewCredentials([]Credential{testCredential()})
	if err != nil {
		t.Fatal(err)
	}
	signing := newSigning()
	r := request(http.MethodPost, "/", body)
	signing.sign(t, r, body)
	raw := capture(t, r, body)
	for name, test := range map[string]struct {
		raw      string
		findings int
	}{
		"as sent":        {raw, 0},
		"line feeds":     {strings.ReplaceAll(raw, "\r\n", "\n"), 0},
		"line end added": {raw + "\n", 0},
		"no length":      {withoutLine(raw, "Content-Length"), 1},
	} {
		report, err := Explain([]byte(test.raw), Options{Source: source, Service: "sqs", Now: vectorTime})
		if err != nil {
			t.Fatal(err)
		}
		if name != "no length" && !report.Accepted || len(report.Findings) != test.findings {
			t.Errorf("%s: accepted %v\n%s", name, report.Accepted, report)
		}
	}
	if _, err := Explain([]byte("curl -v"), Options{Source: source, Service: "sqs"}); err == nil {
		t.Error("explained what is no request")
	}
}

// TestReport holds how a report reads.
func TestReport(t *testing.T) {
	source, err := NewCredentials([]Credential{testCredential()})
	if err != nil {
		t.Fatal(err)
	}
	signing := newSigning()
	signing.otherHost = "localhost"
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/q"}, Host: "localhost:3001", Header: http.Header{}}
	signing.sign(t, r, nil)
	raw := "GET /q HTTP/1.1\nHost: localhost:3001\nX-Amz-Date: 20150830T123600Z\nAuthorization: " +
		r.Header.Get("Authorization") + "\n\n"
	report, err := Explain([]byte(raw), Options{Source: source, Service: "sqs", Now: vectorTime})
	if err != nil {
		t.Fatal(err)
	}
	var written strings.Builder
	if _, err := report.WriteTo(&written); err != nil {
		t.Fatal(err)
	}
	want := `The request is refused.
Access key: "AKIDEXAMPLE"

1. the secret is right and the host was signed as "localhost" and arrived as "localhost:3001": let the client sign the ` +
		`Host header it sends, and the proxy pass it on (changed_request)
   The client is told: SignatureDoesNotMatch: ` + mismatchMessage + `

Canonical request, as received:
    GET
    /q

    host:localhost:3001
    x-amz-date:20150830T123600Z

    host;x-amz-date
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

String to sign:
    AWS4-HMAC-SHA256
    20150830T123600Z
    20150830/us-east-1/sqs/aws4_request
    ` + strings.Split(report.StringToSign, "\n")[3] + "\n"
	if written.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", written.String(), want)
	}
	differences := report.Compare(strings.Replace(report.CanonicalRequest, "host:localhost:3001", "host:localhost", 1) + "\n")
	if len(differences) != 1 ||
		differences[0] != `line 4: the client signed "host:localhost", the server received "host:localhost:3001"` {
		t.Errorf("got %q", differences)
	}
}
