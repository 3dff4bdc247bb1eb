package plugins_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/build"
)

// dir holds what the tests of this package share: guests they have built and machine code they have compiled.
var dir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if dir, err = os.MkdirTemp("", "plugins"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		return m.Run()
	}())
}

var built sync.Map // name of a guest -> func() error that builds it once

// goGuest builds testdata/name, once for all tests, and returns the module's path.
func goGuest(tb testing.TB, name string) string {
	tb.Helper()
	out := filepath.Join(dir, name+".wasm")
	once, _ := built.LoadOrStore(name, sync.OnceValue(func() error {
		return build.Go(context.Background(), filepath.Join("testdata", name), out)
	}))
	if err := once.(func() error)(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// newRuntime is a runtime for one test, which fails if something of it is left running.
func newRuntime(tb testing.TB, change func(*plugins.Options)) *plugins.Runtime {
	tb.Helper()
	o := plugins.Options{
		CacheDir: filepath.Join(dir, "cache"),
		Logger:   slog.New(slog.NewTextHandler(tb.Output(), nil)),
	}
	if change != nil {
		change(&o)
	}
	r, err := plugins.New(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.Close(ctx); err != nil {
			tb.Error(err)
		}
	})
	return r
}

func deploy(tb testing.TB, r *plugins.Runtime, f plugins.Function) {
	tb.Helper()
	if _, err := r.Deploy(tb.Context(), f); err != nil {
		tb.Fatal(err)
	}
}

// event is an invocation with one record for each body.
func event(bodies ...string) plugins.Invocation {
	var e abi.Event
	var ids []string
	for n, body := range bodies {
		id := fmt.Sprintf("message-%d", n)
		ids = append(ids, id)
		e.Records = append(e.Records, abi.Record{
			MessageID: id, ReceiptHandle: "handle", Body: body,
			Attributes:  map[string]string{"ApproximateReceiveCount": "1"},
			EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:us-east-1:000000000000:q", AWSRegion: "us-east-1",
		})
	}
	return plugins.Invocation{RequestID: "request", Event: abi.AppendEvent(nil, &e), MessageIDs: ids, Attempt: 1}
}
