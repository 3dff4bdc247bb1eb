package fetch_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
	"github.com/queuelet/queuelet/plugins/sdk/fetch"
)

// TestTransport follows a redirect with net/http.
func TestTransport(t *testing.T) {
	var asked []string
	stub := &queuelet.Stub{OnFetch: func(r abi.FetchRequest, body []byte) (abi.FetchResponse, []byte, error) {
		asked = append(asked, strings.Join([]string{r.Method, r.URL, string(body), strings.Join(r.Headers["X"], ",")}, " "))
		if !r.ManualRedirect {
			t.Error("the host follows redirects too")
		}
		if strings.HasSuffix(r.URL, "/old") {
			return abi.FetchResponse{Status: http.StatusTemporaryRedirect, Headers: map[string][]string{"Location": {"/new"}}}, nil, nil
		}
		return abi.FetchResponse{Status: http.StatusTeapot, Headers: map[string][]string{"Content-Type": {"text/plain"}}}, []byte("answer"), nil
	}}
	request, err := http.NewRequestWithContext(queuelet.WithHost(t.Context(), stub), http.MethodPost, "https://example.com/old", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X", "y")
	response, err := (&http.Client{Transport: fetch.Transport{}}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "answer" || response.Status != "418 I'm a teapot" || response.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("%+v %q %v", response, body, err)
	}
	if d := cmp.Diff([]string{"POST https://example.com/old body y", "POST https://example.com/new body y"}, asked); d != "" {
		t.Error(d)
	}
}

func TestTransportRefused(t *testing.T) {
	request, err := http.NewRequestWithContext(queuelet.WithHost(t.Context(), &queuelet.Stub{}), http.MethodGet, "https://example.com/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := fetch.Transport{}.RoundTrip(request)
	if response != nil {
		defer response.Body.Close()
	}
	if err == nil || !strings.Contains(err.Error(), abi.Denied.Error()) {
		t.Errorf("error %v", err)
	}
}
