package plugintest_test

import (
	"strings"
	"testing"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/plugintest"
)

func TestFunction(t *testing.T) {
	f := plugintest.Load(t, "testdata/greet", func(f *plugins.Function) {
		f.Environment = map[string]string{"GREETING": "hello"}
	})
	outcome := f.Invoke("a", "bad", "b")
	if outcome.Err != nil {
		t.Fatal(outcome.Err)
	}
	for n, want := range []bool{false, true, false} {
		if got := outcome.Failed(n); got != want {
			t.Errorf("record %d failed: %t, want %t", n, got, want)
		}
	}
	if log := f.Log(); !strings.Contains(log, "hello a") || !strings.Contains(log, "request_id=test-1") {
		t.Errorf("log %q", log)
	}
}
