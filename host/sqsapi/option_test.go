package sqsapi_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/queuelet/queuelet/host/sqsapi"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if _, err := sqsapi.New(nil, anyone{}, sqsapi.Options{}); err == nil {
		t.Error("no queues: no error")
	}
	if _, err := sqsapi.New(&fakeQueues{}, nil, sqsapi.Options{}); err == nil {
		t.Error("no authenticator: no error")
	}
	for _, url := range []string{"localhost:3001", "ftp://host", "http://", "http://host/?x", "http://host/#x", "http://a b/"} {
		if _, err := sqsapi.New(&fakeQueues{}, anyone{}, sqsapi.Options{PublicURL: url}); err == nil || !strings.Contains(err.Error(), url) {
			t.Errorf("public URL %q: error %v", url, err)
		}
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"https://sqs.example.org/base", "https://sqs.example.org/base/"} {
		handler := newServer(t, &fakeQueues{}, sqsapi.Options{PublicURL: public})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?Action=GetQueueUrl&QueueName=orders", http.NoBody))
		if want := "<QueueUrl>https://sqs.example.org/base/000000000000/orders</QueueUrl>"; !strings.Contains(w.Body.String(), want) {
			t.Errorf("public URL %s: %s", public, w.Body)
		}
	}
}

// The API works below a group, where the prefix is part of the path of a queue.
func TestRegisterOnGroup(t *testing.T) {
	t.Parallel()
	fake := &fakeQueues{}
	api, err := sqsapi.New(fake, anyone{}, sqsapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.GET("/healthz", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	api.Register(e.Group("/sqs/api"))
	for path, want := range map[string]int{
		"/sqs/api/000000000000/orders?Action=PurgeQueue":   http.StatusOK,
		"/sqs/api/?Action=PurgeQueue&QueueUrl=orders":      http.StatusOK,
		"/sqs/api/000000000000/orders":                     http.StatusNotFound,
		"/healthz":                                         http.StatusNoContent,
		"/000000000000/orders?Action=PurgeQueue&QueueUrl=": http.StatusNotFound,
	} {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		if w.Code != want {
			t.Errorf("%s: status %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
	if want, got := "PurgeQueue 000000000000/orders\nPurgeQueue 000000000000/orders", fake.takeCalls(); got != want {
		t.Errorf("calls %s", got)
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	var seen []string
	handler := newServer(t, &fakeQueues{}, sqsapi.Options{Observe: func(operation, code string, took time.Duration) {
		if took <= 0 || took > time.Minute {
			t.Errorf("%s took %s", operation, took)
		}
		seen = append(seen, operation+" "+code)
	}})
	for _, path := range []string{
		"/?Action=ListQueues", "/?Action=NoSuchAction", "/", "/?Action=PurgeQueue&QueueUrl=fail-OverLimit",
		"/?Action=PurgeQueue&QueueUrl=fail-other", "/_aws/sqs/messages?QueueUrl=orders",
	} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	}
	want := []string{"ListQueues ", " InvalidAction", " InvalidAction", "PurgeQueue OverLimit", "PurgeQueue InternalFailure", "PeekMessages "}
	if !slices.Equal(seen, want) {
		t.Errorf("observed %q, want %q", seen, want)
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	const origin = "https://console.example.org"
	for _, test := range []struct {
		name    string
		allowed []string
		origin  string
		want    string // the origin that is allowed
	}{
		{"off", nil, origin, ""},
		{"listed", []string{"https://other.example.org", origin}, origin, origin},
		{"not listed", []string{"https://other.example.org"}, origin, ""},
		{"any", []string{"*"}, origin, origin},
		{"no browser", []string{"*"}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			handler := newServer(t, &fakeQueues{}, sqsapi.Options{CORSOrigins: test.allowed})
			for _, method := range []string{http.MethodOptions, http.MethodGet} {
				r := httptest.NewRequestWithContext(t.Context(), method, "/?Action=ListQueues", http.NoBody)
				if test.origin != "" {
					r.Header.Set("Origin", test.origin)
				}
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if got := w.Header().Get("Access-Control-Allow-Origin"); got != test.want {
					t.Errorf("%s allows %q, want %q", method, got, test.want)
				}
				allowsHeaders := strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "x-amz-target")
				if want := method == http.MethodOptions && test.want != ""; allowsHeaders != want {
					t.Errorf("%s allows headers: %t, want %t", method, allowsHeaders, want)
				}
				if exposes := w.Header().Get("Access-Control-Expose-Headers") != ""; exposes != (test.want != "") {
					t.Errorf("%s exposes headers: %t", method, exposes)
				}
			}
		})
	}
}
