package bench

import (
	"context"
	"io"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/queuelet/queuelet/host"
	"github.com/queuelet/queuelet/host/config"
)

// BenchmarkPath measures the whole way of a message, from a client's socket to the disk
// and back, in one process, so that a profile shows what each part of it costs.
func BenchmarkPath(b *testing.B) {
	for _, s := range []Scenario{
		{Kind: Send, Batch: 1, Clients: 64, Size: defaultSize},
		{Kind: Send, Batch: 10, Clients: 64, Size: defaultSize},
		{Kind: Receive, Batch: 10, Clients: 64, Size: defaultSize},
		{Kind: Receive, Batch: 1, Clients: 64, Size: defaultSize},
	} {
		b.Run(s.Name(), func(b *testing.B) {
			t := quietServer(b)
			s.Messages = b.N
			b.ReportAllocs()
			b.ResetTimer()
			var progress atomic.Int64
			got, err := measure(b.Context(), s, t, &progress)
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			b.ReportMetric(got.rate(), "msg/s")
		})
	}
}

// quietServer is a server as it runs in production, without a log.
func quietServer(b *testing.B) target {
	b.Helper()
	c, err := config.Load(config.Source{Text: "console: {listen: ''}\n", Overrides: []config.Override{
		{Flag: "bench", Key: "sqs.listen", Value: "127.0.0.1:0"},
		{Flag: "bench", Key: "storage.dir", Value: filepath.Join(b.TempDir(), "data")},
	}})
	if err != nil {
		b.Fatal(err)
	}
	h, err := host.New(c, host.Options{Log: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	<-h.Ready()
	return target{keeps: true, route: testRoute(b, Endpoint{
		URL: h.Endpoints().SQS, Region: "us-east-1",
		AccessKeyID: config.DevelopmentAccessKeyID, SecretAccessKey: config.DevelopmentSecretAccessKey,
	})}
}
