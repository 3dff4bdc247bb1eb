package sigauth

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// sample is a request to be signed by the SDK.
type sample struct {
	method  string
	path    string // decoded
	query   url.Values
	headers http.Header
	body    []byte
	presign bool
}

// odd are characters that encoders disagree about.
const odd = "az09-_.~ !\"#$%&'()*+,/:;<=>?@[\\]^`{|}ä€\x7f\x01"

func randomText(random *rand.Rand, alphabet string, longest int) string {
	runes := []rune(alphabet)
	text := make([]rune, random.IntN(longest+1))
	for i := range text {
		text[i] = runes[random.IntN(len(runes))]
	}
	return string(text)
}

func randomSample(random *rand.Rand) sample {
	s := sample{
		method: []string{"GET", "POST", "PUT", "DELETE", "HEAD"}[random.IntN(5)], path: "/",
		query: url.Values{}, headers: http.Header{}, presign: random.IntN(3) == 0,
	}
	for range random.IntN(4) {
		// The SDK for Go does not normalise paths: no empty or dotted segments.
		segment := "s" + randomText(random, odd, 8)
		s.path += strings.ReplaceAll(segment, "/", "") + "/"
	}
	if random.IntN(2) == 0 && s.path != "/" {
		s.path = strings.TrimSuffix(s.path, "/")
	}
	for range random.IntN(5) {
		s.query.Add(randomText(random, odd, 4), randomText(random, odd, 8))
	}
	for range random.IntN(5) {
		// No tab: the SDK for Go keeps one inside a value, those for Python, JavaScript, Java and C make it a blank.
		name := "X-" + randomText(random, "abcXYZ019-", 6) + "z"
		value := strings.Map(printable, randomText(random, odd+"   ", 10))
		s.headers.Add(name, value)
	}
	s.body = []byte(randomText(random, odd+"\n\x00", 40))
	return s
}

func printable(char rune) rune {
	if char < ' ' || char == '\x7f' {
		return ' '
	}
	return char
}

// sdkOrder reports whether the SDK for Go puts the query into canonical order: it sorts before it encodes, where the
// published vector get-vanilla-query-order-encoded wants it the other way round.
func (s *sample) sdkOrder() bool {
	encode := func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
	var names []string
	for name, values := range s.query {
		names = append(names, name)
		if !sameOrder(values, encode) {
			return false
		}
	}
	return sameOrder(names, encode)
}

func sameOrder(texts []string, encode func(string) string) bool {
	sorted := slices.Sorted(slices.Values(texts))
	encoded := make([]string, len(sorted))
	for i, text := range sorted {
		encoded[i] = encode(text)
	}
	return slices.IsSorted(encoded)
}

