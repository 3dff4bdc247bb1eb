package sqsapi_test

import (
	"bufio"
	"bytes"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/sqsapi"
)

var update = flag.Bool("update", false, "write what the golden files of testdata/wire should hold")

// The golden files hold any number of cases: a title line, a request as it goes over
// the wire, what the domain is called with, and the answer.
const (
	caseMark     = "=== "
	callMark     = "--- call"
	responseMark = "--- response"
)

// TestWire compares requests and answers of both protocols with recorded ones.
func TestWire(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/wire/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var rewritten strings.Builder
			for _, block := range strings.Split("\n"+string(text), "\n"+caseMark)[1:] {
				title, rest, _ := strings.Cut(block, "\n")
				request, want, ok := strings.Cut(rest, "\n"+callMark+"\n")
				if !ok {
					t.Fatalf("case %q has no line %q", title, callMark)
				}
				got := exchangeText(t, request)
				rewritten.WriteString(caseMark + title + "\n" + request + "\n" + callMark + "\n" + got)
				if *update {
					continue
				}
				t.Run(title, func(t *testing.T) {
					if diff := cmp.Diff(strings.TrimRight(want, "\n"), strings.TrimRight(got, "\n")); diff != "" {
						t.Errorf("call and response (-want +got):\n%s", diff)
					}
				})
			}
			if *update {
				if err := os.WriteFile(file, []byte(rewritten.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// exchangeText serves a request given as text and returns calls and answer as text.
func exchangeText(t *testing.T, request string) string {
	t.Helper()
	head, body, _ := strings.Cut(strings.TrimRight(request, "\n"), "\n\n")
	body = strings.ReplaceAll(body, "\n", "")
	if body != "" {
		head += "\nContent-Length: " + strconv.Itoa(len(body))
	}
	raw := strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil {
		t.Fatalf("request %q: %v", request, err)
	}
	r.RemoteAddr = "192.0.2.1:1234"
	fake := &fakeQueues{}
	w := httptest.NewRecorder()
	newServer(t, fake, sqsapi.Options{}).ServeHTTP(w, r)

	var text strings.Builder
	if calls := fake.takeCalls(); calls != "" {
		text.WriteString(calls + "\n")
	}
	text.WriteString(responseMark + "\n" + strconv.Itoa(w.Code) + "\n")
	id := w.Header().Get("X-Amzn-Requestid")
	var header bytes.Buffer
	if err := w.Header().Write(&header); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(header.String(), "\r\n"), "\r\n")
	slices.Sort(lines)
	text.WriteString(strings.Join(lines, "\n") + "\n\n" + w.Body.String() + "\n")
	return strings.ReplaceAll(text.String(), id, "REQUEST-ID")
}
