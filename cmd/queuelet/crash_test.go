package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins/build"
)

var (
	crashRounds = flag.Int("crash.rounds", 4, "how often the crash test kills the server")
	crashLoad   = flag.Duration("crash.load", 600*time.Millisecond, "how long each round loads it before")
	crashFor    = flag.Duration("crash.for", 0, "how long the rounds go on, however many they are")
)

// crashes goes through the rounds of a crash test.
func crashes() iter.Seq[int] {
	return func(yield func(int) bool) {
		begin := time.Now()
		for round := 0; *crashFor > 0 && time.Since(begin) < *crashFor || *crashFor == 0 && round < *crashRounds; round++ {
			if !yield(round) {
				return
			}
		}
	}
}

// asServer makes this test binary the program itself, so that the test can kill it.
const asServer = "QUEUELET_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		_ = os.Unsetenv(asServer)
		main()
	}
	os.Exit(m.Run())
}

// TestKill kills the process while messages are sent, received, deleted and dispatched to a
// handler, and then checks what it had promised: what was stored is there, what was deleted is
// gone, and what was received stays hidden for its visibility timeout.
func TestKill(t *testing.T) {
	s := newVictim(t)
	l := newLedger(t)
	for round := range crashes() {
		s.start()
		load := newLoad(t, s, l, round)
		time.Sleep(*crashLoad)
		s.kill()
		load.stop()
	}
	s.start()
	l.checkAll(s)
	s.kill()
	sent, deleted := l.totals()
	t.Logf("%d messages acknowledged, %d deletes acknowledged", sent, deleted)
}

// victim is a server process that is killed.
type victim struct {
	t       *testing.T
	config  string
	dir     string // with the data
	sqs     string // host:port
	console string
	cmd     *exec.Cmd
	logs    sync.WaitGroup

	mu       sync.Mutex
	done     map[string]int           // what the handler logged to have done
	deployed map[string]time.Duration // functions since the last start, and how long that took
	tail     []string
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	wasm := buildCrashHandler(t)
	return newVictimWith(t, fmt.Sprintf(`
queues:
  - {name: work, attributes: {VisibilityTimeout: 3600}}
  - {name: work.fifo, attributes: {FifoQueue: true}, dead_letter: {queue: work-dlq.fifo, max_receives: 3}}
  - {name: handled, attributes: {VisibilityTimeout: 1}, dead_letter: {queue: handled-dlq, max_receives: 2}}
  - {name: handled-dlq, attributes: {VisibilityTimeout: 3600}}
functions:
  - {name: handler, path: %q, timeout: 5s}
mappings:
  - {queue: handled, function: handler, batch_size: 10}
`, wasm))
}

func buildCrashHandler(t *testing.T) string {
	t.Helper()
	wasm := filepath.Join(t.TempDir(), "handler.wasm")
	if err := build.Go(t.Context(), "testdata/crashhandler", wasm); err != nil {
		t.Fatal(err)
	}
	return wasm
}

// newVictimWith is a server with these queues, functions and mappings.
func newVictimWith(t *testing.T, config string) *victim {
	t.Helper()
	dir := t.TempDir()
	s := &victim{
		t: t, config: filepath.Join(dir, "config.yaml"), dir: filepath.Join(dir, "data"),
		sqs: freeAddress(t), console: freeAddress(t), done: map[string]int{},
	}
	text := fmt.Sprintf("sqs: {listen: %q}\nconsole: {listen: %q}\nstorage: {dir: %q}\nlog: {format: json}\n%s", s.sqs, s.console, s.dir, config)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// freeAddress returns an address that nobody listens on. Its port is not one of those that the
// system gives to connections, so that it stays free while the server is down.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// start runs the server and waits until it is ready.
func (s *victim) start() {
	s.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd = exec.CommandContext(context.WithoutCancel(s.t.Context()), exe, "serve", "-c", s.config)
	s.cmd.Env = append(os.Environ(), asServer+"=1")
	out, err := s.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	s.deployed = map[string]time.Duration{} // the log of the process before has ended
	s.logs.Go(func() { s.read(out) })
	for deadline := time.Now().Add(2 * time.Minute); ; {
		if s.ready() {
			return
		}
		if time.Now().After(deadline) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.t.Fatalf("the server was not ready within two minutes; its log ends:\n%s", strings.Join(s.tail, "\n"))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *victim) ready() bool {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.console+"/readyz", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// kill ends the process as kill -9 does, and waits for the end of its log.
func (s *victim) kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	s.logs.Wait()
	_ = s.cmd.Wait() // always an error: it was killed
}

// read collects from the log what the handler has done.
func (s *victim) read(log io.Reader) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		s.mu.Lock()
		if _, rest, found := strings.Cut(line, `"done `); found {
			id, _, _ := strings.Cut(rest, `"`)
			s.done[id]++
		}
		if strings.Contains(line, "function is deployed") {
			s.noteDeployed(line)
		}
		s.tail = append(s.tail, line)
		s.tail = s.tail[max(0, len(s.tail)-20):]
		s.mu.Unlock()
	}
}

// handled tells whether the handler has done a message.
func (s *victim) handled(body string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done[body] > 0
}

// noteDeployed reads a line of the log. mu is held.
func (s *victim) noteDeployed(line string) {
	var deployed struct {
		Function string        `json:"function"`
		Took     time.Duration `json:"took"`
	}
	if err := json.Unmarshal([]byte(line), &deployed); err != nil {
		s.t.Error(err)
	}
	s.deployed[deployed.Function] = deployed.Took
}
