package telemetry

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestFormats(t *testing.T) {
	for format, check := range map[string]func(string) bool{
		"auto": func(line string) bool { return json.Valid([]byte(line)) },
		"json": func(line string) bool { return json.Valid([]byte(line)) },
		"text": func(line string) bool { return strings.HasSuffix(line, "INF hello queue=orders\n") },
	} {
		t.Run(format, func(t *testing.T) {
			var out strings.Builder
			tel, err := New(Options{Output: &out, Level: "info", Format: format})
			if err != nil {
				t.Fatal(err)
			}
			tel.Logger.Info("hello", "queue", "orders")
			if !check(out.String()) {
				t.Errorf("logged %q", out.String())
			}
		})
	}
}

func TestLevelChangesWhileRunning(t *testing.T) {
	var out strings.Builder
	tel, err := New(Options{Output: &out, Level: "warn", Format: "text"})
	if err != nil {
		t.Fatal(err)
	}
	tel.Logger.Info("one")
	if err := tel.SetLevel("debug"); err != nil {
		t.Fatal(err)
	}
	tel.Logger.Debug("two")
	if err := tel.SetLevel("loud"); err == nil {
		t.Error("SetLevel took an unknown level")
	}
	tel.Logger.Debug("three")
	got := out.String()
	if strings.Contains(got, "one") || !strings.Contains(got, "two") || !strings.Contains(got, "three") {
		t.Errorf("logged %q, want two and three only", got)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"level":  {Level: "loud", Format: "json"},
		"format": {Level: "info", Format: "xml"},
	} {
		o.Output = &strings.Builder{}
		if _, err := New(o); err == nil {
			t.Errorf("New took an unknown %s", name)
		}
	}
}

func TestHandlerServesTheRegistry(t *testing.T) {
	tel, err := New(Options{Output: &strings.Builder{}, Level: "info", Format: "json", Version: "v1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	tel.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	body := answer.Body.String()
	for _, want := range []string{`queuelet_build_info{version="v1.2.3"} 1`, "go_goroutines ", "process_cpu_seconds_total "} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics lacks %q", want)
		}
	}
}
