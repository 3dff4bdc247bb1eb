package operation_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dnstest"
	"github.com/queuelet/queuelet/host/operation"
	"github.com/queuelet/queuelet/plugins/abi"
)

// web is a server on a loopback address, and what it was asked.
type web struct {
	*httptest.Server

	asked atomic.Int64
}

func newWeb(t *testing.T, handle http.HandlerFunc) *web {
	t.Helper()
	w := &web{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		handle(rw, r)
	}))
	t.Cleanup(func() {
		w.CloseClientConnections()
		w.Close()
	})
	return w
}

// host is the server's host:port.
func (w *web) host() string { return w.Listener.Addr().String() }

func (w *web) port() string {
	_, port, _ := net.SplitHostPort(w.host())
	return port
}

func (s *stage) fetch(in abi.FetchRequest, body string) (abi.FetchResponse, string, error) {
	s.t.Helper()
	var answer abi.FetchResponse
	content, err := s.call(s.invocation(operation.Invocation{}), abi.OpHTTPFetch, in, body, &answer)
	return answer, content, err
}

func TestFetch(t *testing.T) {
	s := newStage(t, nil)
	w := newWeb(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rw.Header()["X-Many"] = []string{"a", "b"}
		rw.Header().Set("Connection", "X-Private")
		rw.Header().Set("X-Private", "hop")
		rw.WriteHeader(http.StatusTeapot)
		_ = json.NewEncoder(rw).Encode(map[string]any{
			"method": r.Method, "host": r.Host, "body": string(body), "length": r.ContentLength, "agent": r.UserAgent(),
			"kept": r.Header["X-Kept"], "te": r.Header["Te"], "proxy": r.Header["Proxy-Authorization"], "hop": r.Header["X-Hop"],
			"upgrade": r.Header["Upgrade"], "query": r.URL.RawQuery,
		})
	})
	s.grant(operation.Grants{HTTP: []string{w.host()}})
	answer, content, err := s.fetch(abi.FetchRequest{
		Method: "PATCH", URL: w.URL + "/a?b=c", Headers: map[string][]string{
			"X-Kept": {"1", "2"}, "Host": {"evil.example"}, "TE": {"trailers"}, "Proxy-Authorization": {"x"}, "Content-Length": {"1"},
			"Transfer-Encoding": {"chunked"}, "Connection": {"x-hop, upgrade"}, "X-Hop": {"x"}, "Upgrade": {"websocket"},
		},
	}, "the body")
	if err != nil || answer.Status != http.StatusTeapot || answer.URL != w.URL+"/a?b=c" {
		t.Fatalf("%+v %v", answer, err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(content), &got); err != nil {
		t.Fatal(err)
	}
	wantSeen := map[string]any{
		"method": "PATCH", "host": w.host(), "body": "the body", "length": 8.0, "agent": "queuelet", "kept": []any{"1", "2"},
		"te": nil, "proxy": nil, "hop": nil, "upgrade": nil, "query": "b=c",
	}
	if d := cmp.Diff(wantSeen, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a", "b"}, answer.Headers["X-Many"]); d != "" || answer.Headers["X-Private"] != nil || answer.Headers["Connection"] != nil {
		t.Errorf("headers %v", answer.Headers)
	}
}

