package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/queuelet/queuelet/cmd/queuelet/client"
	"github.com/queuelet/queuelet/sigauth"
)

// server verifies what it gets and answers as told.
func server(t *testing.T, status int, body string) *client.Client {
	t.Helper()
	credentials, err := sigauth.NewCredentials([]sigauth.Credential{{
		AccessKeyID: "key", SecretAccessKey: "secret", SessionToken: "token", AccountID: "111122223333",
	}})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := sigauth.New(sigauth.Options{Source: credentials, Service: "sqs"})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		if _, err := verifier.VerifyService(r, text, "lambda"); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.RequestURI, err)
		}
		if status >= http.StatusBadRequest {
			w.Header().Set("X-Amzn-Errortype", "SomeException")
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	c, err := client.New(client.Options{Endpoint: s.URL + "/", Region: "us-east-1", AccessKeyID: "key", SecretAccessKey: "secret", SessionToken: "token"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSignatures(t *testing.T) {
	c := server(t, http.StatusOK, `{"Message": "ok"}`)
	var out struct{ Message string }
	for _, path := range []string{client.Function("orders"), client.Function("arn:aws:lambda:us-east-1:1:function:a b", "code"), client.Mappings} {
		query := url.Values{"MaxItems": {"5"}, "Marker": {"a b+c/=~*"}}
		if err := c.Do(t.Context(), http.MethodPut, path, query, map[string]string{"a": "ü"}, &out); err != nil || out.Message != "ok" {
			t.Errorf("%s: %v", path, err)
		}
	}
	_, err := c.Call(t.Context(), client.Request{Method: http.MethodGet, Path: "/x", Header: map[string]string{"X-Amz-Log-Type": " Tail "}})
	if err != nil {
		t.Error(err)
	}
}

func TestFailures(t *testing.T) {
	for status, code := range map[int]client.Code{http.StatusNotFound: client.CodeNotFound, http.StatusConflict: client.CodeRefused} {
		err := server(t, status, `{"Message": "no"}`).Do(t.Context(), http.MethodGet, "/x", nil, nil, nil)
		failed, ok := errors.AsType[*client.Error](err)
		if !ok || failed.Code != code || failed.Exception != "SomeException" || failed.Message != "no" {
			t.Errorf("status %d: %v", status, err)
		}
	}
	gone, err := client.New(client.Options{Endpoint: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Do(t.Context(), http.MethodGet, "/x", nil, nil, nil); !errors.Is(err, &client.Error{Code: client.CodeUnreachable}) {
		t.Errorf("no server: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := gone.Do(ended, http.MethodGet, "/x", nil, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("an end: %v", err)
	}
	if _, err := client.New(client.Options{Endpoint: "127.0.0.1:3001"}); err == nil {
		t.Error("an address is taken for a URL")
	}
}
