package bench

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/queuelet/queuelet/cmd/queuelet/bench/ceiling"
	"github.com/queuelet/queuelet/host/config"
	"github.com/queuelet/queuelet/host/hosttest"
)

// realServer is a server with a store on disk.
func realServer(t *testing.T) *Endpoint {
	t.Helper()
	return &Endpoint{
		URL: hosttest.Start(t).URL(), Region: "us-east-1",
		AccessKeyID: config.DevelopmentAccessKeyID, SecretAccessKey: config.DevelopmentSecretAccessKey,
	}
}

// ceilingServer is a server that keeps nothing.
func ceilingServer(t *testing.T) *Endpoint {
	t.Helper()
	e := testEndpoint()
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- ceiling.Serve(ctx, ceiling.Options{
			Region: e.Region, AccessKeyID: e.AccessKeyID, SecretAccessKey: e.SecretAccessKey, AccountID: "000000000000",
		}, func(url string) { ready <- url })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	e.URL = <-ready
	return &e
}

// intercepted passes requests on to a server, with answers in chunks. answer may give one
// of its own to a request.
func intercepted(t *testing.T, e *Endpoint, answer func(w http.ResponseWriter, operation string) bool) *Endpoint {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	host := strings.TrimPrefix(e.URL, "http://")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer(w, strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")) {
			return
		}
		r.URL.Scheme, r.URL.Host = "http", host // the Host header stays as it was signed
		response, err := transport.RoundTrip(r)
		if err != nil {
			t.Error(err)
			return
		}
		defer response.Body.Close()
		w.WriteHeader(response.StatusCode)
		w.(http.Flusher).Flush() // before its length is known
		if _, err := io.Copy(w, response.Body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	through := *e
	through.URL = server.URL
	return &through
}

func mustRun(t *testing.T, e *Endpoint, s Scenario) Row {
	t.Helper()
	report, err := Run(t.Context(), Options{Scenarios: []Scenario{s}, Runs: 1, Endpoint: e})
	if err != nil {
		t.Fatal(err)
	}
	return report.Rows[0]
}

// TestCountsAreTrue compares the report with what a proxy has seen.
func TestCountsAreTrue(t *testing.T) {
	const clients = 4
	var mu sync.Mutex
	counts := map[string]int{}
	e := intercepted(t, realServer(t), func(_ http.ResponseWriter, operation string) bool {
		mu.Lock()
		defer mu.Unlock()
		counts[operation]++
		return false
	})
	row := mustRun(t, e, Scenario{Kind: Send, Clients: clients, Batch: 1, Size: 100, Duration: 300 * time.Millisecond})
	if sent := counts["SendMessage"]; row.Messages != sent-clients { // those that warm up
		t.Errorf("reported %d messages; the server was sent %d, of which %d to warm up", row.Messages, sent, clients)
	}
	if row.Messages == 0 || row.Seconds < 0.3 {
		t.Errorf("%d messages in %f s", row.Messages, row.Seconds)
	}
	if rate := float64(row.Messages) / row.Seconds; row.Rate.Median != rate {
		t.Errorf("reported a rate of %f, which is %f", row.Rate.Median, rate)
	}
	if l := row.Latency; l.P50 <= 0 || l.P50 > l.P99 || l.P99 > l.Max {
		t.Errorf("latencies %+v", l)
	}

	row = mustRun(t, e, Scenario{Kind: Receive, Clients: clients, Batch: 10, Size: 100, Messages: 1005})
	if row.Messages != 1005 {
		t.Errorf("received %d messages, not 1005", row.Messages)
	}
	if received, deleted := counts["ReceiveMessage"], counts["DeleteMessageBatch"]; received < 101+clients || deleted != received {
		t.Errorf("%d receives and %d deletes", received, deleted)
	}
	if made, deleted := counts["CreateQueue"], counts["DeleteQueue"]; made != 2 || deleted != 2 {
		t.Errorf("%d queues were made and %d deleted", made, deleted)
	}
}

// TestEveryScenario runs each kind, verified where that is possible.
func TestEveryScenario(t *testing.T) {
	e := realServer(t)
	for _, s := range []Scenario{
		{Kind: Send, Clients: 3, Batch: 1, Size: 256, Messages: 100, Verify: true},
		{Kind: Send, Clients: 3, Batch: 10, Size: 12, Messages: 105, Verify: true},
		{Kind: Send, Clients: 2, Batch: 7, Size: 100_000, Messages: 50},
		{Kind: Send, Clients: 2, Batch: 10, Size: 1, Backlog: 100, Messages: 3000},
		{Kind: Receive, Clients: 3, Batch: 10, Size: 256, Messages: 500, Verify: true},
		{Kind: Receive, Clients: 3, Batch: 1, Size: 256, Messages: 50, Verify: true},
		{Kind: Receive, Clients: 2, Batch: 10, Size: 64, Backlog: 1000, Messages: 3000},
		{Kind: Send, Clients: 3, Batch: 1, Size: 256, Messages: 50, Groups: 7, Verify: true},
		{Kind: Send, Clients: 3, Batch: 10, Size: 1, Messages: 105, Groups: 1},
		{Kind: Send, Clients: 3, Batch: 10, Size: 12, Messages: 105, Unique: true},
		{Kind: Receive, Clients: 3, Batch: 10, Size: 256, Messages: 100, Groups: 2, Verify: true},
		{Kind: Receive, Clients: 2, Batch: 10, Size: 64, Backlog: 1000, Messages: 100, Groups: 100},
		{Kind: Wakeup, Clients: 1, Batch: 1, Size: 256, Messages: 5},
	} {
		t.Run(s.Name(), func(t *testing.T) {
			route := testRoute(t, *e)
			var progress atomic.Int64
			got, err := measure(t.Context(), s, target{route: route, keeps: true}, &progress)
			if err != nil {
				t.Fatal(err)
			}
			if got.messages != s.Messages || got.took <= 0 {
				t.Errorf("%d messages in %s, want %d", got.messages, got.took, s.Messages)
			}
			if n := got.latency.TotalCount(); n < int64(s.Messages/s.Batch) {
				t.Errorf("%d latencies for %d messages", n, s.Messages)
			}
		})
	}
}

// TestFair has much less noise than the command, so that it does not wait for its end.
func TestFair(t *testing.T) {
	e := realServer(t)
	for _, s := range Fairness(100 * time.Millisecond) {
		t.Run(s.Name(), func(t *testing.T) {
			s.Backlog = 100
			var progress atomic.Int64
			got, err := measure(t.Context(), s, target{route: testRoute(t, *e), keeps: true}, &progress)
			if err != nil {
				t.Fatal(err)
			}
			if n := got.latency.TotalCount(); got.messages == 0 || n != int64(got.messages) {
				t.Errorf("%d dwell times of %d messages", n, got.messages)
			}
		})
	}
}

// TestLossIsNoticed runs against a server that loses everything and invents messages.
func TestLossIsNoticed(t *testing.T) {
	e := ceilingServer(t)
	for name, s := range map[string]Scenario{
		"sends":    {Kind: Send, Clients: 2, Batch: 10, Size: 256, Messages: 100, Verify: true},
		"receives": {Kind: Receive, Clients: 2, Batch: 10, Size: 256, Messages: 100, Verify: true},
	} {
		t.Run(name, func(t *testing.T) {
			var wrong *Error
			_, err := Run(t.Context(), Options{Scenarios: []Scenario{s}, Runs: 1, Endpoint: e})
			if !errors.As(err, &wrong) || wrong.Code != CodeWrong {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("counts", func(t *testing.T) {
		var progress atomic.Int64
		s := Scenario{Kind: Send, Clients: 2, Batch: 10, Size: 256, Messages: 100}
		_, err := measure(t.Context(), s, target{route: testRoute(t, *e), keeps: true}, &progress)
		if err == nil || !strings.Contains(err.Error(), "the queue has 0 messages and should have 120") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("unverified", func(t *testing.T) {
		row := mustRun(t, e, Scenario{Kind: Receive, Clients: 2, Batch: 10, Size: 256, Messages: 100})
		if row.Messages != 100 {
			t.Errorf("%d messages", row.Messages)
		}
	})
}

// TestErrorsEndTheRun lets the n-th request of an operation fail.
func TestErrorsEndTheRun(t *testing.T) {
	working := ceilingServer(t)
	for operation, wrong := range map[string]string{
		"SendMessage":        `{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow"}`,
		"SendMessageBatch":   `{"Successful":[],"Failed":[{"Id":"0","SenderFault":false,"Code":"InternalError"}]}`,
		"ReceiveMessage":     `{"Messages":[` + strings.Repeat(`{"ReceiptHandle":"x"},`, 10) + `{"ReceiptHandle":"x"}]}`,
		"DeleteMessageBatch": `{"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","SenderFault":true,"Code":"ReceiptHandleIsInvalid"}]}`,
	} {
		t.Run(operation, func(t *testing.T) {
			var seen atomic.Int64
			e := intercepted(t, working, func(w http.ResponseWriter, asked string) bool {
				if asked != operation || seen.Add(1) != 8 {
					return false
				}
				if operation == "SendMessage" {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
				w.Write([]byte(wrong))
				return true
			})
			s := Scenario{Kind: Receive, Clients: 2, Batch: 10, Size: 256, Messages: 1000}
			if operation == "SendMessage" {
				s.Kind, s.Batch = Send, 1
			}
			var failed *Error
			_, err := Run(t.Context(), Options{Scenarios: []Scenario{s}, Runs: 1, Endpoint: e})
			if !errors.As(err, &failed) || failed.Code != CodeRefused && failed.Code != CodeWrong {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	e := testEndpoint()
	e.URL = "http://127.0.0.1:1"
	var failed *Error
	_, err := Run(t.Context(), Options{Scenarios: []Scenario{{Kind: Send, Clients: 1, Batch: 1, Size: 256, Messages: 1}}, Runs: 1, Endpoint: &e})
	if !errors.As(err, &failed) || failed.Code != CodeUnreachable {
		t.Errorf("got %v", err)
	}
}

func TestWrongOptions(t *testing.T) {
	good := Scenario{Kind: Send, Clients: 1, Batch: 1, Size: 256, Messages: 1}
	for name, change := range map[string]func(*Options){
		"no runs":             func(o *Options) { o.Runs = 0 },
		"nothing":             func(o *Options) { o.Scenarios = nil },
		"no clients":          func(o *Options) { o.Scenarios[0].Clients = 0 },
		"batch too large":     func(o *Options) { o.Scenarios[0].Batch = 11 },
		"request too large":   func(o *Options) { o.Scenarios[0].Batch, o.Scenarios[0].Size = 10, 200_000 },
		"no limit":            func(o *Options) { o.Scenarios[0].Messages = 0 },
		"negative":            func(o *Options) { o.Scenarios[0].Backlog = -1 },
		"too small to verify": func(o *Options) { o.Scenarios[0].Size, o.Scenarios[0].Verify = 5, true },
		"verified backlog":    func(o *Options) { o.Scenarios[0].Backlog, o.Scenarios[0].Verify = 5, true },
		"memory elsewhere":    func(o *Options) { o.Scenarios[0].Kind = Memory },
		"no noise":            func(o *Options) { o.Scenarios[0].Kind = Fair },
		"no kind":             func(o *Options) { o.Scenarios[0].Kind = "juggle" },
	} {
		t.Run(name, func(t *testing.T) {
			e := testEndpoint()
			o := Options{Scenarios: []Scenario{good}, Runs: 1, Endpoint: &e}
			change(&o)
			var usage *Error
			if _, err := Run(t.Context(), o); !errors.As(err, &usage) || usage.Code != CodeUsage {
				t.Errorf("got %v", err)
			}
		})
	}
}