// TestFetchOutOfReach asks for what no grant is for. The server on a loopback address stands for everything that is near.
func TestFetchOutOfReach(t *testing.T) {
	s := newStage(t, nil)
	w := newWeb(t, func(http.ResponseWriter, *http.Request) {})
	port := w.port()
	for _, test := range []struct {
		name    string
		granted []string
		url     string
		errno   abi.Errno
	}{
		{"another host", []string{"api.example.com:443"}, w.URL, abi.Denied},
		{"another port", []string{"127.0.0.1:1"}, w.URL, abi.Denied},
		{"any host is not any address", []string{"*:*"}, w.URL, abi.Denied},
		{"name that means a loopback address", []string{"*:*"}, "http://localhost:" + port, abi.Denied},
		{"IPv4 in IPv6", []string{"*:*"}, "http://[::ffff:127.0.0.1]:" + port, abi.Denied},
		{"IPv4 in IPv6, in hexadecimal", []string{"*:*"}, "http://[::ffff:7f00:1]:" + port, abi.Denied},
		{"public IPv4 in IPv6", []string{"*:*"}, "http://[::ffff:8.8.8.8]:" + port, abi.Denied},
		{"unspecified", []string{"*:*"}, "http://0.0.0.0:" + port, abi.Denied},
		{"unspecified IPv6", []string{"*:*"}, "http://[::]:" + port, abi.Denied},
		{"loopback IPv6", []string{"*:*"}, "http://[::1]:" + port, abi.Denied},
		{"metadata", []string{"*:*"}, "http://169.254.169.254/latest/meta-data/", abi.Denied},
		{"metadata IPv6", []string{"*:*"}, "http://[fd00:ec2::254]/latest/", abi.Denied},
		{"private", []string{"*:*"}, "http://10.0.0.1/", abi.Denied},
		{"carrier-grade NAT", []string{"*:*"}, "http://100.64.0.1/", abi.Denied},
		{"link-local with a zone", []string{"*:*"}, "http://[fe80::1%25lo]:" + port, abi.Denied},
		{"multicast", []string{"*:*"}, "http://224.0.0.1/", abi.Denied},
		{"NAT64", []string{"*:*"}, "http://[64:ff9b::7f00:1]/", abi.Denied},
		{"6to4", []string{"*:*"}, "http://[2002:7f00:1::]/", abi.Denied},
		{"letters of other scripts", []string{"*:*"}, "http://ⓛocalhost:" + port, abi.Denied},
		{"the top of a pattern", []string{"*.example.com:443"}, "https://example.com/", abi.Denied},
		{"an end that looks like it", []string{"*.example.com:443"}, "https://evilexample.com/", abi.Denied},
		{"a user that looks like it", []string{"api.example.com:80", w.host()}, "http://api.example.com:80@" + w.host() + "/", abi.Invalid},
		{"no HTTP", []string{"*:*"}, "file:///etc/passwd", abi.Invalid},
		{"no host", []string{"*:*"}, "http:///x", abi.Denied},
		{"no URL", []string{"*:*"}, "http://[::1", abi.Invalid},
		{"nothing", []string{"*:*"}, "", abi.Invalid},
		{"relative", []string{"*:*"}, "/x", abi.Invalid},
		{"port past the end", []string{"*:*"}, "http://127.0.0.1:99999/", abi.Failed},
	} {
		s.grant(operation.Grants{HTTP: test.granted})
		_, _, err := s.fetch(abi.FetchRequest{URL: test.url, TimeoutMs: 60_000}, "")
		want(t, test.name, err, test.errno, "")
	}
	if n := w.asked.Load(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
	// What is named itself is in reach.
	for granted, url := range map[string]string{w.host(): w.URL, "127.0.0.1:*": w.URL, "localhost:" + port: "http://LOCALHOST:" + port} {
		s.grant(operation.Grants{HTTP: []string{granted}})
		if answer, _, err := s.fetch(abi.FetchRequest{URL: url}, ""); err != nil || answer.Status != http.StatusOK {
			t.Errorf("granted %s: %d, %v", granted, answer.Status, err)
		}
	}
}

func TestFetchInvalid(t *testing.T) {
	s := newStage(t, nil)
	w := newWeb(t, func(http.ResponseWriter, *http.Request) {})
	s.grant(operation.Grants{HTTP: []string{w.host()}})
	for name, in := range map[string]abi.FetchRequest{
		"method with a line feed": {Method: "GET\r\nX: y", URL: w.URL},
		"CONNECT":                 {Method: "CONNECT", URL: w.URL},
		"TRACE":                   {Method: "TRACE", URL: w.URL},
		"header's name":           {URL: w.URL, Headers: map[string][]string{"a b": {"x"}}},
		"no name":                 {URL: w.URL, Headers: map[string][]string{"": {"x"}}},
		"header's value":          {URL: w.URL, Headers: map[string][]string{"a": {"x\r\nEvil: y"}}},
	} {
		_, _, err := s.fetch(in, "")
		want(t, name, err, abi.Invalid, "")
	}
	if n := w.asked.Load(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
}

// TestRedirects are followed as far as each target is granted.
func TestRedirects(t *testing.T) {
	s := newStage(t, nil)
	near := newWeb(t, func(http.ResponseWriter, *http.Request) {})
	w := newWeb(t, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/end":
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(rw, "%s %s", r.Method, body)
		case "/end-less":
			http.Redirect(rw, r, "/end-less", http.StatusFound)
		default:
			http.Redirect(rw, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
		}
	})
	s.grant(operation.Grants{HTTP: []string{w.host(), "*:443", "*:80"}})
	answer, content, err := s.fetch(abi.FetchRequest{Method: "POST", URL: w.URL + "/?to=/end"}, "body")
	if err != nil || content != "POST body" || answer.URL != w.URL+"/end" {
		t.Errorf("%+v %q %v", answer, content, err)
	}
	for _, to := range []string{
		near.URL, "http://169.254.169.254/latest/", "http://[fd00:ec2::254]/", "http://localhost/", "http://api.example.com:8080/",
		"http://127.0.0.1.:" + near.port() + "/", "//10.0.0.1/",
	} {
		_, _, err := s.fetch(abi.FetchRequest{URL: w.URL + "/?to=" + to}, "")
		want(t, to, err, abi.Denied, "")
	}
	for _, to := range []string{"file:///etc/passwd", "gopher://example.com/", "http://user:secret@" + w.host() + "/end"} {
		_, _, err := s.fetch(abi.FetchRequest{URL: w.URL + "/?to=" + to}, "")
		want(t, to, err, abi.Invalid, "")
	}
	_, _, err = s.fetch(abi.FetchRequest{URL: w.URL + "/end-less"}, "")
	want(t, "endless redirects", err, abi.Limit, "10 redirects")
	answer, _, err = s.fetch(abi.FetchRequest{URL: w.URL + "/?to=" + near.URL, ManualRedirect: true}, "")
	if err != nil || answer.Status != http.StatusTemporaryRedirect || answer.Headers["Location"][0] != near.URL {
		t.Errorf("not followed: %+v %v", answer, err)
	}
	if n := near.asked.Load(); n != 0 {
		t.Errorf("the forbidden host was asked %d times", n)
	}
}

// newResolver is a resolver whose names mean an address that depends on how often it was asked for them.
func newResolver(t *testing.T, address func(name string, asked int) net.IP) *net.Resolver {
	t.Helper()
	asked := map[string]int{}
	return &net.Resolver{PreferGo: true, Dial: dnstest.Serve(t, func(name string) net.IP {
		asked[name]++
		return address(name, asked[name])
	})}
}

// TestRebinding asks for names that are granted, and that mean something near when they are looked up again.
func TestRebinding(t *testing.T) {
	var w *web
	w = newWeb(t, func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "http://rebinding.example.com:"+w.port()+"/", http.StatusFound)
	})
	s := newStage(t, newResolver(t, func(name string, asked int) net.IP {
		if strings.HasPrefix(name, "rebinding") && asked == 1 {
			return net.IPv4(203, 0, 113, 1) // reserved for documents, so refused as well
		}
		if strings.HasPrefix(name, "metadata") {
			return net.IPv4(169, 254, 169, 254)
		}
		return net.IPv4(127, 0, 0, 1)
	}))
	s.grant(operation.Grants{HTTP: []string{"*.example.com:*", "*:80"}})
	for range 3 {
		for _, name := range []string{"rebinding", "near", "metadata"} {
			_, _, err := s.fetch(abi.FetchRequest{URL: "http://" + name + ".example.com:" + w.port() + "/", TimeoutMs: 60_000}, "")
			want(t, name, err, abi.Denied, "no address of the Internet")
		}
	}
	if n := w.asked.Load(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
	// The address itself is granted: now the name may mean it.
	s.grant(operation.Grants{HTTP: []string{"near.example.com:" + w.port(), "127.0.0.1:" + w.port()}})
	_, _, err := s.fetch(abi.FetchRequest{URL: "http://near.example.com:" + w.port() + "/", ManualRedirect: true}, "")
	want(t, "a name of an address that was granted", err, abi.OK, "")
	if n := w.asked.Load(); n != 1 {
		t.Errorf("the server was asked %d times", n)
	}
}

