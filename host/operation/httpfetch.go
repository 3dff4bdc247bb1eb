package operation

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/queuelet/queuelet/plugins/abi"
)

const (
	maxFetchHeader    = 64 << 10 // bytes
	maxFetchBody      = 4 << 20  // bytes
	maxAnswerHeader   = 64 << 10 // bytes
	maxAnswerBody     = 4 << 20  // bytes, unpacked
	maxFetches        = 1000     // of an invocation
	maxFetchesAtATime = 32       // of a function
	maxRedirects      = 10

	fetchTimeout    = 30 * time.Second // unless the guest wants less or more
	maxFetchTimeout = 2 * time.Minute
)

// httpFetch makes an HTTP request.
func httpFetch() operation {
	return operation{
		name: abi.OpHTTPFetch, grant: "http", granted: func(g *grants) bool { return g.web != nil },
		maxHeader: maxFetchHeader, maxBody: maxFetchBody, maxCalls: maxFetches, timeout: maxFetchTimeout,
		run: fetch,
	}
}

func fetch(ctx context.Context, c *call) (response, error) {
	var in abi.FetchRequest
	if err := c.decode(&in); err != nil {
		return response{}, err
	}
	waiting, cancel := withTimeout(ctx, in.TimeoutMs, fetchTimeout, maxFetchTimeout)
	defer cancel()
	request, err := c.newRequest(waiting, &in)
	if err != nil {
		return response{}, err
	}
	leave, err := c.web.enter(waiting)
	if err != nil {
		return response{}, fetchError(ctx, waiting, err)
	}
	defer leave()
	client := http.Client{Transport: c.web.transport, CheckRedirect: c.web.redirect(in.ManualRedirect)}
	answer, err := client.Do(request)
	if err != nil {
		return response{}, fetchError(ctx, waiting, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBody+1))
	switch {
	case err != nil:
		return response{}, fetchError(ctx, waiting, err)
	case len(body) > maxAnswerBody:
		return response{}, refuse(abi.TooBig, "a response of more than %d bytes", maxAnswerBody)
	}
	dropConnectionHeaders(answer.Header)
	return response{
		header: abi.FetchResponse{Status: answer.StatusCode, URL: answer.Request.URL.String(), Headers: answer.Header},
		body:   body,
	}, nil
}

// newRequest makes the request that a guest asks for, as far as it may.
func (c *call) newRequest(ctx context.Context, in *abi.FetchRequest) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if len(c.body) > 0 {
		body = bytes.NewReader(c.body)
	}
	request, err := http.NewRequestWithContext(ctx, in.Method, in.URL, body)
	if err != nil {
		return nil, &Error{Errno: abi.Invalid, Reason: "the request makes no sense", Err: err}
	}
	if err := c.web.check(request.URL); err != nil {
		return nil, err
	}
	if request.Method == http.MethodConnect || request.Method == http.MethodTrace {
		return nil, refuse(abi.Invalid, "method %s is not possible", request.Method)
	}
	for name, values := range in.Headers {
		if !httpguts.ValidHeaderFieldName(name) || !allValid(values) {
			return nil, refuse(abi.Invalid, "header %s cannot be sent", shorten(name))
		}
		for _, value := range values {
			request.Header.Add(name, value)
		}
	}
	dropConnectionHeaders(request.Header)
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", "queuelet")
	}
	return request, nil
}

func allValid(values []string) bool {
	return !slices.ContainsFunc(values, func(value string) bool { return !httpguts.ValidHeaderFieldValue(value) })
}

// dropConnectionHeaders takes out what concerns one connection (RFC 9110, 7.6.1) and is the host's to say, and the
// headers that Connection names.
func dropConnectionHeaders(h http.Header) {
	for name := range strings.SplitSeq(strings.Join(h["Connection"], ","), ",") {
		h.Del(strings.TrimSpace(name))
	}
	for _, name := range []string{
		"Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade",
	} {
		h.Del(name)
	}
}

// redirect says whether to follow a redirect.
func (w *webAccess) redirect(manual bool) func(*http.Request, []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		switch {
		case manual:
			return http.ErrUseLastResponse
		case len(via) > maxRedirects:
			return refuse(abi.Limit, "more than %d redirects", maxRedirects)
		default:
			return w.check(next.URL)
		}
	}
}

// fetchError gives an error of the HTTP client its number. ctx is the operation's, waiting the request's.
func fetchError(ctx, waiting context.Context, err error) error {
	if ours, ok := errors.AsType[*Error](err); ok {
		return ours
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the URL, which may hold a secret
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(waiting.Err(), context.DeadlineExceeded):
		return &Error{Errno: abi.TimedOut, Reason: "no response in time", Err: err}
	default:
		return &Error{Errno: abi.Failed, Reason: "the request failed", Err: err}
	}
}
