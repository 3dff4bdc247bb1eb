package plugins_test

import (
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
)

func TestTimeout(t *testing.T) {
	r := newRuntime(t, nil)
	if timeout, ok := r.Timeout("orders"); ok {
		t.Errorf("%v before it is deployed", timeout)
	}
	deploy(t, r, plugins.Function{Name: "orders", Path: goGuest(t, "orders"), Timeout: 7 * time.Second})
	if timeout, ok := r.Timeout("orders"); !ok || timeout != 7*time.Second {
		t.Errorf("%v, %t", timeout, ok)
	}
	if err := r.Remove("orders"); err != nil {
		t.Fatal(err)
	}
	if timeout, ok := r.Timeout("orders"); ok {
		t.Errorf("%v after it was removed", timeout)
	}
}
