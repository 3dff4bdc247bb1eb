package adminapi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"
)

func TestAPI(t *testing.T) {
	ok := func() error { return nil }
	draining := func() error { return errors.New("draining") }
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "queuelet_up 1\n") })
	for name, tt := range map[string]struct {
		deps   Deps
		path   string
		status int
		body   string
	}{
		"alive":     {Deps{Alive: ok, Ready: draining, Metrics: metrics}, "/healthz", 200, "{\"status\":\"ok\"}\n"},
		"dead":      {Deps{Alive: draining, Ready: ok, Metrics: metrics}, "/healthz", 503, "{\"status\":\"unavailable\",\"reason\":\"draining\"}\n"},
		"ready":     {Deps{Alive: draining, Ready: ok, Metrics: metrics}, "/readyz", 200, "{\"status\":\"ok\"}\n"},
		"not ready": {Deps{Alive: ok, Ready: draining, Metrics: metrics}, "/readyz", 503, "{\"status\":\"unavailable\",\"reason\":\"draining\"}\n"},
		"metrics":   {Deps{Alive: ok, Ready: ok, Metrics: metrics}, "/metrics", 200, "queuelet_up 1\n"},
		"elsewhere": {Deps{Alive: ok, Ready: ok, Metrics: metrics}, "/", 404, "{\"message\":\"Not Found\"}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			api, err := New(tt.deps)
			if err != nil {
				t.Fatal(err)
			}
			router := echo.New()
			api.Register(router)
			server := httptest.NewServer(router)
			defer server.Close()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+tt.path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			response, err := server.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != tt.status || string(body) != tt.body {
				t.Errorf("answered %d %q, want %d %q", response.StatusCode, body, tt.status, tt.body)
			}
		})
	}
}

func TestNewNeedsAllParts(t *testing.T) {
	if _, err := New(Deps{}); err == nil {
		t.Error("New took no parts")
	}
}
