package command

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a command that runs until it is told to stop.
type process struct {
	t       *testing.T
	out     *transcript // both streams
	signals chan chan<- os.Signal
	notify  chan<- os.Signal
	done    chan struct{}
	code    int // read after done is closed
}

// transcript collects what a command prints.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *transcript) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *transcript) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// startProcess runs a command in the background.
func startProcess(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, out: &transcript{}, signals: make(chan chan<- os.Signal, 1), done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	go func() {
		defer close(p.done)
		p.code = Run(ctx, IO{
			Stdin: strings.NewReader(""), Stdout: p.out, Stderr: p.out,
			Environ: append([]string{"NO_COLOR=1", "QUEUELET_LOG_FORMAT=text"}, environ...),
			Notify:  func(c chan<- os.Signal, _ ...os.Signal) { p.signals <- c },
		}, args)
	}()
	t.Cleanup(func() {
		cancel()
		<-p.done
		if t.Failed() {
			t.Logf("%s printed:\n%s", args[0], p.out)
		}
	})
	return p
}

// await waits until a pattern is printed and returns its first group.
func (p *process) await(pattern string) string {
	p.t.Helper()
	expression := regexp.MustCompile(pattern)
	deadline := time.Now().Add(2 * time.Minute)
	for {
		if m := expression.FindStringSubmatch(p.out.String()); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-p.done:
			if expression.MatchString(p.out.String()) {
				continue
			}
			p.t.Fatalf("ended with code %d without printing %q", p.code, pattern)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("did not print %q", pattern)
		}
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if p.notify == nil {
		select {
		case p.notify = <-p.signals:
		case <-time.After(time.Minute):
			p.t.Fatal("the command does not listen to signals")
		}
	}
	p.notify <- s
}

func (p *process) wait(want int) {
	p.t.Helper()
	select {
	case <-p.done:
		if p.code != want {
			p.t.Fatalf("ended with code %d, want %d", p.code, want)
		}
	case <-time.After(time.Minute):
		p.t.Fatal("did not end")
	}
}

func TestServe(t *testing.T) {
	p := startProcess(t, nil, "serve", "--ephemeral", "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0")
	console := p.await(`(?m)^  console  (http://\S+)$`)
	p.await(`(?m)^AWS_ACCESS_KEY_ID=queuelet AWS_SECRET_ACCESS_KEY=queuelet AWS_REGION=us-east-1 AWS_ENDPOINT_URL_SQS=http://127\.0\.0\.1:\d+ aws sqs list-queues$`)
	data := p.await(`(?m)^  data     (\S+)$`)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, console+"/readyz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("/readyz answered %d", response.StatusCode)
	}
	p.signal(syscall.SIGTERM)
	p.wait(ExitDone)
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("the temporary data is still there: %v", err)
	}
}

// TestSecondSignalForces holds the drain up with a request that does not end.
func TestSecondSignalForces(t *testing.T) {
	p := startProcess(t, nil, "serve", "--ephemeral", "--listen", "127.0.0.1:0", "--console", "")
	address := p.await(`(?m)^  SQS      http://(\S+)$`)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprintf(connection, "POST / HTTP/1.1\r\nHost: %s\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n", address)
	if line, err := bufio.NewReader(connection).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("the request is not being read: %q, %v", line, err)
	}
	fmt.Fprint(connection, "half")
	p.signal(syscall.SIGTERM)
	p.await(`INF stopping`)
	p.signal(os.Interrupt)
	p.wait(ExitInterrupted)
	p.await(`ERR forced to stop signal=interrupt abandoned="SQS listener, .*mappings, .*store, console listener"`)
}

// TestReloadBySignalAndByChange replaces the file with good and bad ones.
func TestReloadBySignalAndByChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	put := func(queues string) {
		t.Helper()
		text := "sqs: {listen: 127.0.0.1:0}\nconsole: {listen: \"\"}\n" + queues + "\n"
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	put("queues: [{name: one}]")
	p := startProcess(t, []string{"QUEUELET_CONFIG=" + file}, "serve", "--ephemeral")
	p.await("INF queue is made queue=one")
	p.await("INF ready")

	put("queues: [{name: two}]")
	p.signal(syscall.SIGHUP) // the change itself may be noticed only by a watch that has begun
	p.await("INF queue is made queue=two")
	p.await("INF configuration is taken over")

	put("queues: [{nme: three}]")
	p.await(`ERR configuration is not taken over error="` + regexp.QuoteMeta(file) + `:3:11: queues\[0\]\.nme: no such key`)

	put("nats: {listen: 127.0.0.1:0}")
	p.await(`ERR configuration is not taken over error="the configuration needs a restart for nats.listen"`)
	p.signal(os.Interrupt)
	p.wait(ExitDone)
}

func TestServeRefusesToStart(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := startProcess(t, nil, "serve", "--ephemeral", "--listen", taken.Addr().String(), "--console", "")
	p.wait(ExitFailed)
	p.await(`(?m)^queuelet: start SQS listener: listen tcp 127\.0\.0\.1:\d+: .*address already in use$`)

	p = startProcess(t, nil, "serve", "--listen", "0.0.0.0:0")
	p.wait(ExitUsage)
	p.await(`(?m)^--listen: sqs\.listen: "0\.0\.0\.0:0" can be reached from other machines, while the only key is the development key`)

	p = startProcess(t, nil, "serve", "--ephemeral", "--data", "x")
	p.wait(ExitUsage)
	p.await(`(?m)^queuelet: --data and --ephemeral exclude each other\nTry: `)
}
