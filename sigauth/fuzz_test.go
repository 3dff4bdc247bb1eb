package sigauth

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// FuzzAuthorization: no Authorization header panics, is accepted, or makes an answer much larger than itself.
func FuzzAuthorization(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request, SignedHeaders=host;x-amz-date, Signature="+
		strings.Repeat("0", 64), "20150830T123600Z")
	f.Add("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request,SignedHeaders=host,Signature=", "x")
	f.Add("AWS4-HMAC-SHA256 Credential=////,SignedHeaders=;;,Signature=,", "Sun, 30 Aug 2015 12:36:00 GMT")
	f.Add("AWS4-HMAC-SHA1", "")
	f.Add("Bearer a=b,c", "20150830T123600.9999Z")
	f.Add("  ,=,,==", "00000000T000000Z")
	f.Add("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request,SignedHeaders="+
		strings.Repeat("host;", 500)+"host,Signature="+strings.Repeat("f", 64), "20150830T123600Z")
	f.Fuzz(func(t *testing.T, authorization, date string) {
		r := request(http.MethodPost, "/", nil)
		r.Header["Authorization"] = []string{authorization}
		r.Header["X-Amz-Date"] = []string{date}
		_, err := newVerifier(t, Options{Explain: true}, testCredential()).Verify(r, nil)
		got := refusalOf(t, err)
		if got.Code == "" || got.Status != 400 && got.Status != 403 || got.Cause == "" {
			t.Errorf("incomplete refusal %+v", got)
		}
		if most := 2*(len(authorization)+len(date)) + 1000; len(got.Message) > most {
			t.Errorf("%d bytes answer %d", len(got.Message), len(authorization)+len(date))
		}
		if line := operatorLine(t, err); len(line) > 1500 || strings.ContainsRune(line, '\n') {
			t.Errorf("operator's line %q", line)
		}
	})
}

// FuzzPresigned: nor does any query.
func FuzzPresigned(f *testing.F) {
	f.Add("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fsqs%2Faws4_request&X-Amz-Date=" +
		"20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Expires=60&X-Amz-Signature=" + strings.Repeat("0", 64))
	f.Add("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=b&X-Amz-SignedHeaders=host%0a&X-Amz-Signature=")
	f.Add("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=99999999999999999999")
	f.Add("%58-Amz-Algorithm=+&%")
	f.Fuzz(func(t *testing.T, query string) {
		r := request(http.MethodGet, "/", nil)
		r.URL.RawQuery = query
		_, err := newVerifier(t, Options{Explain: true}, testCredential()).Verify(r, nil)
		got := refusalOf(t, err)
		if most := 4*len(query) + 1000; len(got.Message) > most {
			t.Errorf("%d bytes answer %d", len(got.Message), len(query))
		}
	})
}

// FuzzQuery: the canonical query says what net/url reads in the original, and is its own canonical form.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"", "a", "a=", "=", "&&", "b=1&a=2&a=1", "a=%2F&b=x+y", "%61=%c3%a4", "a=ä", "%", "%a", "%zz", "a=b=c", "~-._=*",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		parameters, fault := parseQuery(query)
		want, err := url.ParseQuery(strings.ReplaceAll(query, ";", "%3B"))
		if (fault == nil) != (err == nil) {
			t.Fatalf("we say %v, net/url says %v", fault, err)
		}
		if fault != nil {
			return
		}
		canonical := string(appendQuery(nil, sortParameters(parameters, "")))
		got, err := url.ParseQuery(canonical)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%q: got %v, want %v", canonical, got, want)
		}
		for name := range want {
			// equal values may stand in another order
			if !slices.Equal(slices.Sorted(slices.Values(got[name])), slices.Sorted(slices.Values(want[name]))) {
				t.Errorf("%q: %q is %q, want %q", canonical, name, got[name], want[name])
			}
		}
		again, fault := parseQuery(canonical)
		if fault != nil || string(appendQuery(nil, sortParameters(again, ""))) != canonical {
			t.Errorf("%q is not canonical", canonical)
		}
	})
}

// FuzzCanonical: the canonicaliser keeps the lines of a request apart and grows no more than encoding does.
func FuzzCanonical(f *testing.F) {
	f.Add("POST", "/a/../b//c/.", "a=b", "x-amz-date;host", "x-amz-date", " a  b ")
	f.Add("GET", "//", "", "host", "", "")
	f.Add("GET", "/../..", "%20", "host;:authority;content-length;transfer-encoding", "content-length", "7")
	f.Add("GET", "/ä%2F%zz", "a=+", "Host;HOST;x", "x", "\t")
	f.Fuzz(func(t *testing.T, method, path, query, list, name, value string) {
		parameters, fault := parseQuery(query)
		if fault != nil {
			return
		}
		signed, fault := readSignedHeaders(list)
		if fault != nil {
			return
		}
		if !isToken(strings.ToLower(method)) || strings.ContainsAny(value, "\r\n") {
			t.Skip("net/http refuses it")
		}
		r := request(http.MethodPost, "/", nil)
		r.Method = method
		r.URL.Path, r.URL.RawPath = path, path
		r.Header.Set(name, value)
		canonical := canonicalise(r, parameters, &claim{}, signed, nil)
		text := canonical.append(nil)
		if lines := bytes.Count(text, []byte("\n")); lines != 5+len(signed) {
			t.Errorf("%d lines:\n%s", lines, text)
		}
		if most := 3*(len(path)+len(query)) + 2*len(list) + len(value) + len(method) + 200; len(text) > most {
			t.Errorf("%d bytes of %d:\n%s", len(text), most, text)
		}
		if !strings.HasPrefix(canonical.path, "/") || strings.Contains(canonical.path, "//") ||
			strings.Contains(canonical.path+"/", "/./") || strings.Contains(canonical.path+"/", "/../") {
			t.Errorf("path %q is not normalised", canonical.path)
		}
	})
}

// FuzzExplain: no capture panics.
func FuzzExplain(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\nHost: a\n\n"))
	f.Add([]byte("POST /?X-Amz-Algorithm=AWS4-HMAC-SHA256 HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nx"))
	f.Add([]byte("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\nffffffff\nx"))
	f.Add([]byte("nonsense"))
	for _, vector := range readVectors(f) {
		f.Add([]byte(vector.request))
	}
	source, err := NewCredentials([]Credential{testCredential()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		report, err := Explain(raw, Options{Source: source, Service: "service", Now: vectorTime})
		if err != nil {
			return
		}
		if text := report.String(); strings.Contains(text, vectorSecret) && !bytes.Contains(raw, []byte(vectorSecret)) {
			t.Errorf("the report shows the secret:\n%s", text)
		}
		if !report.Accepted && len(report.Findings) == 0 {
			t.Errorf("refused without a finding:\n%s", report.String())
		}
	})
}
