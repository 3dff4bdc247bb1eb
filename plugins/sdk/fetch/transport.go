// Package fetch lets a function use net/http: its transport makes requests through the host, which holds them to the hosts
// that the function was granted.
//
//	client := &http.Client{Transport: fetch.Transport{}}
package fetch

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

// Transport is an [http.RoundTripper] on the host. Redirects are followed by the client, one request each, so that all of
// its settings are in force. Bodies are in memory as a whole, at most 4 MiB each.
type Transport struct{}

// RoundTrip makes one request.
func (Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		defer r.Body.Close()
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, fmt.Errorf("read the request's body: %w", err)
		}
	}
	answer, content, err := queuelet.Fetch(r.Context(), abi.FetchRequest{
		Method: r.Method, URL: r.URL.String(), Headers: r.Header, ManualRedirect: true,
	}, body)
	if err != nil {
		return nil, err
	}
	header := http.Header(answer.Headers)
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", answer.Status, http.StatusText(answer.Status)),
		StatusCode: answer.Status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader(content)),
		ContentLength: int64(len(content)),
		Request:       r,
	}, nil
}
