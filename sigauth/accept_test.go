package sigauth

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestAcceptedForms holds the liberties that clients take and AWS allows.
func TestAcceptedForms(t *testing.T) {
	body := []byte("Action=ListQueues")
	tests := []struct {
		name   string
		target string
		sign   func(t *testing.T, s *signing, r *http.Request)
	}{
		{name: "usual"},
		{name: "no blanks after the commas", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.sign(t, r, body)
			r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), ", ", ","))
		}},
		{name: "blanks and empty parts around the commas", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.sign(t, r, body)
			r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), ", ", " ,\t, "))
		}},
		{name: "last of a part given twice", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.sign(t, r, body)
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), " Credential=", " Credential=x, Credential=", 1))
		}},
		{name: "signed headers unsorted, upper case and repeated", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.signed = "X-Amz-Date;Host;host"
			s.sign(t, r, body)
		}},
		{name: "authority instead of host", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.signed = ":authority;x-amz-date"
			s.sign(t, r, body)
		}},
		{name: "Date header, RFC 1123", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.dateHeader, s.date = "Date", "Sun, 30 Aug 2015 12:36:00 GMT"
			s.sign(t, r, body)
		}},
		{name: "Date header, RFC 1123 with zone, as botocore sends it", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.dateHeader, s.date = "Date", "Sun, 30 Aug 2015 12:36:00 -0000"
			s.sign(t, r, body)
		}},
		{name: "Date header, ISO basic", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.dateHeader = "Date"
			s.sign(t, r, body)
		}},
		{name: "Date header that is not the date", sign: func(t *testing.T, s *signing, r *http.Request) {
			r.Header.Set("Date", "Mon, 31 Aug 2015 12:36:00 GMT")
			s.sign(t, r, body)
		}},
		{name: "content-length signed and kept apart by net/http", sign: func(t *testing.T, s *signing, r *http.Request) {
			r.Header.Set("Content-Length", "17")
			s.sign(t, r, body)
			r.Header.Del("Content-Length")
		}},
		{name: "transfer-encoding signed and kept apart by net/http", sign: func(t *testing.T, s *signing, r *http.Request) {
			r.TransferEncoding = []string{"chunked"}
			s.signed = "host;transfer-encoding;x-amz-date"
			s.sign(t, r, body)
		}},
		{name: "unsigned headers a proxy adds", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.sign(t, r, body)
			r.Header.Set("X-Forwarded-For", "10.0.0.1")
			r.Header.Set("X-Amzn-Trace-Id", "Root=1")
		}},
		{name: "header value with blanks, and one given twice", sign: func(t *testing.T, s *signing, r *http.Request) {
			r.Header["X-Custom"] = []string{"  a \t  b ", "c"}
			s.sign(t, r, body)
			r.Header["X-Custom"] = []string{"a b", "c"}
		}},
		{name: "default port written out by the client", sign: func(t *testing.T, s *signing, r *http.Request) {
			r.Host, s.otherHost = "queue.example", "queue.example:443"
			s.sign(t, r, body)
		}},
		{name: "default port written out by a proxy", sign: func(t *testing.T, s *signing, r *http.Request) {
			r.Host, s.otherHost = "queue.example:80", "queue.example"
			s.sign(t, r, body)
		}},
		{name: "default port of an IPv6 address", sign: func(t *testing.T, s *signing, r *http.Request) {
			r.Host, s.otherHost = "[::1]", "[::1]:80"
			s.sign(t, r, body)
		}},
		{name: "presigned", sign: func(t *testing.T, s *signing, r *http.Request) { s.presign(t, r, body, "") }},
		{name: "presigned with life", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.presign(t, r, body, "&X-Amz-Expires=604800")
		}},
		{name: "first of a parameter given twice", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.presign(t, r, body, "&X-Amz-Date=x&X-Amz-Credential=x&X-Amz-Algorithm=x&X-Amz-SignedHeaders=x")
			r.URL.RawQuery += "&X-Amz-Signature=x"
		}},
		{
			name: "query in another order and encoding", target: "/000000000000/q?b=2&a=%2f&a=x+y",
			sign: func(t *testing.T, s *signing, r *http.Request) {
				s.sign(t, r, body)
				r.URL.RawQuery = "&a=x%20y&%61=%2F&&b=2"
			},
		},
		{name: "escaped slash in the path", target: "/a%2Fb/q", sign: nil},
		{name: "path to be normalised", target: "//a/./b/../q/", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.sign(t, r, body)
			r.URL.Path, r.URL.RawPath = "/a/q/", ""
		}},
		{name: "UTF-8 in the path", target: "/%C3%A4/q", sign: func(t *testing.T, s *signing, r *http.Request) {
			s.sign(t, r, body)
			r.URL.Path, r.URL.RawPath = "/ä/q", ""
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.target == "" {
				test.target = "/"
			}
			signing := newSigning()
			r := request(http.MethodPost, test.target, body)
			if test.sign == nil {
				signing.sign(t, r, body)
			} else {
				test.sign(t, &signing, r)
			}
			verifier := newVerifier(t, Options{Explain: true}, testCredential())
			for range 2 { // the second time with the key from the cache
				if _, err := verifier.Verify(r, body); err != nil {
					t.Fatal(explanation(err))
				}
			}
			if _, err := verifier.VerifyService(r, body, "lambda"); refusalOf(t, err).Cause != CauseScope {
				t.Errorf("accepted for another service: %v", err)
			}
		})
	}
}