// TestFetchLimits meets servers that do not play fair.
func TestFetchLimits(t *testing.T) {
	s := newStage(t, nil)
	zeros := bytes.Repeat([]byte{0}, 1<<20)
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	w := newWeb(t, func(rw http.ResponseWriter, r *http.Request) {
		flush := http.NewResponseController(rw).Flush
		switch r.URL.Path {
		case "/mute":
			select {
			case <-end:
			case <-r.Context().Done():
			}
		case "/slow":
			for r.Context().Err() == nil {
				fmt.Fprint(rw, "x")
				_ = flush()
				select {
				case <-time.After(10 * time.Millisecond):
				case <-end:
					return
				}
			}
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := rw.Write(zeros); err != nil {
					return
				}
			}
		case "/bomb":
			rw.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(rw)
			for range 100 {
				if _, err := z.Write(zeros); err != nil {
					return
				}
			}
			_ = z.Close()
		case "/headers":
			for n := range 1000 {
				rw.Header().Set(fmt.Sprintf("X-%d", n), strings.Repeat("x", 1000))
			}
		case "/short":
			rw.Header().Set("Content-Length", "10")
			fmt.Fprint(rw, "x")
		case "/most":
			for range 4 {
				_, _ = rw.Write(zeros)
			}
		}
	})
	s.grant(operation.Grants{HTTP: []string{w.host()}})
	for path, test := range map[string]struct {
		errno  abi.Errno
		reason string
	}{
		"/mute":    {abi.TimedOut, "no response in time"},
		"/slow":    {abi.TimedOut, "no response in time"},
		"/endless": {abi.TooBig, "4194304 bytes"},
		"/bomb":    {abi.TooBig, "4194304 bytes"},
		"/headers": {abi.Failed, "header"},
		"/short":   {abi.Failed, "unexpected EOF"},
		"/most":    {abi.OK, ""},
	} {
		timeout := 300
		if test.errno != abi.TimedOut {
			timeout = 30_000
		}
		began := time.Now()
		_, body, err := s.fetch(abi.FetchRequest{URL: w.URL + path, TimeoutMs: timeout}, "")
		want(t, path, err, test.errno, test.reason)
		if test.errno == abi.TimedOut && time.Since(began) > 20*time.Second {
			t.Errorf("%s took %v", path, time.Since(began))
		}
		if path == "/most" && len(body) != 4<<20 {
			t.Errorf("%d bytes", len(body))
		}
	}
	_, _, err := s.fetch(abi.FetchRequest{URL: "http://127.0.0.1:1/", TimeoutMs: 60_000}, "")
	want(t, "not granted port", err, abi.Denied, "")
	_, _, err = s.fetch(abi.FetchRequest{URL: w.URL}, strings.Repeat("x", 4<<20+1))
	want(t, "body", err, abi.TooBig, "a body of")
	// The invocation ends while the server is mute.
	ctx, cancel := context.WithTimeout(s.invocation(operation.Invocation{}), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := s.call(ctx, abi.OpHTTPFetch, abi.FetchRequest{URL: w.URL + "/mute"}, "", nil); err == nil || time.Since(began) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}
