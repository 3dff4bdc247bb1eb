package hosttest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host"
	"github.com/queuelet/queuelet/host/config"
)

// startTimeout is how long a server may take to be ready: a function that was never
// compiled here takes minutes on a busy machine under the race detector.
const startTimeout = 5 * time.Minute

// Server is a running queuelet.
type Server struct {
	Host *host.Host

	tb   testing.TB
	log  *logBuffer
	stop context.CancelFunc
	done chan struct{}
	err  error // of Run; read after done is closed
}

type settings struct {
	text string
	dir  string
}

// Option changes how a server is started.
type Option func(*settings)

// Config sets the configuration, as YAML. Its addresses and its data folder are
// replaced; nats.listen is as given, and with port 0 a free one.
func Config(text string) Option { return func(s *settings) { s.text = text } }

// Dir keeps the data in a folder that outlives the server, for tests that start a
// second one on it.
func Dir(dir string) Option { return func(s *settings) { s.dir = dir } }

// Start runs a server until the test ends. When it returns the listeners answer, and the
// functions are in service. The guards that block the name of a deleted
// queue for a minute are off unless the configuration sets them.
func Start(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	s := settings{dir: filepath.Join(tb.TempDir(), "data")}
	for _, option := range options {
		option(&s)
	}
	log := &logBuffer{}
	h, err := host.New(s.load(tb), host.Options{Log: log, NoColor: true, Version: "test", CompileCache: compileCache(tb)})
	if err != nil {
		tb.Fatalf("hosttest: %v", err)
	}
	// The cleanup below stops the server, so that it drains before the test's folder goes.
	ctx, stop := context.WithCancel(context.WithoutCancel(tb.Context()))
	server := &Server{Host: h, tb: tb, log: log, stop: stop, done: make(chan struct{})}
	go func() {
		defer close(server.done)
		server.err = h.Run(ctx)
	}()
	tb.Cleanup(func() {
		server.Stop()
		if tb.Failed() {
			tb.Logf("log of the server:\n%s", log)
		}
	})
	for _, reached := range []<-chan struct{}{h.Ready(), h.Deployed()} {
		select {
		case <-reached:
		case <-server.done:
			tb.Fatalf("hosttest: the server did not start: %v", server.err)
		case <-time.After(startTimeout):
			tb.Fatalf("hosttest: the server was not ready within %s", startTimeout)
		}
	}
	return server
}

// compileCache is a folder that all tests of this user share: a function is compiled once
// and not by every server, which takes long under the race detector.
func compileCache(tb testing.TB) string {
	tb.Helper()
	folder, err := os.UserCacheDir()
	if err != nil {
		return tb.TempDir()
	}
	return filepath.Join(folder, "queuelet", "hosttest")
}

func (s *settings) load(tb testing.TB) config.Config {
	tb.Helper()
	environment := []string{"QUEUELET_LOG_FORMAT=text", "QUEUELET_LOG_LEVEL=debug"}
	if s.text == "" {
		s.text = "sqs: {cooldown: {delete_queue: 0s, purge_queue: 0s}}\n"
	}
	c, err := config.Load(config.Source{Text: s.text, Environ: environment, Overrides: []config.Override{
		{Flag: "hosttest", Key: "sqs.listen", Value: "127.0.0.1:0"},
		{Flag: "hosttest", Key: "console.listen", Value: "127.0.0.1:0"},
		{Flag: "hosttest", Key: "storage.dir", Value: s.dir},
		{Flag: "hosttest", Key: "storage.min_free", Value: "1MiB"},
	}})
	if err != nil {
		tb.Fatalf("hosttest: %v", err)
	}
	return c
}

// Stop drains the server and waits for its end, which must be a clean one. It may be
// called more than once.
func (s *Server) Stop() {
	s.tb.Helper()
	s.stop()
	<-s.done
	if s.err != nil {
		s.tb.Errorf("hosttest: the server did not stop cleanly: %v", s.err)
		s.err = nil
	}
}

// URL is the address of the SQS endpoint.
func (s *Server) URL() string { return s.Host.Endpoints().SQS }

// ConsoleURL is the address of the console port.
func (s *Server) ConsoleURL() string { return s.Host.Endpoints().Console }

// Log is what the server and its functions have logged so far, a line each.
func (s *Server) Log() string { return s.log.String() }

// Reload replaces the configuration while the server runs. The text is as in [Config].
func (s *Server) Reload(text string) error {
	s.tb.Helper()
	now := s.Host.Config()
	next := settings{text: text, dir: now.Storage.Dir}
	if err := s.Host.Reload(s.tb.Context(), next.load(s.tb)); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	return nil
}

// logBuffer keeps the server's log until it is known whether anybody wants it.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line) //nolint:wrapcheck // it cannot fail
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
