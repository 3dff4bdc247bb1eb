package plugins_test

import (
	"testing"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
)

func TestInvokeGoHandler(t *testing.T) {
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "orders", Path: goGuest(t, "orders")})
	inv := event(`{"id":"a"}`, `{"id":"b","fail":true}`, `not JSON`)
	for range 3 {
		result, err := r.Invoke(t.Context(), "orders", inv)
		if err != nil {
			t.Fatal(err)
		}
		failures, err := abi.ParseResponse(result.Response, inv.MessageIDs)
		if err != nil {
			t.Fatal(err)
		}
		if len(failures) != 2 || failures[0].ItemIdentifier != "message-1" || failures[1].ItemIdentifier != "message-2" {
			t.Errorf("failures %v", failures)
		}
	}
}
