// Package plugintest runs a function against sample events in its author's tests.
//
//	func TestOrders(t *testing.T) {
//		f := plugintest.Load(t, ".")
//		outcome := f.Invoke(`{"id":"a"}`, `poison`)
//		if !outcome.Failed(1) {
//			t.Error("the poisoned order was accepted")
//		}
//	}
package plugintest

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	goruntime "runtime"
	"sync"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/build"
)

// Function is a function ready to be invoked.
type Function struct {
	tb      testing.TB
	name    string
	runtime *plugins.Runtime
	log     buffer
	calls   int
}

// Load deploys a function until the end of the test. path is a module, or a directory with the source of a function, which
// is built first with the toolchain of its language unless it is a script. The changes are made to the function's configuration before that.
func Load(tb testing.TB, path string, changes ...func(*plugins.Function)) *Function {
	tb.Helper()
	f := &Function{tb: tb, name: "function"}
	config := plugins.Function{Name: f.name, Path: module(tb, path)}
	for _, change := range changes {
		change(&config)
	}
	f.name = config.Name
	var err error
	f.runtime, err = plugins.New(tb.Context(), plugins.Options{
		CompileWorkers: goruntime.GOMAXPROCS(0), // the author's own module is no attack
		Logger:         slog.New(slog.NewTextHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug - 4})),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 10*time.Second)
		defer cancel()
		if err := f.runtime.Close(ctx); err != nil {
			tb.Error(err)
		}
		if tb.Failed() {
			tb.Log("log of the function:\n" + f.log.String())
		}
	})
	if _, err := f.runtime.Deploy(tb.Context(), config); err != nil {
		tb.Fatal(err)
	}
	return f
}

// module returns the path of a module, which it builds from source if path is a directory.
func module(tb testing.TB, path string) string {
	tb.Helper()
	info, err := os.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	if !info.IsDir() {
		return path
	}
	if script := build.Script(path); script != "" {
		return script
	}
	out := filepath.Join(tb.TempDir(), "function.wasm")
	if err := build.Dir(tb.Context(), path, out); err != nil {
		tb.Fatal(err)
	}
	return out
}

// Outcome is what came of an invocation.
type Outcome struct {
	Err      error                  // the whole batch failed
	Failures []abi.BatchItemFailure // the records that failed, in the order the function named them
	Result   plugins.Result         // duration, memory, the response itself
	records  []abi.Record
}

// Failed says whether the record at an index, counted from 0, is going to be tried again.
func (o Outcome) Failed(index int) bool {
	if o.Err != nil {
		return true
	}
	for _, failure := range o.Failures {
		if failure.ItemIdentifier == o.records[index].MessageID {
			return true
		}
	}
	return false
}

// Invoke gives the function one message for each body.
func (f *Function) Invoke(bodies ...string) Outcome {
	f.tb.Helper()
	return f.InvokeEvent(Event(bodies...))
}

// InvokeEvent gives the function an event.
func (f *Function) InvokeEvent(event abi.Event) Outcome {
	f.tb.Helper()
	f.calls++
	ids := make([]string, 0, len(event.Records))
	for _, record := range event.Records {
		ids = append(ids, record.MessageID)
	}
	outcome := Outcome{records: event.Records}
	outcome.Result, outcome.Err = f.runtime.Invoke(f.tb.Context(), f.name, plugins.Invocation{
		RequestID: fmt.Sprintf("test-%d", f.calls), FunctionARN: "arn:aws:lambda:us-east-1:000000000000:function:" + f.name,
		Event: abi.AppendEvent(nil, &event), MessageIDs: ids, Attempt: 1,
	})
	if outcome.Err == nil {
		outcome.Failures, outcome.Err = abi.ParseResponse(outcome.Result.Response, ids)
	}
	return outcome
}

// Log returns what the function has logged so far, a line each.
func (f *Function) Log() string { return f.log.String() }

// Event is an event with one message for each body, as a queue would give it.
func Event(bodies ...string) abi.Event {
	event := abi.Event{Records: make([]abi.Record, 0, len(bodies))}
	for n, body := range bodies {
		sum := md5.Sum([]byte(body))
		event.Records = append(event.Records, abi.Record{
			MessageID:     fmt.Sprintf("059f36b4-87a3-44ab-83d2-%012d", n),
			ReceiptHandle: fmt.Sprintf("receipt-%d", n),
			Body:          body,
			Attributes: map[string]string{
				"ApproximateReceiveCount":          "1",
				"SentTimestamp":                    "1545082649183",
				"SenderId":                         "AIDAIENQZJOLO23YVJ4VO",
				"ApproximateFirstReceiveTimestamp": "1545082649185",
			},
			MessageAttributes: map[string]abi.MessageAttribute{},
			MD5OfBody:         hex.EncodeToString(sum[:]),
			EventSource:       "aws:sqs",
			EventSourceARN:    "arn:aws:sqs:us-east-1:000000000000:test",
			AWSRegion:         "us-east-1",
		})
	}
	return event
}

// buffer is a log that is written and read at the same time.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p) //nolint:wrapcheck // it never fails
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