// signBySDK gives the request as a server receives it.
func signBySDK(t testing.TB, s *sample) *http.Request {
	t.Helper()
	target := url.URL{Scheme: "http", Host: "localhost:3001", Path: s.path, RawQuery: s.query.Encode()}
	r, err := http.NewRequestWithContext(context.Background(), s.method, target.String(), bytes.NewReader(s.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = s.headers.Clone()
	credentials := aws.Credentials{AccessKeyID: vectorKey, SecretAccessKey: vectorSecret}
	var uri string
	if s.presign {
		var signed http.Header
		uri, signed, err = signer.NewSigner().PresignHTTP(context.Background(), credentials, r, hashText(s.body), "sqs",
			"us-east-1", vectorTime())
		r.Header = signed
	} else {
		err = signer.NewSigner().SignHTTP(context.Background(), credentials, r, hashText(s.body), "sqs", "us-east-1", vectorTime())
		uri = r.URL.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	received := httptest.NewRequestWithContext(context.Background(), s.method, "/", bytes.NewReader(s.body))
	if received.URL, err = url.ParseRequestURI(uri); err != nil {
		t.Fatal(err)
	}
	received.Host, received.Header = "localhost:3001", r.Header
	received.Header.Del("Host")
	return received
}

// TestSDKSignsWeVerify: whatever the SDK for Go, v2, signs is accepted, and nothing else is.
func TestSDKSignsWeVerify(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	verifier := newVerifier(t, Options{Explain: true}, testCredential())
	checked := 0
	for range 5_000 {
		s := randomSample(random)
		if !s.sdkOrder() {
			continue
		}
		checked++
		r := signBySDK(t, &s)
		if _, err := verifier.Verify(r, s.body); err != nil {
			t.Fatalf("%+v\n%s", s, explanation(err))
		}
		checkChanges(t, verifier, r, s.body, random)
	}
	if checked < 3_000 {
		t.Fatalf("only %d samples checked", checked)
	}
	t.Logf("%d samples", checked)
}

// checkChanges changes one byte of each signed part and wants each change to be noticed.
func checkChanges(t *testing.T, verifier *Verifier, r *http.Request, body []byte, random *rand.Rand) {
	t.Helper()
	refuse := func(what string, changed *http.Request, body []byte) {
		t.Helper()
		if _, err := verifier.Verify(changed, body); err == nil {
			t.Fatalf("accepted with another %s: %s %s %v", what, changed.Method, changed.URL, changed.Header)
		}
	}
	if len(body) > 0 {
		other := bytes.Clone(body)
		other[random.IntN(len(other))] ^= 1 << random.IntN(8)
		refuse("body", r, other)
	}
	refuse("length", r, append(bytes.Clone(body), 'x'))
	changed := r.Clone(context.Background())
	changed.Method = "X" + r.Method
	refuse("method", changed, body)
	changed = r.Clone(context.Background())
	changed.Host = changeLetter(r.Host, random)
	refuse("host", changed, body)
	if path := changeLetter(r.URL.Path, random); path != r.URL.Path {
		changed = r.Clone(context.Background())
		changed.URL.Path, changed.URL.RawPath = path, ""
		refuse("path", changed, body)
	}
	if query := changeLetter(r.URL.RawQuery, random); query != r.URL.RawQuery {
		changed = r.Clone(context.Background())
		changed.URL.RawQuery = query
		refuse("query", changed, body)
	}
	for name, values := range r.Header {
		if name == "User-Agent" || name == "Content-Length" || !strings.Contains(signedNames(r), strings.ToLower(name)) {
			continue
		}
		changed = r.Clone(context.Background())
		changed.Header[name] = []string{changeLetter(values[0]+"a", random)}
		refuse("header "+name, changed, body)
	}
}

func signedNames(r *http.Request) string {
	return r.Header.Get("Authorization") + r.URL.Query().Get("X-Amz-SignedHeaders") + "authorization"
}

// changeLetter replaces one letter or digit that is not part of an escape by another.
func changeLetter(text string, random *rand.Rand) string {
	var places []int
	for i := range len(text) {
		letter := 'a' <= text[i] && text[i] <= 'z' || '0' <= text[i] && text[i] <= '9'
		escaped := i > 0 && text[i-1] == '%' || i > 1 && text[i-2] == '%'
		if letter && !escaped {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return text
	}
	at := places[random.IntN(len(places))]
	return fmt.Sprintf("%s%c%s", text[:at], text[at]^1, text[at+1:])
}

// FuzzSDKSignsWeVerify lets the fuzzer choose what the SDK signs.
func FuzzSDKSignsWeVerify(f *testing.F) {
	f.Add("GET", "/", "", "", "X-A", "", []byte(nil), false)
	f.Add("POST", "/000000000000/q", "Action", "SendMessage", "X-Amz-Target", "  a   b ", []byte("{}"), false)
	f.Add("POST", "/ä b/%2F", "a b+c", "=&%", "Content-Type", "text/xml", []byte("\x00\xff"), true)
	f.Fuzz(func(t *testing.T, method, path, name, value, header, content string, body []byte, presign bool) {
		s := sample{
			method: method, path: "/" + strings.ReplaceAll(strings.ReplaceAll(path, "/", "s"), ".", "s"),
			query: url.Values{name: {value}}, headers: http.Header{}, body: body, presign: presign,
		}
		if !isToken(strings.ToLower(method)) || !isToken(strings.ToLower(header)) || !s.sdkOrder() {
			t.Skip("no HTTP request")
		}
		s.headers.Set(header, strings.TrimSpace(strings.Map(printable, content)))
		for _, own := range []string{"Host", "Authorization", "Content-Length", "Transfer-Encoding", "X-Amz-Date", "X-Amz-Security-Token"} {
			s.headers.Del(own)
		}
		if strings.HasPrefix(name, "X-Amz-") {
			t.Skip("the SDK's own parameters")
		}
		r := signBySDK(t, &s)
		if _, err := newVerifier(t, Options{Explain: true}, testCredential()).Verify(r, body); err != nil {
			t.Fatalf("%+v\n%s", s, explanation(err))
		}
	})
}
