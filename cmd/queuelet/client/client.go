package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options say which server is called, and as whom.
type Options struct {
	Endpoint                     string // http://127.0.0.1:3001
	Region                       string // to sign for
	AccessKeyID, SecretAccessKey string
	SessionToken                 string // "" for a long-term key
}

// Client calls the Lambda API of a server.
type Client struct {
	options Options
	http    *http.Client
}

// callTime is more than the longest invocation takes.
const callTime = 20 * time.Minute

// New makes a client. It fails when the endpoint is no URL.
func New(options Options) (*Client, error) {
	u, err := url.Parse(options.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is no URL of a server", options.Endpoint)
	}
	options.Endpoint = u.Scheme + "://" + u.Host
	return &Client{options: options, http: &http.Client{Timeout: callTime}}, nil
}

// Request is a call.
type Request struct {
	Method string
	// Path has its segments escaped.
	Path   string
	Query  url.Values
	Header map[string]string
	Body   []byte
}

// Answer is what the server answered to a call that succeeded.
type Answer struct {
	Header http.Header
	Body   []byte
}

const (
	// longestAnswer is more than the API answers.
	longestAnswer = 64 << 20
	excerpt       = 200
)

// Call sends a request. Its error is an *Error unless ctx has ended.
func (c *Client) Call(ctx context.Context, r Request) (*Answer, error) {
	target := c.options.Endpoint + r.Path
	if query := canonicalQuery(r.Query); query != "" {
		target += "?" + query
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, target, bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	for name, value := range r.Header {
		request.Header.Set(name, value)
	}
	request.Header.Set("Content-Type", "application/json")
	c.sign(request, r, time.Now())
	response, err := c.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err
		}
		return nil, &Error{Code: CodeUnreachable, Message: "no server answers at " + c.options.Endpoint, Err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return nil, &Error{Code: CodeUnreachable, Message: "the answer ended early", Err: err}
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, exception(response, body)
	}
	return &Answer{Header: response.Header, Body: body}, nil
}

// exception reads what the server refused a call with.
func exception(response *http.Response, body []byte) *Error {
	e := &Error{Code: CodeRefused, Exception: response.Header.Get("X-Amzn-Errortype")}
	var text struct {
		Message string `json:"message"` // Message is found as well
	}
	if err := json.Unmarshal(body, &text); err == nil && text.Message != "" {
		e.Message = text.Message
	} else {
		e.Message = response.Status + ": " + string(body[:min(len(body), excerpt)])
	}
	if response.StatusCode == http.StatusNotFound {
		e.Code = CodeNotFound
	}
	return e
}

// Do sends a request with a value as JSON and reads the answer into another one. Both may be nil.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode a request: %w", err)
		}
	}
	answer, err := c.Call(ctx, Request{Method: method, Path: path, Query: query, Body: body})
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer.Body, out); err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", method, path, err)
	}
	return nil
}

// Function is the path of a function, and of what is below it.
func Function(name string, below ...string) string {
	path := "/2015-03-31/functions/" + url.PathEscape(name)
	if len(below) > 0 {
		path += "/" + strings.Join(below, "/")
	}
	return path
}

// Mappings is the path of all event source mappings.
const Mappings = "/2015-03-31/event-source-mappings"