// TestPlusIsBlank: a signature over a literal plus does not cover a query that every reader takes for a blank.
func TestPlusIsBlank(t *testing.T) {
	signing := newSigning()
	r := request(http.MethodPost, "/?name=a%2Bb", nil)
	signing.sign(t, r, nil)
	r.URL.RawQuery = "name=a+b"
	_, err := newVerifier(t, Options{}, testCredential()).Verify(r, nil)
	if refusalOf(t, err).Code != CodeSignatureDoesNotMatch {
		t.Fatalf("got %v", err)
	}
}

// TestPayload: the hash that counts is that of the body received, whatever the request claims.
func TestPayload(t *testing.T) {
	body := []byte("body")
	tests := []struct {
		name    string
		payload string
		header  string
		cause   Cause
		line    string
	}{
		{
			name: "unsigned payload", payload: "UNSIGNED-PAYLOAD", header: "UNSIGNED-PAYLOAD",
			cause: CauseWrongSecretOrChangedRequest, line: "only S3 accepts",
		},
		{
			name: "streaming", payload: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", header: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
			cause: CauseWrongSecretOrChangedRequest, line: "only S3 accepts",
		},
		{
			name: "body changed, hash claimed", payload: hashText([]byte("signed")), header: hashText([]byte("signed")),
			cause: CauseChangedRequest, line: "is right, but the body is not the one that was signed",
		},
		{
			name: "body changed, no hash claimed", payload: hashText([]byte("signed")),
			cause: CauseWrongSecretOrChangedRequest, line: "wrong secret or changed request",
		},
		{
			name: "neither hash right", payload: hashText([]byte("signed")), header: hashText([]byte("other")),
			cause: CauseWrongSecretOrChangedRequest, line: "at least the body was changed",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			signing := newSigning()
			signing.payload = test.payload
			r := request(http.MethodPost, "/", body)
			if test.header != "" {
				r.Header.Set("X-Amz-Content-Sha256", test.header)
			}
			signing.sign(t, r, body)
			_, err := newVerifier(t, Options{}, testCredential()).Verify(r, body)
			got := refusalOf(t, err)
			if got.Code != CodeSignatureDoesNotMatch || got.Message != mismatchMessage || got.Cause != test.cause {
				t.Errorf("got %+v", got)
			}
			if line := operatorLine(t, err); !strings.Contains(line, test.line) {
				t.Errorf("operator's line %q does not say %q", line, test.line)
			}
		})
	}
}

// TestEverySignedPartCounts changes each part of a signed request on its own.
func TestEverySignedPartCounts(t *testing.T) {
	body := []byte("Action=ListQueues")
	changes := map[string]func(r *http.Request, body []byte) []byte{
		"method": func(r *http.Request, body []byte) []byte { r.Method = "PUT"; return body },
		"path":   func(r *http.Request, body []byte) []byte { r.URL.Path = "/000000000000/p"; return body },
		"host":   func(r *http.Request, body []byte) []byte { r.Host = "localhost:3002"; return body },
		"query":  func(r *http.Request, body []byte) []byte { r.URL.RawQuery = "a=c"; return body },
		"more query": func(r *http.Request, body []byte) []byte {
			r.URL.RawQuery = "a=b&c"
			return body
		},
		"body":       func(_ *http.Request, body []byte) []byte { return append(bytes.Clone(body), '\n') },
		"empty body": func(_ *http.Request, _ []byte) []byte { return nil },
		"header": func(r *http.Request, body []byte) []byte {
			r.Header.Set("X-Amz-Target", "AmazonSQS.DeleteQueue")
			return body
		},
		"second header": func(r *http.Request, body []byte) []byte {
			r.Header.Add("X-Amz-Target", "AmazonSQS.DeleteQueue")
			return body
		},
		"missing header": func(r *http.Request, body []byte) []byte { r.Header.Del("X-Amz-Target"); return body },
		"date": func(r *http.Request, body []byte) []byte {
			r.Header.Set("X-Amz-Date", "20150830T123601Z")
			return body
		},
		"upper-case signature": func(r *http.Request, body []byte) []byte {
			authorization := r.Header.Get("Authorization")
			at := strings.Index(authorization, "Signature=") + len("Signature=")
			r.Header.Set("Authorization", authorization[:at]+strings.ToUpper(authorization[at:]))
			return body
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			verifier := newVerifier(t, Options{}, testCredential())
			signing := newSigning()
			r := request(http.MethodPost, "/000000000000/q?a=b", body)
			r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
			signing.sign(t, r, body)
			if _, err := verifier.Verify(r, body); err != nil {
				t.Fatal(err)
			}
			changed := change(r, body)
			if _, err := verifier.Verify(r, changed); refusalOf(t, err).Code != CodeSignatureDoesNotMatch {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestClock holds the edges of the 15 minutes and of a presigned request's life.
func TestClock(t *testing.T) {
	tests := []struct {
		name    string
		after   time.Duration // from the signature to its verification
		expires string        // presigned when not empty
		skew    time.Duration
		want    string // the beginning of the message, or "" if accepted
	}{
		{name: "15 minutes old", after: 15 * time.Minute},
		{name: "and a second", after: 15*time.Minute + time.Second, want: "Signature expired: 20150830T123600Z is now earlier " +
			"than 20150830T123601Z (20150830T125101Z - 15 min.)"},
		{name: "15 minutes ahead", after: -15 * time.Minute},
		{name: "and a second ahead", after: -15*time.Minute - time.Second, want: "Signature not yet current: 20150830T123600Z " +
			"is still later than 20150830T123559Z (20150830T122059Z + 15 min.)"},
		{name: "own skew", after: 90 * time.Second, skew: 90 * time.Second},
		{name: "beyond own skew", after: 91 * time.Second, skew: 90 * time.Second, want: "Signature expired: 20150830T123600Z " +
			"is now earlier than 20150830T123601Z (20150830T123731Z - 90 sec.)"},
		{name: "presigned for an hour", after: time.Hour, expires: "3600"},
		{name: "and a second more", after: time.Hour + time.Second, expires: "3600", want: "Signature expired: " +
			"20150830T123600Z is now earlier than 20150830T123601Z (20150830T133601Z - 60 min.)"},
		{name: "presigned for a second", after: time.Second, expires: "1"},
		{name: "a short life is not stretched by the skew", after: 3 * time.Second, expires: "1", want: "Signature expired: " +
			"20150830T123600Z is now earlier than 20150830T123602Z (20150830T123603Z - 1 sec.)"},
		{name: "presigned for a week", after: 7 * 24 * time.Hour, expires: "604800"},
		{name: "presigned ahead", after: -16 * time.Minute, expires: "604800", want: "Signature not yet current: "},
		{name: "presigned for more", expires: "604801", want: "X-Amz-Expires must be less than a week"},
		{name: "presigned for nothing", expires: "0", want: "X-Amz-Expires must be positive"},
		{name: "presigned for less than nothing", expires: "-1", want: "X-Amz-Expires must be positive"},
		{name: "presigned for no number", expires: "1h", want: "X-Amz-Expires should be a number"},
		{name: "presigned for an enormous number", expires: "99999999999999999999", want: "X-Amz-Expires should be a number"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			signing := newSigning()
			r := request(http.MethodGet, "/", nil)
			if test.expires == "" {
				signing.sign(t, r, nil)
			} else {
				signing.presign(t, r, nil, "&X-Amz-Expires="+test.expires)
			}
			now := func() time.Time { return vectorTime().Add(test.after) }
			_, err := newVerifier(t, Options{Now: now, MaxSkew: test.skew}, testCredential()).Verify(r, nil)
			if test.want == "" && err != nil {
				t.Fatal(explanation(err))
			}
			if test.want != "" && !strings.HasPrefix(explanation(err), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
